"""Authoring and publishing, by the services that everything else calls."""

from courses.admin.courses import CourseAdmin
from courses.admin.editions import EditionAdmin
from courses.admin.framework import FrameworkAdmin, SkillAdmin
from courses.admin.lessons import LessonAdmin

__all__ = ["CourseAdmin", "EditionAdmin", "FrameworkAdmin", "LessonAdmin", "SkillAdmin"]
