"""Issuing certificates for decided awards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import transaction

from common import clock
from common.ids import new_id, public_code
from common.languages import lookup
from courses import public as courses
from credentials.certificates import compact, credentials, issuers, keys, statements, status_allocation
from credentials.certificates.compiled import Compiled
from credentials.certificates.credentials import Certified, Issuance, Skill
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import AchievementVersion
from credentials.certificates.signer import Signer
from credentials.certificates.statements import NewCertificate
from credentials.events import AwardDecided, CertificateIssued
from events import public as events
from events.public import Recorded
from learners import public as learners
from privacy import public as privacy

_WORKER = "worker:certificates"


@dataclass(frozen=True)
class Awarded:
    """A decided award with what is needed of its learner.

    predecessor: the certificate that a new one replaces. valid_until: of a new one that is valid no longer than the one
    it replaces.
    """

    id: UUID
    learner_id: UUID
    version_id: UUID
    edition_id: UUID | None
    decided_at: datetime
    facts: Mapping[str, Any]
    evidence_sha256: str
    legal_name: str
    languages: Sequence[str]
    state: str
    predecessor: UUID | None = None
    valid_until: datetime | None = None


@transaction.atomic
def issue_certificates(recorded: Sequence[Recorded[AwardDecided]]) -> None:
    """Consumer: signs and stores the credential of each award, once.

    The name is the learner's legal name at this moment; nothing the learner does later changes the certificate. Awards
    that have a certificate, or were erased with their learner, are ignored. A constant number of statements for the batch
    and each of its issuers.
    """
    awards = _awaiting([entry.event.award_id for entry in recorded])
    if awards:
        issue(awards, actor=_WORKER)


def _awaiting(award_ids: Sequence[UUID]) -> list[Awarded]:
    """Those awards that have no certificate, locked: who comes second waits for the first, and their learners stay."""
    found = statements.lock_awards(award_ids)
    owners = learners.hold_learners({row[1] for row in found})
    # A second statement, under the lock: a statement sees what was there when it began.
    certified = statements.certified_awards(award_ids)
    return [
        Awarded(
            id=row[0],
            learner_id=row[1],
            version_id=row[2],
            edition_id=row[3],
            decided_at=row[4],
            facts=orjson.loads(row[5]),
            evidence_sha256=row[6],
            legal_name=owners[row[1]].legal_name,
            languages=owners[row[1]].languages,
            state=owners[row[1]].member_state,
        )
        for row in found
        if row[0] not in certified and row[1] in owners
    ]


def issue(awards: Sequence[Awarded], *, actor: str) -> list[UUID]:
    """Sign and store a certificate of each award, which the caller has locked; return the new certificates' ids.

    Raises:
        NotACredential: a name cannot stand on a certificate.
    """
    now = clock.now().replace(microsecond=0)
    found = AchievementVersion.objects.filter(pk__in={award.version_id for award in awards})
    versions = {version.pk: version for version in found.select_related("achievement")}
    by_issuer: dict[str, list[Awarded]] = defaultdict(list)
    of_state = issuers.by_state()
    for award in awards:
        by_issuer[of_state.get(award.state, issuers.REGIONAL)].append(award)
    words = _CompiledAchievements()
    certificates: list[NewCertificate] = []
    # In one order everywhere: the lists of two issuers are locked.
    for slug in sorted(by_issuer):
        signs, key = keys.signing(slug, now=now)
        name = issuers.name_of(slug)
        taken = status_allocation.allocate(slug, len(by_issuer[slug]))
        for award, (list_id, number, index) in zip(by_issuer[slug], taken, strict=True):
            compiled = words.compiled(
                versions[award.version_id], award.languages, slug=slug, did=signs.did, name=name, number=number
            )
            certificates.append(
                _signed(
                    award,
                    compiled,
                    validity=_validity(versions[award.version_id]),
                    issuer=slug,
                    signs=signs,
                    key=key,
                    list_id=list_id,
                    index=index,
                    now=now,
                )
            )
    _insert(certificates, now=now)
    by_id = {award.id: award for award in awards}
    events.record_many(
        [
            CertificateIssued(
                certificate_id=certificate.id,
                learner_id=certificate.learner_id,
                edition_id=by_id[certificate.award_id].edition_id,
                course_id=versions[by_id[certificate.award_id].version_id].achievement.course_id,
            )
            for certificate in certificates
        ]
    )
    privacy.audit_many(
        actor=actor,
        action="certificate.issued",
        subject_kind="certificate",
        subject_ids=[str(certificate.id) for certificate in certificates],
    )
    return [certificate.id for certificate in certificates]


class _CompiledAchievements:
    """The achievements of a batch in the languages of its learners, each compiled once."""

    def __init__(self) -> None:
        self._framework = courses.framework()
        self._nodes: dict[tuple[UUID, str], str] = {}

    def compiled(
        self, version: AchievementVersion, languages: Sequence[str], *, slug: str, did: str, name: str, number: int
    ) -> Compiled:
        language = lookup(languages, list(version.texts)) or "en"
        node = self._nodes.get((version.pk, language))
        if node is None:
            node = orjson.dumps(credentials.achievement_node(self.certified(version, language))).decode()
            self._nodes[version.pk, language] = node
        return _compiled(
            node,
            did,
            name,
            credentials.status_list_address(settings.PUBLIC_BASE_URL, slug, number),
            tuple(wanted["skill"] for wanted in version.criteria["skills"]),
            settings.PUBLIC_BASE_URL,
            settings.CREDENTIAL_STATUS == "pair",
            settings.OPEN_BADGES_SCHEMA_FILE,
        )

    def certified(self, version: AchievementVersion, language: str) -> Certified:
        framework, words = self._framework, version.texts[language]
        names = {level: by.get(language, by["en"]) for level, by in framework.level_names.items()}
        wanted_levels = {wanted["level"] for wanted in version.criteria["skills"]}
        # Of the levels that people give, those only that are asked for.
        shown = {level: name for level, name in names.items() if level in {*framework.thresholds, *wanted_levels}}
        skills = []
        for wanted in version.criteria["skills"]:
            view = framework.skills.get(wanted["skill"])
            skills.append(
                Skill(
                    code=wanted["skill"],
                    name=view.name if view else wanted["skill"],
                    level=wanted["level"],
                    level_name=names[wanted["level"]],
                    case_id=courses.case_item_id(framework.code, wanted["skill"]),
                    mappings=view.mappings if view else {},
                )
            )
        return Certified(
            id=version.pk,
            slug=version.achievement.slug,
            version=version.number,
            language=language,
            languages=tuple(version.texts),
            name=words["name"],
            description=words["description"],
            criteria=words["criteria"],
            skills=tuple(skills),
            framework=framework.code,
            framework_version=framework.version,
            level_names=shown,
            base_url=settings.PUBLIC_BASE_URL,
        )


def published_achievement(version: AchievementVersion, language: str) -> dict[str, Any]:
    """A version of an achievement as it stands in credentials of that language.

    Raises:
        KeyError: it has no texts in the language.
    """
    return credentials.achievement_node(_CompiledAchievements().certified(version, language))


@lru_cache(maxsize=256)
def _compiled(
    node: str,
    did: str,
    name: str,
    status_list: str,
    skills: tuple[str, ...],
    base_url: str,
    suspendable: bool,
    published: str,
) -> Compiled:
    return Compiled(
        achievement=orjson.loads(node),
        issuer=credentials.issuer_node(did=did, name=name, base_url=base_url),
        status_list=status_list,
        skills=skills,
        base_url=base_url,
        suspendable=suspendable,
        published=published,
    )


def _validity(version: AchievementVersion) -> timedelta:
    """How long a new certificate of the version is valid."""
    if version.validity_days is not None:
        return timedelta(days=version.validity_days)
    validity: timedelta = settings.CREDENTIAL_VALIDITY
    return validity


def _signed(
    award: Awarded,
    compiled: Compiled,
    *,
    validity: timedelta,
    issuer: str,
    signs: Signer,
    key: str,
    list_id: int,
    index: int,
    now: datetime,
) -> NewCertificate:
    code, valid_until = public_code(), award.valid_until or now + validity
    issuance = Issuance(
        public_code=code,
        # Of this certificate alone: two certificates do not show that they belong to the same person.
        subject_id=uuid4(),
        name=award.legal_name,
        awarded_at=award.decided_at,
        valid_from=now,
        valid_until=valid_until,
        status_index=index,
        levels={skill["skill"]: skill["level"] for skill in award.facts["skills"]},
        evidence_sha256=award.evidence_sha256,
        answers=award.facts["answers"],
        supervised=award.facts["supervised"],
    )
    text = compiled.signed(issuance, signer=signs, created=now)
    short = compact.signed(
        signer=signs,
        issuer=issuer,
        public_code=code,
        name=award.legal_name,
        achievement=compiled.achievement,
        levels=issuance.levels,
        valid_from=now,
        valid_until=valid_until,
        credential=text,
    )
    return NewCertificate(
        id=new_id(),
        public_code=code,
        award_id=award.id,
        learner_id=award.learner_id,
        predecessor_id=award.predecessor,
        key=key,
        list_id=list_id,
        index=index,
        credential=text,
        compact=short,
        valid_until=valid_until,
    )


def _insert(certificates: Sequence[NewCertificate], *, now: datetime) -> None:
    with as_issuer():
        statements.insert_certificates(certificates, valid_from=now)
