"""SQL by hand: many answers deleted at once, each up to an instant of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection


def delete_said_before(withdrawn_at: Mapping[UUID, datetime]) -> list[UUID]:
    """Delete the answers of learners up to and including an instant of each; one statement.

    Returns:
        The learners whose answer was deleted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM learners_selfdescription AS said USING unnest(%s::uuid[], %s::timestamptz[]) AS withdrawn (id, at)
            WHERE said.learner_id = withdrawn.id AND said.said_at <= withdrawn.at RETURNING said.learner_id
            """,
            [list(withdrawn_at), list(withdrawn_at.values())],
        )
        return [learner_id for (learner_id,) in cursor.fetchall()]
