"""Every model of the app, for one migration history."""

from courses.catalogue.models import (
    Course,
    Edition,
    EditionText,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
)
from courses.publishing.models import Document
from courses.skills.models import Framework, FrameworkLabel, Skill, SkillArea, SkillLevel, SkillStatement

__all__ = [
    "Course",
    "Document",
    "Edition",
    "EditionText",
    "Framework",
    "FrameworkLabel",
    "Lesson",
    "LessonSkill",
    "LessonText",
    "Module",
    "ModuleText",
    "Skill",
    "SkillArea",
    "SkillLevel",
    "SkillStatement",
]
