"""The starter course that comes with the platform: loaded from its files, published, its quiz opened. May run again."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.db import transaction

from common import clock

SLUG = "ai-at-work-first-steps"
COURSE_ID = UUID("019ad4f0-6c1e-7c5f-9d58-3f1f6d0c7a21")
_ROOT = Path(__file__).resolve().parents[2]


@transaction.atomic
def load() -> UUID:
    """Load the course with its achievement and its bank, and publish it, all or nothing; return the published edition's id.

    Once it is published it is its team's: a later call changes nothing, so that no draft of a trainer is written over. Who
    wants what newer files say calls `manage.py load_course`.
    """
    from assessments.public import load_bank
    from courses.public import load_course, publish_draft, running_editions
    from credentials.public import REGIONAL, load_achievement

    published = running_editions([COURSE_ID]).get(COURSE_ID)
    if published is not None:
        return published
    course_id = load_course(_ROOT / "courses" / "starter" / SLUG)
    load_achievement(
        _ROOT / "platform" / "credentials" / "content" / SLUG,
        course_id=course_id,
        approved_as=REGIONAL,
        actor="starter-course",
        now=clock.now(),
    )
    load_bank(_ROOT / "assessments" / "content" / SLUG, course_id=course_id)
    return publish_draft(course_id=course_id, actor="starter-course")
