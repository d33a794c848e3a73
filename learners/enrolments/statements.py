"""SQL by hand: passed assessments, written on many enrolments at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection


def note_passed(passed_at: Mapping[tuple[UUID, UUID], datetime]) -> list[tuple[UUID, UUID]]:
    """Note the earliest passed assessment on enrolments, and complete those whose lessons are done; two statements.

    Locks the enrolments, in the order of their ids, until the caller's transaction ends.

    Args:
        passed_at: when the assessment was passed, by learner and edition; pairs without an enrolment are ignored.

    Returns:
        Learner and edition of each enrolment that was completed by this call.
    """
    learner_ids = [learner_id for learner_id, _ in passed_at]
    edition_ids = [edition_id for _, edition_id in passed_at]
    with connection.cursor() as cursor:
        # In order, so that two workers never wait for each other in a circle.
        cursor.execute(
            "SELECT id FROM learners_enrolment WHERE (learner_id, edition_id) IN "
            "(SELECT * FROM unnest(%s::uuid[], %s::uuid[])) ORDER BY id FOR NO KEY UPDATE",
            [learner_ids, edition_ids],
        )
        cursor.execute(
            """
            UPDATE learners_enrolment AS enrolment
            SET assessment_passed_at = passed.at,
                completed_at = COALESCE(
                    completed_at, CASE WHEN lessons_done_at IS NOT NULL THEN GREATEST(lessons_done_at, passed.at) END
                )
            FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS passed(learner_id, edition_id, at)
            WHERE enrolment.learner_id = passed.learner_id AND enrolment.edition_id = passed.edition_id
              AND (assessment_passed_at IS NULL OR passed.at < assessment_passed_at)
            RETURNING enrolment.learner_id, enrolment.edition_id, old.completed_at IS NULL AND new.completed_at IS NOT NULL
            """,
            [learner_ids, edition_ids, list(passed_at.values())],
        )
        return [(learner_id, edition_id) for learner_id, edition_id, is_completed in cursor.fetchall() if is_completed]
