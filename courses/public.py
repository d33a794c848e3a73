"""Everything other apps may know about courses, as values; and how they are loaded, for config."""

from courses.catalogue.identity import course_id_of, edition_id_of, lesson_id_of
from courses.catalogue.loading import load_course
from courses.catalogue.selectors import edition, editions
from courses.publishing.services import publish
from courses.skills.case import item_id as case_item_id
from courses.skills.loading import load_framework
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
    "load_course",
    "load_framework",
    "publish",
    "statement",
]
