"""The statement that reads the answers of a course: one row per attempt, its items in arrays."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db import connection

# A learner's first attempt of a quiz is number 1. Where that expired its items were seen and nothing was answered, so no
# later attempt is a first. What was left open when the clock closed an attempt was not reached: it tells of the time, not of
# the item, and is treated as not administered (as TIMSS does when items are calibrated). A voided item has no score, nor has
# an attempt that waits for marks.
_ATTEMPTS = """
SELECT attempt.learner_id, attempt.quiz_id, attempt.language, attempt.device_class,
       array_agg(answer.revision_id ORDER BY answer.position),
       array_agg(answer.score ORDER BY answer.position),
       array_agg(answer.seconds ORDER BY answer.position),
       array_agg(CASE WHEN answer.revision_id = ANY(%(choices)s) THEN answer.response::text END ORDER BY answer.position)
FROM assessments_attempt AS attempt
JOIN assessments_quiz AS quiz ON quiz.id = attempt.quiz_id
JOIN assessments_attemptitem AS answer ON answer.attempt_id = attempt.id
WHERE quiz.course_id = %(course)s AND quiz.mode = ANY(%(modes)s) AND attempt.number = 1
  AND attempt.submitted_at IS NOT NULL AND NOT attempt.expired
  AND (NOT attempt.closed_by_clock OR answer.response IS NOT NULL)
  AND attempt.score IS NOT NULL AND answer.score IS NOT NULL
GROUP BY attempt.id
ORDER BY attempt.started_at, attempt.id
"""


class FirstAttempt(NamedTuple):
    """A learner's first attempt at a quiz. The sequences have one element per item, in the order asked."""

    learner_id: UUID
    quiz_id: UUID
    language: str
    device_class: str
    revision_ids: list[int]
    scores: list[float]  # 0 to 1
    seconds: list[float | None]
    responses: list[str | None]  # as JSON; None where it is not wanted or nothing was answered


def first_attempts(*, course_id: UUID, modes: Collection[str], choices: Collection[int]) -> list[FirstAttempt]:
    """Return first attempts at the quizzes of these modes, of all editions of a course, by start. Nothing is locked.

    Args:
        choices: ids of the item revisions whose responses are wanted.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ATTEMPTS, {"course": course_id, "modes": list(modes), "choices": list(choices)})
        return [FirstAttempt(*row) for row in cursor.fetchall()]
