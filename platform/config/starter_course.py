"""The starter course that comes with the platform: loaded from its files, published, its quiz opened. May run again."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from common import clock

SLUG = "ai-at-work-first-steps"
_ROOT = Path(__file__).resolve().parents[2]


def load() -> UUID:
    """Load the course, its bank and its achievement, publish the edition and open the quiz; return the edition's id.

    The parts come from their apps' `content/` folders; each loader checks its files first and writes all or nothing.
    """
    from assessments.public import load_bank
    from courses.public import load_course, publish_draft
    from credentials.public import REGIONAL, load_achievement

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
