"""Everything other apps may know about courses, as values."""

from courses.catalogue.selectors import edition, editions
from courses.skills.selectors import framework
from courses.values import EditionView, FrameworkView, LessonView, SkillView

__all__ = ["EditionView", "FrameworkView", "LessonView", "SkillView", "edition", "editions", "framework"]
