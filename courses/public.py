"""Everything other apps may know about courses, as values."""

from courses.catalogue.identity import course_id_of, edition_id_of, lesson_id_of
from courses.catalogue.selectors import edition, editions
from courses.skills.selectors import framework
from courses.values import EditionView, FrameworkView, LessonView, SkillView

__all__ = [
    "EditionView",
    "FrameworkView",
    "LessonView",
    "SkillView",
    "course_id_of",
    "edition",
    "edition_id_of",
    "editions",
    "framework",
    "lesson_id_of",
]
