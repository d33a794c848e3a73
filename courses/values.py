"""Courses as other apps see them: values, detached from the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class SkillView:
    code: str
    area: str
    name: str
    min_level: int
    max_level: int
    mappings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FrameworkView:
    """The current framework. thresholds: computed level -> success rate on a reference item (levels 1-3 only)."""

    code: str
    version: str
    thresholds: Mapping[int, float]
    award_rules: Mapping[str, Any]
    skills: Mapping[str, SkillView]
    level_names: Mapping[int, Mapping[str, str]]  # level -> language -> name; "en" always there
    area_names: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class FrameworkScale:
    """What one version of the framework says of computed levels; of all versions, for what was reached under each.

    thresholds: as in `FrameworkView`. ranges: lowest and highest level by skill.
    """

    version: str
    thresholds: Mapping[int, float]
    ranges: Mapping[str, tuple[int, int]]
    award_rules: Mapping[str, Any]


@dataclass(frozen=True)
class StatementView:
    """What a person can do at a level of a skill, and what the level itself asks; in the framework's own language."""

    skill: str
    level: int
    statement: str
    autonomy: str
    context: str
    task: str
    evidence: tuple[str, ...]  # kinds of evidence that the level takes


@dataclass(frozen=True)
class LessonView:
    id: UUID
    position: int  # over the whole edition, from 0
    minutes: int
    skills: tuple[str, ...]
    levels: Mapping[str, int] = field(default_factory=dict)  # skill -> the level that the lesson leads to
    versions: Mapping[str, str] = field(default_factory=dict)  # language -> digest of what its readers see
    number: int = 1  # of the version
    substantial: bool = False  # the version is for those too who did an earlier one


@dataclass(frozen=True)
class QuizView:
    """Where a quiz stands in an edition; what it asks is told by assessments."""

    id: UUID
    slug: str


@dataclass(frozen=True)
class EditionView:
    """What other apps need of an edition; languages are those in which it is offered."""

    id: UUID
    course_id: UUID
    course_slug: str
    number: int
    status: str
    published_at: datetime | None
    default_language: str
    languages: tuple[str, ...]
    requires_assessment: bool
    framework_version: str
    titles: Mapping[str, str]  # by language
    lessons: tuple[LessonView, ...]
    quizzes: tuple[QuizView, ...] = ()


@dataclass(frozen=True)
class CourseView:
    """What a bank of items needs of its course.

    languages: those of its newest published edition, the default one first; before there is one those of its proposal, or
    else its source language.
    """

    id: UUID
    slug: str
    authority: str
    languages: tuple[str, ...]
    second_person_approves_items: bool
