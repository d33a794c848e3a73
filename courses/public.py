"""Everything other apps may know about courses, as values."""

from courses.catalogue.identity import course_id_of, edition_id_of, lesson_id_of
from courses.catalogue.selectors import edition, editions
from courses.skills.case import item_id as case_item_id
from courses.skills.selectors import framework, framework_scales, statement
from courses.values import EditionView, FrameworkScale, FrameworkView, LessonView, SkillView, StatementView

__all__ = [
    "EditionView",
    "FrameworkScale",
    "FrameworkView",
    "LessonView",
    "SkillView",
    "StatementView",
    "case_item_id",
    "course_id_of",
    "edition",
    "edition_id_of",
    "editions",
    "framework",
    "framework_scales",
    "lesson_id_of",
    "statement",
]
