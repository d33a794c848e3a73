"""Deciding awards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from common import clock
from common.clock import rfc3339
from common.ids import new_id
from common.rendering import to_json
from credentials.certificates import rules
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Achievement, Award
from credentials.events import AwardDecided
from events import public as events
from events.public import Recorded
from learners import public as learners
from learners.events import OfLearner
from privacy import public as privacy

_WORKER = "worker:certificates"


@dataclass
class AwardInputs:
    """What is known of one learner when awards are decided."""

    completed: dict[UUID, datetime]
    states: dict[str, tuple[int, float, str, str | None]]  # level, probability, framework version, rule version
    certified: dict[str, int]
    held: set[str]  # slugs of achievements awarded before, in any version

    def missing(self, achievement: Achievement) -> list[rules.MissingForCertificate]:
        """What the learner lacks for the achievement; see rules.missing."""
        return rules.missing(
            achievement.criteria,
            completed=achievement.edition_id in self.completed,
            levels={code: state[0] for code, state in self.states.items()},
            certified=self.certified,
        )


@transaction.atomic
def decide_awards(recorded: Sequence[Recorded[OfLearner]]) -> None:
    """Consumer: awards every achievement whose criteria a learner now meets, once.

    A constant number of statements for the batch. Whoever holds an achievement in any version is not awarded another
    version of it: a changed criterion takes nothing away and hands nothing out a second time.
    """
    learner_ids = sorted({entry.event.learner_id for entry in recorded})
    achievements = list(Achievement.objects.filter(active=True).order_by("slug"))
    if not learner_ids or not achievements:
        return
    codes = sorted({wanted["skill"] for achievement in achievements for wanted in achievement.criteria["skills"]})
    found = award_inputs(learner_ids, {achievement.edition_id for achievement in achievements}, codes)
    earned = [
        (learner_id, achievement, 1)
        for learner_id, inputs in sorted(found.items())
        for achievement in achievements
        if achievement.slug not in inputs.held and not inputs.missing(achievement)
    ]
    award(earned, now=clock.now(), known=found)


def award(
    earned: Sequence[tuple[UUID, Achievement, int]],
    *,
    now: datetime,
    known: Mapping[UUID, AwardInputs] | None = None,
    action: str = "award.decided",
) -> None:
    """Award achievements under their numbers, in the caller's transaction, for a certificate each; what is awarded stays.

    Args:
        earned: (learner, achievement, number) of what the caller found to be earned. known: the learners' standings, read
            anew when missing. action: of the audit log.
    """
    if not earned:
        return
    codes = sorted({wanted["skill"] for _, entry, _ in earned for wanted in entry.criteria["skills"]})
    learner_ids = sorted({learner_id for learner_id, _, _ in earned})
    if known is None:
        known = award_inputs(learner_ids, {entry.edition_id for _, entry, _ in earned}, codes)
    evidence = _evidence(set(learner_ids), codes)
    rows = [
        (*_award_row(learner_id, achievement, known[learner_id], evidence.get(learner_id, [])), number)
        for learner_id, achievement, number in earned
    ]
    new = _insert_awards(rows, now=now)
    events.record_many([AwardDecided(award_id=award_id, learner_id=learner_id) for award_id, learner_id in new])
    privacy.audit_many(
        actor=_WORKER, action=action, subject_kind="award", subject_ids=[str(award_id) for award_id, _ in new]
    )


def award_inputs(
    learner_ids: Sequence[UUID], edition_ids: Iterable[UUID], codes: Sequence[str]
) -> dict[UUID, AwardInputs]:
    """What is known of each learner; three queries."""
    found = {entry: AwardInputs(completed={}, states={}, certified={}, held=set()) for entry in learner_ids}
    completions = learners.completions(learner_ids=learner_ids, edition_ids=edition_ids)
    for (learner_id, edition_id), completed_at in completions.items():
        if completed_at is not None:
            found[learner_id].completed[edition_id] = completed_at
    for held in learners.held_levels(learner_ids, codes):
        inputs = found[held.learner_id]
        inputs.states[held.skill] = (held.level, held.probability, held.framework_version, held.rule_version)
        inputs.certified[held.skill] = held.certified_level
    for learner_id, slug in Award.objects.filter(learner_id__in=learner_ids).values_list(
        "learner_id", "achievement__slug"
    ):
        found[learner_id].held.add(slug)
    return found


def _evidence(learner_ids: set[UUID], codes: Sequence[str]) -> dict[UUID, list[tuple[UUID, Sequence[str], bool]]]:
    """(id, skills, supervised) of each learner's evidence on any of the skills."""
    found: dict[UUID, list[tuple[UUID, Sequence[str], bool]]] = defaultdict(list)
    for answer in learners.counting_evidence(learner_ids, codes):
        found[answer.learner_id].append((answer.id, answer.skills, answer.supervised))
    return found


def _award_row(
    learner_id: UUID,
    achievement: Achievement,
    inputs: AwardInputs,
    evidence: Sequence[tuple[UUID, Sequence[str], bool]],
) -> tuple[UUID, UUID, UUID, dict[str, Any], str]:
    wanted = [skill["skill"] for skill in achievement.criteria["skills"]]
    counted = [(pk, supervised) for pk, skills, supervised in evidence if set(skills) & set(wanted)]
    completed_at = inputs.completed.get(achievement.edition_id)
    facts = {
        "completed_at": rfc3339(completed_at) if completed_at else None,
        "skills": [
            {
                "skill": code,
                "level": inputs.states[code][0],
                "probability": inputs.states[code][1],
                "framework_version": inputs.states[code][2],
                "rule": inputs.states[code][3],
            }
            for code in wanted
        ],
        "answers": len(counted),
        "supervised": sum(supervised for _, supervised in counted),
    }
    return new_id(), learner_id, achievement.pk, facts, rules.evidence_digest(pk for pk, _ in counted)


def _insert_awards(
    rows: Sequence[tuple[UUID, UUID, UUID, dict[str, Any], str, int]], *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Insert in one statement those that are new; return their (award, learner) ids."""
    # A learner erased meanwhile is passed over.
    present = learners.hold_learners({row[1] for row in rows})
    columns = [list(column) for column in zip(*(row for row in rows if row[1] in present), strict=True)]
    if not columns:
        return []
    ids, learner_ids, achievement_ids, facts, digests, numbers = columns
    with as_issuer(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_award (id, learner_id, achievement_id, number, decided_at, facts, evidence_sha256)
            SELECT new.id, new.learner_id, new.achievement_id, new.number, %s, new.facts, new.digest
            FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::jsonb[], %s::text[], %s::int[])
                AS new(id, learner_id, achievement_id, facts, digest, number)
            ORDER BY new.learner_id, new.achievement_id
            ON CONFLICT (learner_id, achievement_id, number) DO NOTHING
            RETURNING id, learner_id
            """,
            [now, ids, learner_ids, achievement_ids, [Jsonb(fact, dumps=to_json) for fact in facts], digests, numbers],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]
