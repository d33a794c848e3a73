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

# Learners who meet all criteria of the version that the authority of their member state approves now, of an achievement that
# was never awarded to them. `since`: when the last of the criteria was met, as far as the rows show. Candidates come from
# what the version asks first (levels, else the course, else quizzes); the rest is compared for these.
_EARNED_NOT_AWARDED = """
WITH offered AS MATERIALIZED (
    SELECT approval.id, approval.achievement_id, approval.authority, achievement.course_id,
        coalesce((version.criteria->>'course_completed')::boolean, false) AS completion,
        version.criteria->'skills' AS skills,
        ARRAY(SELECT jsonb_array_elements_text(version.criteria->'quizzes')::uuid) AS quizzes
    FROM credentials_approval approval JOIN credentials_achievementversion version ON version.id = approval.version_id
        JOIN credentials_achievement achievement ON achievement.id = approval.achievement_id
    WHERE approval.ended_at IS NULL
), completed AS MATERIALIZED (
    SELECT enrolment.learner_id, edition.course_id, min(enrolment.completed_at) AS at
    FROM learners_enrolment enrolment JOIN courses_edition edition ON edition.id = enrolment.edition_id
    WHERE enrolment.completed_at IS NOT NULL
    GROUP BY 1, 2
), met AS (
    SELECT offered.id, state.learner_id, max(greatest(state.last_at, state.level_since, state.certified_at)) AS since
    FROM offered CROSS JOIN LATERAL jsonb_array_elements(offered.skills) AS entry
        JOIN learners_skillstate state ON state.skill_code = entry->>'skill'
            AND CASE WHEN coalesce((entry->>'certified')::boolean, false) THEN state.certified_level ELSE state.level END
                >= (entry->>'level')::int
    GROUP BY 1, 2 HAVING count(*) = max(jsonb_array_length(offered.skills))
    UNION ALL
    SELECT offered.id, completed.learner_id, completed.at
    FROM offered JOIN completed ON completed.course_id = offered.course_id
    WHERE jsonb_array_length(offered.skills) = 0 AND offered.completion
    UNION ALL
    SELECT offered.id, passed.learner_id, max(passed.passed_at)
    FROM offered JOIN credentials_passedquiz passed ON passed.quiz_id = ANY(offered.quizzes)
    WHERE jsonb_array_length(offered.skills) = 0 AND NOT offered.completion
    GROUP BY 1, 2
)
SELECT met.learner_id, offered.course_id
FROM met JOIN offered ON offered.id = met.id
    JOIN learners_learner learner ON learner.user_id = met.learner_id
    LEFT JOIN completed ON completed.learner_id = met.learner_id AND completed.course_id = offered.course_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, max(passed_at) AS at FROM credentials_passedquiz
        WHERE learner_id = met.learner_id AND quiz_id = ANY(offered.quizzes)
    ) AS passed
WHERE (offered.authority = learner.member_state_id OR offered.authority = 'regional' AND NOT EXISTS (
        SELECT FROM offered own
        WHERE own.achievement_id = offered.achievement_id AND own.authority = learner.member_state_id
    ))
    AND (NOT offered.completion OR completed.at IS NOT NULL)
    AND passed.number = cardinality(offered.quizzes)
    AND coalesce(greatest(met.since, completed.at, passed.at), '-infinity') < %(before)s
    AND NOT EXISTS (
        SELECT FROM credentials_award award
        WHERE award.learner_id = met.learner_id AND award.achievement_id = offered.achievement_id
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
SELECT award.id FROM credentials_award award JOIN credentials_achievementversion version ON version.id = award.version_id
WHERE award.decided_at < %(before)s AND award.decided_at >= %(since)s AND (
    coalesce((version.criteria->>'course_completed')::boolean, false) AND award.facts->>'completed_at' IS NULL
    OR NOT coalesce(award.facts->'quizzes', '[]') @> coalesce(version.criteria->'quizzes', '[]')
    OR EXISTS (
        SELECT FROM jsonb_array_elements(version.criteria->'skills') AS wanted
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
SELECT award.id FROM credentials_award award JOIN credentials_achievementversion version ON version.id = award.version_id
WHERE award.decided_at < %(before)s AND award.decided_at >= %(since)s AND award.evidence_sha256 <> (
    SELECT encode(sha256(coalesce(string_agg(evidence.id::text, E'\\n' ORDER BY evidence.id::text COLLATE "C"), '')::bytea),
        'hex')
    FROM learners_evidence evidence
    WHERE evidence.learner_id = award.learner_id AND evidence.recorded_at <= award.decided_at
        AND NOT evidence.voided AND NOT evidence.lapsed
        AND evidence.skills && ARRAY(
            SELECT (entry->>'skill')::varchar FROM jsonb_array_elements(version.criteria->'skills') AS entry)
        AND NOT EXISTS (
            SELECT FROM learners_evidence later
            WHERE later.corrects = evidence.id AND later.recorded_at <= award.decided_at)
)
ORDER BY 1
"""
_EVIDENCE_OF = """
SELECT evidence.id, evidence.recorded_at, evidence.corrects, evidence.voided OR evidence.lapsed, award.decided_at,
    award.evidence_sha256, evidence.skills && ARRAY(
        SELECT (entry->>'skill')::varchar FROM jsonb_array_elements(version.criteria->'skills') AS entry)
FROM credentials_award award JOIN credentials_achievementversion version ON version.id = award.version_id
    JOIN learners_evidence evidence ON evidence.learner_id = award.learner_id
        AND evidence.recorded_at <= award.decided_at
WHERE award.id = %s ORDER BY evidence.recorded_at
"""


def earned_not_awarded(*, before: datetime) -> list[tuple[UUID, UUID]]:
    """(learner, course) of learners who earned an achievement that was not awarded to them."""
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
