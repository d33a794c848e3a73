"""The passport: a learner asks for it, and a worker makes and signs it; again when the learner asks for a newer one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import transaction

from common import clock
from courses import public as courses
from credentials.certificates import credentials, issuers, keys, proofs
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Certificate
from credentials.certificates.signer import signer_for
from credentials.certificates.verification import is_genuine
from credentials.events import PassportRequested
from credentials.presentations import passport_document, statements
from credentials.presentations.errors import NothingToShow, TooMuchToShow
from credentials.presentations.models import Passport
from credentials.presentations.passport_document import Contents, HeldSkill
from events import public as events
from events.public import Recorded
from learners import public as learners
from privacy import public as privacy

_WORKER = "worker:passports"
# A passport has the levels of a day and no index in a status list, so it is valid for a short time.
VALIDITY = timedelta(days=90)
_RENEWED_BEFORE = timedelta(days=30)
# Verifiers read documents of 256 KiB at most; a certificate has some 6.
MAX_CERTIFICATES = 30


@dataclass(frozen=True)
class Holding:
    """What a learner holds: the name, the ids of certificates that hold, and (skill, level) of each level held."""

    name: str
    certificates: tuple[UUID, ...]
    levels: tuple[tuple[str, int], ...]


def digest_of(holding: Holding) -> str:
    """SHA-256 in hex over what a passport of today is made from: the same digest, the same passport."""
    framework = courses.framework()
    content = [
        holding.name,
        [str(pk) for pk in holding.certificates],
        [list(pair) for pair in holding.levels],
        framework.code,
        framework.version,
        settings.PUBLIC_BASE_URL,
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def holdings(learner_ids: Sequence[UUID]) -> Mapping[UUID, Holding]:
    """What each of the learners that exist holds; three queries.

    A level is that of the learner's own record, whether a certificate's is higher or lower. Certificates that were
    withdrawn, suspended or replaced are left out; expired ones have their date in them.
    """
    certificates: dict[UUID, list[UUID]] = defaultdict(list)
    active = Certificate.objects.filter(learner_id__in=learner_ids, status=Certificate.Status.ACTIVE).order_by("pk")
    for learner_id, pk in active.values_list("learner_id", "pk"):
        certificates[learner_id].append(pk)
    levels: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for held in learners.held_levels(learner_ids):
        if held.level > 0:
            levels[held.learner_id].append((held.skill, held.level))
    return {
        pk: Holding(learner.legal_name, tuple(certificates[pk]), tuple(levels[pk]))
        for pk, learner in learners.named_learners(learner_ids).items()
    }


def is_current(passport: Passport, holding: Holding | None, now: datetime) -> bool:
    """Whether the stored passport has what the learner holds now, and stays valid for a while."""
    return (
        holding is not None
        and passport.valid_until is not None
        and passport.content_sha256 == digest_of(holding)
        and now < passport.valid_until - _RENEWED_BEFORE
    )


def of_learner(learner_id: UUID) -> Passport | None:
    """The learner's passport, signed or only asked for; one query."""
    return Passport.objects.filter(pk=learner_id).first()


@transaction.atomic
def request_passport(*, learner_id: UUID, now: datetime) -> Passport:
    """Ask for a passport of what the learner holds now; a second call, or one when it is there already, changes nothing.

    Raises:
        NothingToShow: the learner has no certificate that holds. TooMuchToShow: too many for one document.
    """
    holding = holdings([learner_id]).get(learner_id)
    if holding is None or not holding.certificates:
        raise NothingToShow()
    if len(holding.certificates) > MAX_CERTIFICATES:
        raise TooMuchToShow()
    stored = of_learner(learner_id)
    if stored is not None and is_current(stored, holding, now):
        return stored
    if statements.request_passport(learner_id, wanted_sha256=digest_of(holding), now=now):
        events.record(PassportRequested(learner_id=learner_id))
    asked = of_learner(learner_id)
    assert asked is not None
    return asked


@transaction.atomic
def sign_passports(recorded: Sequence[Recorded[PassportRequested]]) -> None:
    """Consumer: puts together and signs the passports that are asked for, by the regional issuer.

    It has what the learner holds at this moment, which may be newer than what was asked for. A stored certificate that
    does not verify is left out. A constant number of queries for the batch.
    """
    ids = [entry.event.learner_id for entry in recorded]
    waiting = Passport.objects.select_for_update().filter(pk__in=ids).exclude(wanted_sha256="").order_by("pk")
    wanted = list(waiting.values_list("pk", flat=True))
    if not wanted:
        return
    now = clock.now().replace(microsecond=0)
    held = holdings(wanted)
    texts = _texts([pk for holding in held.values() for pk in holding.certificates])
    signer = signer_for(issuers.REGIONAL)
    key = keys.ensure_registered(signer, issuer=issuers.REGIONAL, now=now)
    issuer = credentials.issuer_node(
        did=signer.did, name=issuers.name_of(issuers.REGIONAL), base_url=settings.PUBLIC_BASE_URL
    )
    until, signed, dropped = now + VALIDITY, [], []
    for learner_id in wanted:
        holding = held[learner_id]
        genuine = tuple(pk for pk in holding.certificates if pk in texts)[:MAX_CERTIFICATES]
        holding = replace(holding, certificates=genuine)
        if not genuine:
            dropped.append(learner_id)
            continue
        contents = _contents(holding, [texts[pk] for pk in genuine])
        document = passport_document.passport(
            contents,
            passport_id=uuid4(),
            subject_id=uuid4(),
            issuer=issuer,
            valid_from=now,
            valid_until=until,
            base_url=settings.PUBLIC_BASE_URL,
        )
        text = passport_document.as_text(proofs.secured(document, signer=signer, created=now), contents.certificates)
        signed.append((learner_id, digest_of(holding), text))
    # These learners have no valid certificate any more: the request is dropped, and an older passport stays.
    Passport.objects.filter(pk__in=dropped).update(wanted_sha256="")
    if signed:
        with as_issuer():
            statements.store_passports(signed, key=key, valid_until=until)
    privacy.audit_many(
        actor=_WORKER, action="passport.signed", subject_kind="learner", subject_ids=[str(pk) for pk, _, _ in signed]
    )


def _texts(certificate_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The signed texts of those certificates that verify."""
    found = Certificate.objects.select_related("key").filter(pk__in=certificate_ids)
    return {certificate.pk: certificate.credential for certificate in found if is_genuine(certificate)}


def _contents(holding: Holding, texts: Sequence[str]) -> Contents:
    framework = courses.framework()
    skills = []
    for code, level in holding.levels:
        view, said = framework.skills.get(code), courses.statement(code, level)
        # A skill of an older framework has no item that could be pointed at.
        if view is not None and said is not None:
            skills.append(
                HeldSkill(
                    code=code,
                    name=view.name,
                    level=level,
                    level_name=framework.level_names[level]["en"],
                    statement=said.statement,
                    case_id=courses.case_item_id(framework.code, code),
                    mappings=view.mappings,
                )
            )
    return Contents(holding.name, texts, skills, framework.code, framework.version)
