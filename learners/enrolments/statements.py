"""SQL by hand: passed assessments, written on many enrolments at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection


def note_passed(passed_at: Mapping[tuple[UUID, UUID], datetime]) -> Collection[UUID]:
    """Note the earliest passed assessment on enrolments, and complete those whose lessons are done; two statements.

    Locks the enrolments, in the order of their ids, until the caller's transaction ends. Completing looks at no lesson: of an
    edition that asks for no assessment, completion was noted when its lessons were.

    Args:
        passed_at: when an assessment was passed, by learner and course; pairs without an enrolment are ignored.

    Returns:
        The enrolments that were completed by this call.
    """
    learner_ids = [learner_id for learner_id, _ in passed_at]
    course_ids = [course_id for _, course_id in passed_at]
    with connection.cursor() as cursor:
        # In order, so that two workers never wait for each other in a circle.
        cursor.execute(
            "SELECT id FROM learners_enrolment WHERE (learner_id, course_id) IN "
            "(SELECT * FROM unnest(%s::uuid[], %s::uuid[])) ORDER BY id FOR NO KEY UPDATE",
            [learner_ids, course_ids],
        )
        cursor.execute(
            """
            UPDATE learners_enrolment AS enrolment
            SET assessment_passed_at = passed.at,
                completed_at = LEAST(  -- passes over NULL
                    completed_at, CASE WHEN lessons_done_at IS NOT NULL THEN GREATEST(lessons_done_at, passed.at) END
                )
            FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS passed(learner_id, course_id, at)
            WHERE enrolment.learner_id = passed.learner_id AND enrolment.course_id = passed.course_id
              AND (assessment_passed_at IS NULL OR passed.at < assessment_passed_at)
            RETURNING enrolment.id, old.completed_at IS NULL AND new.completed_at IS NOT NULL
            """,
            [learner_ids, course_ids, list(passed_at.values())],
        )
        return [enrolment_id for enrolment_id, is_completed in cursor.fetchall() if is_completed]
