"""Everything other apps may know about courses, as values; and how they are loaded, for config."""

from courses.catalogue.selectors import (
    Seen,
    course,
    course_of_edition,
    edition,
    editions,
    lessons_of_courses,
    offered_editions,
    running_editions,
    versions_since,
)
from courses.content.services import make_owner
from courses.content.team import drafts_of, rights
from courses.content.values import CourseContent
from courses.exchange.identity import activity_id_of
from courses.exchange.loading import load_course
from courses.publishing.contributors import Contributor
from courses.publishing.contributors import install as install_contributors
from courses.publishing.rules import Finding
from courses.publishing.services import NothingChanged, propose, publish, publish_draft, publish_due
from courses.skills.case import item_id as case_item_id
from courses.skills.loading import load_framework
from courses.skills.selectors import framework, framework_scales, statement
from courses.values import (
    CourseView,
    EditionView,
    FrameworkScale,
    FrameworkView,
    LessonView,
    QuizView,
    SkillView,
    StatementView,
)

__all__ = [
    "Contributor",
    "CourseContent",
    "CourseView",
    "EditionView",
    "Finding",
    "FrameworkScale",
    "FrameworkView",
    "LessonView",
    "NothingChanged",
    "QuizView",
    "Seen",
    "SkillView",
    "StatementView",
    "activity_id_of",
    "case_item_id",
    "course",
    "course_of_edition",
    "drafts_of",
    "edition",
    "editions",
    "framework",
    "framework_scales",
    "install_contributors",
    "lessons_of_courses",
    "load_course",
    "load_framework",
    "make_owner",
    "offered_editions",
    "propose",
    "publish",
    "publish_draft",
    "publish_due",
    "rights",
    "running_editions",
    "statement",
    "versions_since",
]
