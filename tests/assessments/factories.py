"""Editions, banks and quizzes as rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from assessments.quizzes.models import Quiz, QuizVersion
from assessments.quizzes.selectors import blueprint_of
from assessments.quizzes.services import pin
from common import clock
from common.ids import new_id
from courses.models import Course, CourseMember, Edition
from learners.models import Enrolment, Learner
from privacy.models import ConsentRecord
from tests.courses.factories import make_proposed, make_published

_numbers = itertools.count(1)

# Each secret has a mark of its own, so that a leak is found by searching for it.
FEEDBACK = "FEEDBACK-MARK"


def make_edition(*, languages: Sequence[str] = ("en", "ja", "th"), published: bool = True) -> Edition:
    """An edition of a course of its own with a module and a lesson."""
    return (make_published if published else make_proposed)(languages=languages)


def join_teams(user: Any, *, role: str) -> None:
    """Make somebody a member of the team of every course that there is."""
    language = "en" if role in ("translator", "reviewer") else None
    CourseMember.objects.bulk_create(
        (CourseMember(course=course, user=user, role=role, language=language) for course in Course.objects.all()),
        ignore_conflicts=True,
    )


def text(language: str, *, options: Sequence[str] = ("a", "b", "c", "d"), unit: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"prompt": f"Prompt {language}", "feedback": f"{FEEDBACK} {language}"}
    if options:
        entry["options"] = [{"id": option, "text": f"Option {option} {language}"} for option in options]
    if unit:
        entry["unit"] = unit
    return entry


BY_KIND: dict[str, dict[str, Any]] = {
    "single": {"key": {"correct": "b"}, "guess": 0.25},
    "multiple": {"key": {"correct": ["a", "c"]}, "guess": 0.07},
    "numeric": {"key": {"value": 42, "tolerance": 0.5}, "guess": 0.0},
    "ordering": {"key": {"order": ["c", "a", "d", "b"]}, "guess": 0.042},
}
RIGHT: dict[str, Any] = {"single": "b", "multiple": ["c", "a"], "numeric": "42.4", "ordering": ["c", "a", "d", "b"]}
WRONG: dict[str, Any] = {"single": "a", "multiple": ["a"], "numeric": 43, "ordering": ["a", "b", "c", "d"]}


def make_bank(
    edition: Edition,
    *,
    each: int = 6,
    skills: Sequence[str] = ("AIS-A1", "AIS-B1"),
    kinds: Sequence[str] = tuple(BY_KIND),
) -> list[ItemRevision]:
    """`each` approved items per skill, the kinds and the levels 1 and 2 in turn."""
    items, revisions = [], []
    bank = bank_of_course(edition.course_id)
    for skill in skills:
        for number in range(each):
            kind = kinds[number % len(kinds)]
            item = Item(pk=new_id(), bank=bank, code=f"{skill.lower()}-{number}")
            options = () if kind == "numeric" else ("a", "b", "c", "d")
            items.append(item)
            revisions.append(
                ItemRevision(
                    item=item,
                    kind=kind,
                    content={language: text(language, options=options) for language in edition.languages},
                    skills=[skill],
                    level=1 + number % 2,
                    difficulty=("easy", "medium", "hard")[number % 3],
                    approved_at=clock.now(),
                    **BY_KIND[kind],
                )
            )
    Item.objects.bulk_create(items)
    return ItemRevision.objects.bulk_create(revisions)


def make_quiz(edition: Edition, **given: Any) -> Quiz:
    values: dict[str, Any] = {
        "slug": f"quiz-{next(_numbers)}",
        "titles": {language: f"Quiz {language}" for language in edition.languages},
        "pools": [{"skill": "AIS-A1", "count": 4}, {"skill": "AIS-B1", "count": 4}],
        "attempt_limit": 3,
        "time_limit_s": 600,
        "pass_share": Decimal("0.6"),
        "open": True,
    }
    quiz = Quiz.objects.create(course_id=edition.course_id, **(values | given))
    if quiz.open:
        version_of(quiz, edition)
    return quiz


def edition_of(quiz: Quiz) -> Edition:
    """The newest edition of the quiz's course."""
    return Edition.objects.filter(course=quiz.course_id).latest("number")


def version_of(quiz: Quiz, edition: Edition | None = None) -> QuizVersion:
    """The version that offers the quiz as its row is by now, whether or not the bank can fill it."""
    stored = Quiz.objects.get(pk=quiz.pk)
    pinned = edition or edition_of(quiz)
    return pin(stored, blueprint_of(stored), edition_id=pinned.pk, actor="factory").version


def consent(learner: Learner, *, given: bool = True) -> None:
    ConsentRecord.objects.create(
        user_id=learner.pk, purpose_id="learning_records", given=given, text_version=1, text_language="en"
    )


def enrol(learner: Learner, edition: Edition) -> Enrolment:
    consent(learner)
    return Enrolment.objects.create(learner=learner, edition=edition, enrolled_at=clock.now())


def answers(shown: dict[str, Any], by_kind: dict[str, Any] = RIGHT) -> dict[str, Any]:
    """A submission that answers every item of an attempt as shown."""
    return {"answers": [{"item": item["id"], "response": by_kind[item["kind"]]} for item in shown["items"]]}


def path(attempt_id: UUID | str, tail: str = "") -> str:
    return f"/api/v1/me/attempts/{attempt_id}{tail}"
