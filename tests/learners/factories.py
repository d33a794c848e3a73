"""Editions, enrolments and outcomes for the tests of learners."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import structs

from assessments.events import OutcomeCorrected, OutcomeRecorded
from common.ids import new_id
from courses import public as courses
from courses.content.draft import content_of_draft, write_draft
from courses.content.values import LessonContent
from courses.models import Edition
from courses.publishing.services import propose, publish
from events import public as events
from learners.events import CorrectedAnswer, ScoredAnswer
from learners.models import Enrolment, EnrolmentEdition, Learner
from privacy.models import ConsentRecord
from tests.courses.factories import lessons_of, make_content, make_course
from tests.factories import signed_in

_numbers = itertools.count(1)
ENROLLED_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def make_edition(
    *levels: dict[str, int], lessons: int = 3, requires_assessment: bool = True, status: str = "published"
) -> Edition:
    """An edition in English and Japanese with one module, published at ENROLLED_AT.

    levels: what each lesson teaches; without them there are `lessons`, of the first skill.
    """
    content = make_content(
        languages=("en", "ja"),
        lessons=len(levels) or lessons,
        requires_assessment=requires_assessment,
        skills=levels,
        titles={"en": "AI at work", "ja": "仕事でのAI"},
        slug=f"learners-course-{next(_numbers)}",
    )
    course = make_course(content)
    edition_id = propose(course_id=course.pk, actor="a trainer")
    if status != "proposed":
        # Past the service: as if it had been published then.
        Edition.objects.filter(pk=edition_id).update(status="published", published_at=ENROLLED_AT)
        if status == "retired":
            Edition.objects.filter(pk=edition_id).update(status=status)
    return Edition.objects.get(pk=edition_id)


def make_later_edition(
    edition: Edition,
    *new: dict[str, int],
    changed: Sequence[UUID] = (),
    substantial: Sequence[UUID] = (),
    gone: Sequence[UUID] = (),
    levels: dict[str, int] | None = None,
    languages: Sequence[str] | None = None,
    requires_assessment: bool | None = None,
    published: bool = True,
) -> Edition:
    """The next edition of the course, from its draft.

    new: what each lesson teaches that is added. changed: lessons with other words, in English. levels: what every lesson that
    was there teaches from now on.
    """
    content = content_of_draft(edition.course_id)
    (module,) = content.modules
    kept = []
    for lesson in module.activities:
        assert isinstance(lesson, LessonContent)
        if lesson.id in gone:
            continue
        if lesson.id in changed:
            english = replace(lesson.texts["en"], body=lesson.texts["en"].body + ".")
            lesson = replace(lesson, texts={**lesson.texts, "en": english})
        kept.append(replace(lesson, skills=levels) if levels else lesson)
    words = kept[0].texts if kept else module.activities[0].texts  # type: ignore[union-attr]
    added = [
        LessonContent(id=new_id(), slug=f"new-{next(_numbers)}", minutes=5, skills=taught, texts=words)
        for taught in new
    ]
    write_draft(
        replace(
            content,
            modules=(replace(module, activities=(*kept, *added)),),
            languages=tuple(languages or content.languages),
            requires_assessment=(content.requires_assessment if requires_assessment is None else requires_assessment),
        )
    )
    following = propose(course_id=edition.course_id, actor="a trainer", substantial=frozenset(substantial))
    if published:
        publish(edition_id=following, actor="a trainer")
        edition.refresh_from_db()
    return Edition.objects.get(pk=following)


def lesson_ids(edition: Edition) -> list[UUID]:
    return lessons_of(edition)


def make_enrolment(learner: Learner, edition: Edition, **given: Any) -> Enrolment:
    """An enrolment as enrolling leaves it: with the consent that it needs."""
    if not ConsentRecord.objects.filter(user=learner.user, purpose_id="learning_records").exists():
        give_consent(learner)
    enrolment = Enrolment.objects.create(learner=learner, edition=edition, enrolled_at=ENROLLED_AT, **given)
    EnrolmentEdition.objects.create(enrolment=enrolment, edition=edition, since=ENROLLED_AT, by=learner.pk)
    return enrolment


def give_consent(learner: Learner, purpose: str = "learning_records", *, given: bool = True) -> None:
    ConsentRecord.objects.create(user=learner.user, purpose_id=purpose, given=given, text_version=1, text_language="en")


@dataclass(frozen=True)
class Answered:
    """An answer, and what its outcome says of all answers (`answered_at`, `language`, `corrected_at` …)."""

    answer: ScoredAnswer
    shared: dict[str, Any]

    @property
    def id(self) -> UUID:
        return self.answer.id

    def but(self, **changed: Any) -> Answered:
        """The same with other members; with `corrects` it becomes the correction of an answer."""
        return _answered({**structs.asdict(self.answer), **self.shared, **changed})


def _answered(members: dict[str, Any]) -> Answered:
    ids = {name: UUID(str(members[name])) for name in ("id", "item_id", "corrects") if name in members}
    members = {**members, **ids, "skills": tuple(members["skills"])}
    form = CorrectedAnswer if "corrects" in members else ScoredAnswer
    own = {name: members.pop(name) for name in form.__struct_fields__}
    return Answered(form(**own), members)


def an_answer(
    *,
    skills: Sequence[str] = ("AIS-A1",),
    score: float = 1.0,
    level: int = 1,
    at: datetime = ENROLLED_AT,
    difficulty: float = 0.0,
    guess: float = 0.25,
    **given: Any,
) -> Answered:
    return _answered(
        {
            "id": new_id(),
            "item_id": new_id(),
            "item_revision": 1,
            "skills": skills,
            "level": level,
            "score": score,
            "voided": False,
            "guess": guess,
            "difficulty": difficulty,
            "seen_before": False,
            "supervised": False,
            "language": "ja",
            "answered_at": at,
            "lapsed": False,
            "framework_version": "0.1.0-draft",
            "rule_version": "score-1",
            **given,
        }
    )


def an_outcome(
    learner_id: UUID,
    answers: Sequence[Answered] = (),
    *,
    edition_id: UUID | None = None,
    passed: bool = True,
    mode: str = "assessment",
    at: datetime = ENROLLED_AT + timedelta(hours=1),
) -> OutcomeRecorded | OutcomeCorrected:
    """An attempt with these answers, which share all that an outcome says once; or its correction, if they are."""
    shared = (answers[0] if answers else an_answer()).shared
    assert all(answered.shared == shared for answered in answers), "answers of several outcomes"
    members: dict[str, Any] = {
        "learner_id": learner_id,
        "edition_id": edition_id or new_id(),
        "quiz_id": new_id(),
        "attempt_id": new_id(),
        "mode": mode,
        "passed": passed,
        "score": 1.0,
        "submitted_at": at,
        "answers": tuple(answered.answer for answered in answers),
        **shared,
    }
    return OutcomeCorrected(**members) if "corrected_at" in shared else OutcomeRecorded(**members, skills=())


def outcomes(
    learner_id: UUID, answers: Iterable[Answered], *, mode: str = "assessment"
) -> list[OutcomeRecorded | OutcomeCorrected]:
    """Attempts with these answers, in order, as few as may be."""
    alike = itertools.groupby(answers, key=lambda answered: answered.shared)
    return [an_outcome(learner_id, list(group), mode=mode) for _, group in alike]


def record_outcomes(*recorded: OutcomeRecorded | OutcomeCorrected) -> None:
    """As assessments do it: an event each, in a transaction."""
    from django.db import transaction

    with transaction.atomic():
        for _, group in itertools.groupby(recorded, key=type):
            events.record_many(list(group))


def recorded(kind: str) -> list[dict[str, Any]]:
    """Payloads of the events of a kind, in order."""
    from events.models import Event

    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("payload", flat=True))


def learned(learner: Learner, *, enrolments: int, skills: int) -> None:
    """Enrolments with progress, and evidence on as many skills of the framework."""
    client = signed_in(learner.user)
    for _ in range(enrolments):
        edition = make_edition(lessons=3)
        enrolment = make_enrolment(learner, edition)
        first = lesson_ids(edition)[0]
        client.put(
            f"/api/v1/me/enrolments/{enrolment.pk}/progress",
            {"lessons": [{"lesson_id": str(first), "furthest": 100, "done_at": "2026-03-02T10:00:00Z"}]},
        )
    codes = sorted(courses.framework().skills)[:skills]
    answers = [an_answer(skills=[code], guess=0.0) for code in codes for _ in range(3)]
    record_outcomes(an_outcome(learner.pk, answers))
    events.drain("mastery")
