"""Every model of the app, for one migration history."""

from courses.content.models import (
    Activity,
    Authority,
    Course,
    CourseMember,
    CourseText,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
    SourceText,
)
from courses.publishing.models import CatalogueState, Document, Edition, Page, Pin, Version
from courses.skills.models import Framework, FrameworkLabel, Skill, SkillArea, SkillLevel, SkillStatement

__all__ = [
    "Activity",
    "Authority",
    "CatalogueState",
    "Course",
    "CourseMember",
    "CourseText",
    "Document",
    "Edition",
    "Framework",
    "FrameworkLabel",
    "Lesson",
    "LessonSkill",
    "LessonText",
    "Module",
    "ModuleText",
    "Page",
    "Pin",
    "Skill",
    "SkillArea",
    "SkillLevel",
    "SkillStatement",
    "SourceText",
    "Version",
]
