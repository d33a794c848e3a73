"""A bank of items and its quiz, from files; may run again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.errors import InvalidQuiz
from assessments.items.loading import ACTOR, load_items
from assessments.quizzes.rules import BLUEPRINT_FIELDS, Blueprint
from assessments.quizzes.services import put_quiz
from courses import public as courses

_QUIZ_MEMBERS = {"slug", *BLUEPRINT_FIELDS}


@dataclass(frozen=True)
class Loaded:
    """What a run did."""

    quiz_id: UUID
    added: int
    revised: int
    unchanged: int


def load_bank(folder: Path, *, course_id: UUID) -> Loaded:
    """Load `items.toml` into the bank of a course and `quiz.toml` into the course, all or nothing.

    Of the items see `load_items`. The quiz's id follows from the course's id and the slug. It is opened when it is new; later
    runs leave it open or closed as they find it.

    Raises:
        NotFound: there is no such course.
        InvalidItem, InvalidQuiz: the files cannot be loaded; the detail names file, position and issue.
    """
    with (folder / "quiz.toml").open("rb") as file:
        quiz = tomllib.load(file)
    with transaction.atomic():
        items = load_items(folder / "items.toml", course_id=course_id)
        quiz_id = _put_quiz(quiz, course_id=course_id, file=f"{folder.name}/quiz.toml")
    return Loaded(quiz_id, items.added, items.revised, items.unchanged)


def _put_quiz(quiz: Mapping[str, Any], *, course_id: UUID, file: str) -> UUID:
    unknown = sorted(set(quiz) - _QUIZ_MEMBERS)
    missing = sorted({"slug", "titles", "pass_share"} - set(quiz))
    if unknown or missing:
        listed = [f"{name} is not known" for name in unknown] + [f"{name} is missing" for name in missing]
        raise InvalidQuiz(f"{file}: " + "; ".join(listed), faults=listed)
    slug = str(quiz["slug"])
    given = {name: value for name, value in quiz.items() if name != "slug"}
    for name in ("pass_share", "max_exposure"):
        if name in given:
            given[name] = _share(given[name], name, file)
    if isinstance(given.get("windows"), list):
        given["windows"] = [_window(entry) for entry in given["windows"]]
    defaults: dict[str, Any] = {"mode": "assessment", "pools": [], "attempt_limit": 3, "time_limit_s": 3600}
    try:
        return put_quiz(
            quiz_id=courses.activity_id_of(course_id, slug),
            course_id=course_id,
            slug=slug,
            blueprint=Blueprint(**(defaults | given)),
            open_when_new=True,
            actor=ACTOR,
        ).pk
    except InvalidQuiz as error:
        raise InvalidQuiz(f"{file}: {error.detail}", **error.members) from error


def _share(value: Any, name: str, file: str) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise InvalidQuiz(f"{file}: {name} is not a number", faults=[name]) from error


def _window(entry: Any) -> Any:
    """A window with its times as text; TOML's own local date-times are taken too."""
    if not isinstance(entry, Mapping):
        return entry
    return {
        name: value.isoformat(timespec="minutes") if isinstance(value, datetime) else value
        for name, value in entry.items()
    }
