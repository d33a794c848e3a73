"""Deciding awards, issuing certificates, revoking them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from psycopg.types.json import Jsonb

from common import clock
from common.clock import rfc3339
from common.ids import new_id, public_code
from common.languages import lookup
from common.rendering import to_json
from courses import public as courses
from events import public as events
from events.registry import Happened
from learners.certificates import credentials, keys, proofs, rules
from learners.certificates.credentials import Certified, Issuance, Skill
from learners.certificates.errors import NotRevocable
from learners.certificates.models import Achievement, Award, Certificate
from learners.certificates.signer import Signer, signer
from learners.enrolments.models import Enrolment
from learners.mastery.models import Evidence, SkillState
from privacy import public as privacy

_WORKER = "worker:certificates"


@dataclass
class _Standing:
    """What is known of one learner when awards are decided."""

    completed: dict[UUID, datetime]
    states: dict[str, tuple[int, float, str, str | None]]  # level, probability, framework version, rule version
    certified: dict[str, int]
    held: set[str]  # slugs of achievements awarded before, in any version


@transaction.atomic
def decide_awards(happened: Sequence[Happened]) -> None:
    """Consumer: awards every achievement whose criteria a learner now meets, once.

    A constant number of statements for the batch. Whoever holds an achievement in any version is not awarded another
    version of it: a changed criterion takes nothing away and hands nothing out a second time.
    """
    learner_ids = sorted({UUID(str(event.payload["learner_id"])) for event in happened})
    achievements = list(Achievement.objects.filter(active=True).order_by("slug"))
    if not learner_ids or not achievements:
        return
    codes = sorted({wanted["skill"] for one in achievements for wanted in one.criteria["skills"]})
    standings = _standings(learner_ids, {one.edition_id for one in achievements}, codes)
    earned = [
        (learner_id, achievement)
        for learner_id, standing in sorted(standings.items())
        for achievement in achievements
        if achievement.slug not in standing.held
        and rules.criteria_met(
            achievement.criteria,
            completed=achievement.edition_id in standing.completed,
            levels={code: state[0] for code, state in standing.states.items()},
            certified=standing.certified,
        )
    ]
    if not earned:
        return
    evidence = _evidence({learner_id for learner_id, _ in earned}, codes)
    now = clock.now()
    rows = [
        _award_row(learner_id, achievement, standings[learner_id], evidence.get(learner_id, []))
        for learner_id, achievement in earned
    ]
    new = _insert_awards(rows, now=now)
    events.record_many(
        "learners.award_decided",
        [{"award_id": str(award_id), "learner_id": str(learner_id)} for award_id, learner_id in new],
    )
    privacy.audit_many(
        actor=_WORKER, action="award.decided", subject_kind="award", subject_ids=[str(award_id) for award_id, _ in new]
    )


def _standings(
    learner_ids: Sequence[UUID], edition_ids: Iterable[UUID], codes: Sequence[str]
) -> dict[UUID, _Standing]:  # fmt: skip
    standings = {one: _Standing(completed={}, states={}, certified={}, held=set()) for one in learner_ids}
    for enrolment in Enrolment.objects.filter(learner_id__in=learner_ids, edition_id__in=list(edition_ids)):
        if enrolment.completed_at is not None:
            standings[enrolment.learner_id].completed[enrolment.edition_id] = enrolment.completed_at
    for learner_id, code, level, certified, probability, framework_version, rule_version in SkillState.objects.filter(
        learner_id__in=learner_ids, skill_code__in=codes
    ).values_list(
        "learner_id",
        "skill_code",
        "level",
        "certified_level",
        "probability",
        "framework_version",
        "learner__ability__rule_version",
    ):
        standings[learner_id].states[code] = (level, probability, framework_version, rule_version)
        standings[learner_id].certified[code] = certified
    for learner_id, slug in Award.objects.filter(learner_id__in=learner_ids).values_list(
        "learner_id", "achievement__slug"
    ):
        standings[learner_id].held.add(slug)
    return standings


def _evidence(learner_ids: set[UUID], codes: Sequence[str]) -> dict[UUID, list[tuple[UUID, list[str], bool]]]:
    """(id, skills, supervised) of each learner's evidence on any of the skills."""
    found: dict[UUID, list[tuple[UUID, list[str], bool]]] = defaultdict(list)
    rows = Evidence.objects.filter(
        learner_id__in=learner_ids, skills__overlap=list(codes), struck=False, lapsed=False
    ).exclude(Exists(Evidence.objects.filter(corrects=OuterRef("pk"))))
    for learner_id, pk, skills, supervised in rows.order_by().values_list("learner_id", "id", "skills", "supervised"):
        found[learner_id].append((pk, skills, supervised))
    return found


def _award_row(
    learner_id: UUID, achievement: Achievement, standing: _Standing, evidence: Sequence[tuple[UUID, list[str], bool]]
) -> tuple[UUID, UUID, UUID, dict[str, Any], str]:  # fmt: skip
    wanted = [one["skill"] for one in achievement.criteria["skills"]]
    counted = [(pk, supervised) for pk, skills, supervised in evidence if set(skills) & set(wanted)]
    completed_at = standing.completed.get(achievement.edition_id)
    facts = {
        "completed_at": rfc3339(completed_at) if completed_at else None,
        "skills": [
            {
                "skill": code,
                "level": standing.states[code][0],
                "probability": standing.states[code][1],
                "framework_version": standing.states[code][2],
                "rule": standing.states[code][3],
            }
            for code in wanted
        ],
        "answers": len(counted),
        "supervised": sum(supervised for _, supervised in counted),
    }
    return new_id(), learner_id, achievement.pk, facts, rules.evidence_digest(pk for pk, _ in counted)


def _insert_awards(
    rows: Sequence[tuple[UUID, UUID, UUID, dict[str, Any], str]], *, now: datetime
) -> list[tuple[UUID, UUID]]:  # fmt: skip
    """Insert in one statement those that are new; return their (award, learner) ids."""
    ids, learner_ids, achievement_ids, facts, digests = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        # A learner erased meanwhile is passed over; the lock keeps one from being erased under the insert.
        cursor.execute(
            """
            INSERT INTO learners_award (id, learner_id, achievement_id, decided_at, facts, evidence_sha256)
            SELECT new.id, new.learner_id, new.achievement_id, %s, new.facts, new.digest
            FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::jsonb[], %s::text[])
                AS new(id, learner_id, achievement_id, facts, digest)
            WHERE EXISTS (
                SELECT FROM learners_learner WHERE user_id = new.learner_id FOR KEY SHARE
            )
            ORDER BY new.learner_id, new.achievement_id
            ON CONFLICT (learner_id, achievement_id) DO NOTHING
            RETURNING id, learner_id
            """,
            [now, ids, learner_ids, achievement_ids, [Jsonb(one, dumps=to_json) for one in facts], digests],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


@transaction.atomic
def issue_certificates(happened: Sequence[Happened]) -> None:
    """Consumer: signs and stores the credential of each award, once.

    The name is the learner's legal name at this moment; nothing the learner does later changes the certificate. Awards
    that have a certificate, or went with their learner, are passed over.
    """
    award_ids = {UUID(str(event.payload["award_id"])) for event in happened}
    awards = list(
        Award.objects.filter(pk__in=award_ids, certificate__isnull=True)
        .select_related("learner", "achievement")
        .order_by("pk")
    )
    if not awards:
        return
    now = clock.now().replace(microsecond=0)
    signs = signer()
    key_id = keys.ensure_registered(signs, now=now)
    nodes = _Nodes()
    rows = [_certificate_row(award, nodes=nodes, signs=signs, now=now) for award in awards]
    new = _insert_certificates(rows, key_id=key_id, now=now)
    by_award = {award.pk: award for award in awards}
    events.record_many(
        "learners.certificate_issued",
        [
            {
                "certificate_id": str(pk),
                "learner_id": str(by_award[award_id].learner_id),
                "edition_id": str(by_award[award_id].achievement.edition_id),
            }
            for pk, award_id in new
        ],
    )
    privacy.audit_many(
        actor=_WORKER, action="certificate.issued", subject_kind="certificate", subject_ids=[str(pk) for pk, _ in new]
    )


class _Nodes:
    """The achievements of a batch as credentials tell them, each built once per language."""

    def __init__(self) -> None:
        self._framework = courses.framework()
        self._built: dict[tuple[UUID, str], dict[str, Any]] = {}

    def of(self, achievement: Achievement, languages: Sequence[str]) -> dict[str, Any]:
        language = lookup(languages, list(achievement.texts)) or "en"
        if (achievement.pk, language) not in self._built:
            self._built[achievement.pk, language] = credentials.achievement_node(self._certified(achievement, language))
        return self._built[achievement.pk, language]

    def _certified(self, achievement: Achievement, language: str) -> Certified:
        framework, words = self._framework, achievement.texts[language]
        names = {level: by.get(language, by["en"]) for level, by in framework.level_names.items()}
        wanted_levels = {wanted["level"] for wanted in achievement.criteria["skills"]}
        # Of the levels that people give, those only that are asked for.
        shown = {level: name for level, name in names.items() if level in {*framework.thresholds, *wanted_levels}}
        skills = []
        for wanted in achievement.criteria["skills"]:
            view = framework.skills.get(wanted["skill"])
            skills.append(
                Skill(
                    code=wanted["skill"],
                    name=view.name if view else wanted["skill"],
                    level=wanted["level"],
                    level_name=names[wanted["level"]],
                    mappings=view.mappings if view else {},
                )
            )
        return Certified(
            id=achievement.pk,
            slug=achievement.slug,
            version=achievement.version,
            language=language,
            name=words["name"],
            description=words["description"],
            criteria=words["criteria"],
            skills=tuple(skills),
            framework=framework.code,
            framework_version=framework.version,
            level_names=shown,
            base_url=settings.PUBLIC_BASE_URL,
        )


@dataclass(frozen=True)
class _Row:
    id: UUID
    public_code: str
    award_id: UUID
    learner_id: UUID
    credential: str
    valid_until: datetime


def _certificate_row(award: Award, *, nodes: _Nodes, signs: Signer, now: datetime) -> _Row:
    code, valid_until = public_code(), now + settings.CREDENTIAL_VALIDITY
    issuance = Issuance(
        public_code=code,
        # Of this certificate alone: two certificates do not tell that they are one person's.
        subject_id=uuid4(),
        name=award.learner.legal_name,
        awarded_at=award.decided_at,
        valid_from=now,
        valid_until=valid_until,
        levels={one["skill"]: one["level"] for one in award.facts["skills"]},
        evidence_sha256=award.evidence_sha256,
        answers=award.facts["answers"],
        supervised=award.facts["supervised"],
    )
    document = credentials.credential(
        issuance,
        achievement=nodes.of(award.achievement, award.learner.languages),
        issuer=credentials.issuer_node(did=signs.did, name=settings.ISSUER_NAME, base_url=settings.PUBLIC_BASE_URL),
        base_url=settings.PUBLIC_BASE_URL,
    )
    credentials.require_profile(document, published=settings.OPEN_BADGES_SCHEMA_FILE)
    signed = proofs.secured(document, signer=signs, created=now)
    return _Row(new_id(), code, award.pk, award.learner_id, orjson.dumps(signed).decode(), valid_until)


def _insert_certificates(rows: Sequence[_Row], *, key_id: str, now: datetime) -> list[tuple[UUID, UUID]]:
    """Insert in one statement those whose award has none; return their (certificate, award) ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO learners_certificate (
                id, public_code, award_id, learner_id, key_id, credential, valid_from, valid_until, status,
                status_reason
            )
            SELECT new.id, new.code, new.award_id, new.learner_id, %s, new.credential, %s, new.valid_until, %s, ''
            FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[])
                AS new(id, code, award_id, learner_id, credential, valid_until)
            WHERE EXISTS (SELECT FROM learners_award WHERE id = new.award_id FOR KEY SHARE)
            ORDER BY new.award_id
            ON CONFLICT (award_id) DO NOTHING
            RETURNING id, award_id
            """,
            [
                key_id, now, Certificate.Status.ACTIVE, [row.id for row in rows], [row.public_code for row in rows],
                [row.award_id for row in rows], [row.learner_id for row in rows], [row.credential for row in rows],
                [row.valid_until for row in rows],
            ],
        )  # fmt: skip
        return [(row[0], row[1]) for row in cursor.fetchall()]


@transaction.atomic
def revoke(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Revoke an active certificate for good, with the reason that its page shows to nobody but staff.

    Raises:
        NotRevocable: it is revoked already, or there is none; nothing is written.
    """
    certificate = (
        Certificate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("award__achievement")
        .filter(pk=certificate_id, status=Certificate.Status.ACTIVE)
        .first()
    )
    if certificate is None:
        raise NotRevocable()
    Certificate.objects.filter(pk=certificate_id).update(
        status=Certificate.Status.REVOKED, status_reason=reason[:200], status_changed_at=now
    )
    events.record(
        "learners.certificate_status_changed",
        certificate_id=str(certificate_id),
        learner_id=str(certificate.learner_id),
        edition_id=str(certificate.award.achievement.edition_id),
        status=Certificate.Status.REVOKED.value,
    )
    privacy.audit(actor=actor, action="certificate.revoked", subject_kind="certificate", subject_id=str(certificate_id))
