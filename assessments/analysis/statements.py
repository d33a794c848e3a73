"""The statement that reads the answers of an edition: one row per attempt, its items in arrays."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

# A learner's first attempt of a quiz is number 1. Where that expired its items were seen and nothing was answered, so no
# later attempt is a first. A voided item has no score, nor has an attempt that waits for marks.
_ATTEMPTS = """
SELECT attempt.learner_id, attempt.quiz_id, attempt.language, attempt.device_class,
       array_agg(answer.revision_id ORDER BY answer.position),
       array_agg(answer.score ORDER BY answer.position),
       array_agg(answer.seconds ORDER BY answer.position),
       array_agg(CASE WHEN answer.revision_id = ANY(%(choices)s) THEN answer.response::text END ORDER BY answer.position)
FROM assessments_attempt AS attempt
JOIN assessments_quiz AS quiz ON quiz.id = attempt.quiz_id
JOIN assessments_attemptitem AS answer ON answer.attempt_id = attempt.id
WHERE quiz.edition_id = %(edition)s AND quiz.mode = ANY(%(modes)s) AND attempt.number = 1
  AND attempt.submitted_at IS NOT NULL AND NOT attempt.expired
  AND attempt.score IS NOT NULL AND answer.score IS NOT NULL
GROUP BY attempt.id
ORDER BY attempt.started_at, attempt.id
"""


def first_attempts(*, edition_id: UUID, modes: Collection[str], choices: Collection[int]) -> list[tuple[Any, ...]]:
    """Return the first attempts of an edition's learners at its quizzes of these modes, by start. Nothing is locked.

    Args:
        choices: ids of the item revisions whose responses are wanted.

    Returns:
        (learner id, quiz id, language, device class, revision ids, scores, seconds, responses) of each attempt. The last
        four have one element per item, in the order asked: score 0 to 1, seconds or None, and the response as JSON text,
        None where it is not wanted or nothing was answered.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ATTEMPTS, {"edition": edition_id, "modes": list(modes), "choices": list(choices)})
        return cursor.fetchall()
