"""SQL by hand: waivers of many enrolments, stored where they are new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from common.rendering import to_json


def insert_waivers(
    waivers: Sequence[tuple[UUID, UUID, dict[str, int], list[dict[str, Any]]]],
    *,
    framework_version: str,
    rule_version: str,
    now: datetime,
) -> set[UUID]:
    """Store the waivers that are not stored yet, in one statement; return the enrolments that got one.

    Args:
        waivers: enrolment, lesson, `LessonWaiver.levels`, and the grounds as in `LessonWaiver.because`.
    """
    if not waivers:
        return set()
    enrolment_ids, lesson_ids, levels, grounds = zip(*waivers, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO learners_lessonwaiver (enrolment_id, lesson_id, levels, because, framework_version, rule_version, at)
            SELECT new.*, %s, %s, %s FROM unnest(%s::uuid[], %s::uuid[], %s::jsonb[], %s::jsonb[]) AS new
            ON CONFLICT (enrolment_id, lesson_id, levels) DO NOTHING
            RETURNING enrolment_id
            """,
            [
                framework_version,
                rule_version,
                now,
                list(enrolment_ids),
                list(lesson_ids),
                [Jsonb(document, dumps=to_json) for document in levels],
                [Jsonb(document, dumps=to_json) for document in grounds],
            ],
        )
        return {enrolment_id for (enrolment_id,) in cursor.fetchall()}
