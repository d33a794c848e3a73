"""The statements that compare awards and certificates with what learners have earned.

The only module here that reads tables of learners by SQL: it sets everybody's levels, enrolments and evidence against
everybody's awards, which is one join in the database and would be all of both in memory through `learners.public`.

They lock nothing. Each returns at most a thousand rows. before: what is newer is not compared. since: what is older is not
compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

_MAX_ROWS = 1000

# Learners who meet all criteria of an active achievement whose slug was never awarded to them. `since`: when the
# last of them was met, as far as the rows show.
_EARNED_NOT_AWARDED = """
WITH wanted AS (
    SELECT achievement.id, achievement.slug, achievement.edition_id,
        coalesce((achievement.criteria->>'edition_completed')::boolean, false) AS completion,
        entry->>'skill' AS skill, (entry->>'level')::int AS level,
        coalesce((entry->>'certified')::boolean, false) AS strictly,
        jsonb_array_length(achievement.criteria->'skills') AS skills
    FROM credentials_achievement achievement
        LEFT JOIN LATERAL jsonb_array_elements(achievement.criteria->'skills') AS entry ON true
    WHERE achievement.active
), met AS (
    SELECT wanted.id, wanted.slug, wanted.edition_id, wanted.completion, state.learner_id,
        max(greatest(state.last_at, state.level_since, state.certified_at)) AS since
    FROM wanted JOIN learners_skillstate state ON state.skill_code = wanted.skill
        AND CASE WHEN strictly THEN state.certified_level ELSE state.level END >= wanted.level
    GROUP BY 1, 2, 3, 4, 5 HAVING count(*) = max(wanted.skills)
    UNION ALL
    SELECT wanted.id, wanted.slug, wanted.edition_id, true, enrolment.learner_id, enrolment.completed_at
    FROM wanted JOIN learners_enrolment enrolment ON enrolment.edition_id = wanted.edition_id
    WHERE wanted.skill IS NULL AND wanted.completion AND enrolment.completed_at IS NOT NULL
)
SELECT met.learner_id, met.edition_id
FROM met LEFT JOIN learners_enrolment enrolment
    ON enrolment.learner_id = met.learner_id AND enrolment.edition_id = met.edition_id
WHERE (NOT met.completion OR enrolment.completed_at IS NOT NULL)
    AND coalesce(greatest(met.since, enrolment.completed_at), '-infinity') < %(before)s
    AND NOT EXISTS (
        SELECT FROM credentials_award award JOIN credentials_achievement other ON other.id = award.achievement_id
        WHERE award.learner_id = met.learner_id AND other.slug = met.slug
    )
ORDER BY 1, 2
"""
_AWARDED_NOT_ISSUED = """
SELECT award.id, award.learner_id FROM credentials_award award
WHERE award.decided_at < %(before)s AND NOT EXISTS (SELECT FROM credentials_certificate WHERE award_id = award.id)
ORDER BY 1
"""
# The foreign key and a trigger forbid it; it is checked all the same.
_ISSUED_NOT_AWARDED = """
SELECT certificate.id FROM credentials_certificate certificate
    LEFT JOIN credentials_award award ON award.id = certificate.award_id AND award.learner_id = certificate.learner_id
WHERE award.id IS NULL AND certificate.issued_at < %(before)s
ORDER BY 1
"""
# The facts that an award was written with do not meet the criteria of its achievement's version.
_AWARDED_NOT_EARNED = """
SELECT award.id FROM credentials_award award JOIN credentials_achievement achievement ON achievement.id = award.achievement_id
WHERE award.decided_at < %(before)s AND award.decided_at >= %(since)s AND (
    coalesce((achievement.criteria->>'edition_completed')::boolean, false) AND award.facts->>'completed_at' IS NULL
    OR EXISTS (
        SELECT FROM jsonb_array_elements(achievement.criteria->'skills') AS wanted
        WHERE NOT EXISTS (
            SELECT FROM jsonb_array_elements(award.facts->'skills') AS held
            WHERE held->>'skill' = wanted->>'skill' AND (held->>'level')::int >= (wanted->>'level')::int
        )
    )
)
ORDER BY 1
"""
# The digest is not that of the evidence that there was when the award was decided.
_EVIDENCE_DIFFERS = """
SELECT award.id FROM credentials_award award JOIN credentials_achievement achievement ON achievement.id = award.achievement_id
WHERE award.decided_at < %(before)s AND award.decided_at >= %(since)s AND award.evidence_sha256 <> (
    SELECT encode(sha256(coalesce(string_agg(evidence.id::text, E'\\n' ORDER BY evidence.id::text COLLATE "C"), '')::bytea),
        'hex')
    FROM learners_evidence evidence
    WHERE evidence.learner_id = award.learner_id AND evidence.recorded_at <= award.decided_at
        AND NOT evidence.voided AND NOT evidence.lapsed
        AND evidence.skills && ARRAY(
            SELECT (entry->>'skill')::varchar FROM jsonb_array_elements(achievement.criteria->'skills') AS entry)
        AND NOT EXISTS (
            SELECT FROM learners_evidence later
            WHERE later.corrects = evidence.id AND later.recorded_at <= award.decided_at)
)
ORDER BY 1
"""
_EVIDENCE_OF = """
SELECT evidence.id, evidence.recorded_at, evidence.corrects, evidence.voided OR evidence.lapsed, award.decided_at,
    award.evidence_sha256, evidence.skills && ARRAY(
        SELECT (entry->>'skill')::varchar FROM jsonb_array_elements(achievement.criteria->'skills') AS entry)
FROM credentials_award award JOIN credentials_achievement achievement ON achievement.id = award.achievement_id
    JOIN learners_evidence evidence ON evidence.learner_id = award.learner_id
        AND evidence.recorded_at <= award.decided_at
WHERE award.id = %s ORDER BY evidence.recorded_at
"""


def earned_not_awarded(*, before: datetime) -> list[tuple[UUID, UUID]]:
    """(learner, edition) of learners who earned an achievement that was not awarded to them."""
    return [(row[0], row[1]) for row in _rows(_EARNED_NOT_AWARDED, {"before": before})]


def awarded_not_issued(*, before: datetime) -> list[tuple[UUID, UUID]]:
    """(award, learner) of awards that have no certificate."""
    return [(row[0], row[1]) for row in _rows(_AWARDED_NOT_ISSUED, {"before": before})]


def issued_not_awarded(*, before: datetime) -> list[UUID]:
    """Certificates that have no award."""
    return [row[0] for row in _rows(_ISSUED_NOT_AWARDED, {"before": before})]


def awarded_not_earned(*, before: datetime, since: datetime) -> list[UUID]:
    """Awards whose facts do not meet the criteria of their achievement."""
    return [row[0] for row in _rows(_AWARDED_NOT_EARNED, {"before": before, "since": since})]


def evidence_differs(*, before: datetime, since: datetime) -> list[UUID]:
    """Awards whose digest is not that of the evidence that was recorded until they were decided."""
    return [row[0] for row in _rows(_EVIDENCE_DIFFERS, {"before": before, "since": since})]


def evidence_of(award_id: UUID) -> list[tuple[UUID, datetime, UUID | None, bool, datetime, str, bool]]:
    """The evidence of the award's learner that was recorded until the award was decided, the oldest first.

    Returns (id, recorded at, id of the evidence that it corrects, whether it is voided or lapsed, when the award was
    decided, the award's digest, whether it is on a skill of the criteria) of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EVIDENCE_OF, [award_id])
        return list(cursor.fetchall())


def _rows(sql: str, parameters: Mapping[str, datetime]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {_MAX_ROWS}", parameters)
        return list(cursor.fetchall())
