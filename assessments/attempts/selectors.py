"""Reads of attempts. Only what is in a view leaves the server: no key, difficulty or guess rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.attempts.rules import is_late
from assessments.errors import SavedAnswer
from assessments.items import frozen
from assessments.items.models import ItemRevision
from assessments.items.shown import shown as members_of_kind
from assessments.quizzes.rules import (
    JudgedItem,
    Missed,
    MissedPart,
    QuizMode,
    ReviewDetail,
    ReviewPolicy,
    missed,
    pass_rule,
    review_shown,
)
from assessments.quizzes.windows import are_over, read_windows
from common.errors import NotFound
from common.queries import Given, IsAmong, KeptQuery
from common.schemas import Keywords
from privacy import public as privacy


@KeptQuery
def _attempt(to_submit: bool) -> QuerySet[Attempt]:
    """One attempt as its learner reads it; to be submitted, also whether the learner consents to its being recorded."""
    found = _readable().filter(pk=Given("attempt", UUIDField()), learner_id=Given("learner", UUIDField()))
    if to_submit:
        found = found.annotate(consents=privacy.consents(user="learner_id", purpose=privacy.LEARNING_RECORDS))
    # What the drawing needed, and no reader.
    return found.defer("selection")


@KeptQuery
def _items(is_of_one: bool) -> QuerySet[AttemptItem, tuple[Any, ...]]:
    """Items of attempts in order. Of one attempt apart: an array's length would have the server plan at each call anew."""
    attempts = Given("attempts", ArrayField(UUIDField()))
    among = Q(attempt_id=Given("attempt", UUIDField())) if is_of_one else Q(IsAmong(F("attempt_id"), attempts))
    return (
        AttemptItem.objects.filter(among)
        .order_by("attempt_id", "position")
        .values_list(
            "attempt_id",
            "revision_id",
            "id",
            "position",
            "section",
            "option_order",
            "response",
            "score",
            "seconds",
            "seen_before",
            "saved_sequence",
        )
    )


@dataclass(slots=True)
class Question:
    """A drawn item of an attempt as its row has it, in memory, with its revision in the attempt's language.

    `response` is what is saved as long as the attempt is live. Grading changes `response`, `score` and `seconds`, and
    writes them (`attempts.statements`).
    """

    revision: ItemRevision
    id: UUID
    position: int
    section: int
    option_order: list[str]
    response: Any
    score: float | None
    seconds: float | None
    seen_before: bool
    saved_sequence: int | None


class OptionView(TypedDict):
    """An option of an item, in the attempt's language."""

    id: str
    text: str


@dataclass
class AnswerView:
    """A learner's own answer to an item, as it stands: saved while the attempt is live, handed in afterwards."""

    response: Any
    sequence: Annotated[
        int | None,
        Keywords("your number of the answer that was saved last; null: it was handed in without being saved"),
    ]


@dataclass
class ReviewView:
    """What a learner is told of an item once the attempt is graded: whether it was right and why, never the key."""

    response: Any
    score: Annotated[float | None, Keywords("0 to 1; null: the item was struck and does not count")]
    correct: Annotated[bool | None, Keywords("null: the item was struck and does not count")]
    feedback: str | None


@dataclass
class AttemptItemView:
    """An item as the learner sees it, in the attempt's language."""

    id: UUID
    position: int
    kind: str
    prompt: str
    section: Annotated[int | None, Keywords("number of its section; null: there are none")]
    options: Annotated[list[OptionView], Keywords("in the order to show them")]
    unit: str | None
    extra: Annotated[Mapping[str, object], Keywords("What only this kind has.")]
    answer: Annotated[
        AnswerView | None,
        Keywords("your own answer: saved while the attempt is live, handed in afterwards; null: there is none"),
    ]
    review: Annotated[
        ReviewView | None, Keywords("null until the attempt is graded, and as long as the quiz keeps it back")
    ]


# Expired: nobody closed it yet, or it was closed so. Marking: people mark some answers.
AttemptState = Literal["live", "expired", "marking", "graded"]


@dataclass
class AttemptSummary:
    """An attempt without its items."""

    id: UUID
    quiz_id: UUID
    edition_id: UUID
    number: int
    mode: QuizMode
    language: str
    state: AttemptState
    started_at: datetime
    due_at: datetime
    due_time_zone: str
    submitted_at: datetime | None
    closed_by_clock: Annotated[
        bool, Keywords("nobody handed it in before the time was over: what had been saved was graded")
    ]
    score: Annotated[
        float | None, Keywords("mean of the items' scores, 0 to 1; null as long as the quiz keeps it back")
    ]
    passed: Annotated[bool | None, Keywords("null as long as the quiz keeps it back")]
    pass_share: float


@dataclass
class SectionView:
    """A section of the attempt, in the attempt's language; its items name it by `number`."""

    number: Annotated[int, Keywords(minimum=1)]
    title: str


@dataclass
class MissedView:
    """A part of the pass rule that the attempt missed, said in the active language."""

    part: MissedPart
    name: Annotated[str, Keywords("the section's title or the skill's code")]
    share: Annotated[float, Keywords("reached, 0 to 1")]
    needed: float
    explanation: str


@dataclass
class AttemptView(AttemptSummary):
    """An attempt with its items."""

    sections: Annotated[list[SectionView], Keywords("in order; empty when the quiz has none")]
    missed: Annotated[list[MissedView], Keywords("why the attempt was not passed, once the score may be seen")]
    items: list[AttemptItemView]


def attempts_for_update() -> QuerySet[Attempt]:
    """Attempts locked until the transaction ends, before anything else of them is; quizzes and versions come along unlocked."""
    return Attempt.objects.select_for_update(no_key=True, of=("self",)).select_related("quiz", "quiz_version")


def attempt_to_submit(*, attempt_id: UUID, learner_id: UUID) -> tuple[Attempt, list[Question], bool]:
    """The learner's own attempt, its questions, and whether the learner consents to its being recorded.

    Nothing is locked: the caller must make sure, when writing, that the attempt is still live and that no other answer was
    saved meanwhile (`statements.writing`). Two queries, and one more for questions that the process does not know yet.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row, items = _own(attempt_id, learner_id, to_submit=True)
    return row, items, row.consents  # type: ignore[attr-defined]


def questions_of(attempts: Sequence[Attempt]) -> dict[UUID, list[Question]]:
    """The questions of attempts, in order, by attempt: at most two queries."""
    if len(attempts) == 1:
        rows = _items(True, attempt=attempts[0].pk)
    else:
        rows = _items(False, attempts=[attempt.pk for attempt in attempts])
    languages = {attempt.pk: attempt.language for attempt in attempts}
    shown = frozen.revisions({(revision, languages[attempt]) for attempt, revision, *_ in rows})
    questions: dict[UUID, list[Question]] = {attempt: [] for attempt in languages}
    for attempt, revision, *columns in rows:
        questions[attempt].append(Question(shown[revision, languages[attempt]], *columns))
    return questions


def saved_answers(items: Iterable[Question]) -> list[SavedAnswer]:
    """Which answers of an attempt stand, in the order of its items; those left open and never saved are not listed."""
    return [
        {"item": item.id, "sequence": item.saved_sequence}
        for item in items
        if item.response is not None or item.saved_sequence is not None
    ]


def _own(attempt_id: UUID, learner_id: UUID, *, to_submit: bool = False) -> tuple[Attempt, list[Question]]:
    row = _attempt.first(to_submit, attempt=attempt_id, learner=learner_id)
    if row is None:
        raise NotFound()
    return row, questions_of([row])[row.pk]


def attempt(*, attempt_id: UUID, learner_id: UUID, now: datetime) -> AttemptView:
    """The learner's own attempt; at most three queries.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row, items = _own(attempt_id, learner_id)
    return view(row, items, now=now)


def attempts(
    *, learner_id: UUID, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> Sequence[AttemptSummary]:
    """At most `limit` of the learner's attempts behind `after`, newest first; one query."""
    found = _readable().filter(learner_id=learner_id).order_by("-started_at", "-id")
    if after is not None:
        instant, identifier = after
        found = found.filter(Q(started_at__lt=instant) | Q(started_at=instant, pk__lt=identifier))
    return [_summary(row, now) for row in found[:limit]]


def judged(items: Iterable[Question | AttemptItem]) -> list[JudgedItem]:
    """The items as the pass rule takes them; voided ones are left out."""
    return [JudgedItem(item.score, item.section, item.revision.skills) for item in items if item.score is not None]


def view(row: Attempt, items: Iterable[Question | AttemptItem], *, now: datetime) -> AttemptView:
    """The attempt as its learner sees it, from rows that are at hand."""
    items, shown = list(items), _shown(row, now)
    sections = [
        SectionView(number, section["titles"].get(row.language) or next(iter(section["titles"].values())))
        for number, section in enumerate(row.blueprint.sections, 1)
    ]
    not_passed = row.passed is False and not row.expired and shown != ReviewDetail.NOTHING
    misses = missed(pass_rule(row.blueprint), judged(items)) if not_passed else []
    return AttemptView(
        **vars(_summary(row, now)),
        sections=sections,
        missed=[_missed(miss, {str(section.number): section.title for section in sections}) for miss in misses],
        items=[_item(row, item, shown) for item in items],
    )


def _missed(question: Missed, titles: Mapping[str, str]) -> MissedView:
    name = titles.get(question.name, question.name) if question.part == "section" else question.name
    sentence = {
        "whole": _("You reached %(share)s of the points; %(needed)s are needed."),
        "section": _("In the section “%(name)s” you reached %(share)s of the points; %(needed)s are needed."),
        "skill": _("In the skill %(name)s you reached %(share)s of the points; %(needed)s are needed."),
    }[question.part]
    words = sentence % {"name": name, "share": f"{question.share:.0%}", "needed": f"{question.needed:.0%}"}
    return MissedView(question.part, name, question.share, question.needed, words)


def _readable() -> QuerySet[Attempt]:
    """Attempts with quizzes and versions, the tries granted beside the limit, and whether the learner's attempts are over."""
    granted = AttemptAllowance.objects.filter(quiz=OuterRef("quiz"), learner=OuterRef("learner")).values("granted")
    last = Attempt.objects.filter(
        Q(number__gte=OuterRef("limit") + OuterRef("granted")) | Q(passed=True),
        quiz=OuterRef("quiz"),
        learner=OuterRef("learner"),
        submitted_at__isnull=False,
    )
    readable = Attempt.objects.select_related("quiz", "quiz_version").annotate(
        granted=Coalesce(Subquery(granted), 0),
        limit=Cast(KeyTextTransform("attempt_limit", "quiz_version__blueprint"), IntegerField()),
    )
    # Of the quiz's row, only what is operation, and where it belongs.
    readable = readable.only(
        *(field.attname for field in Attempt._meta.concrete_fields),
        "quiz__windows",
        "quiz_version__blueprint",
    )
    return readable.annotate(attempts_over=Exists(last))


def _shown(row: Attempt, now: datetime) -> ReviewDetail:
    """How much of the attempt its learner may see."""
    if row.score is None:
        return ReviewDetail.NOTHING
    blueprint = row.blueprint
    by_itself = row.number >= blueprint.attempt_limit + getattr(row, "granted", 0) or bool(row.passed)
    return review_shown(
        ReviewPolicy(blueprint.review_what, blueprint.review_when),
        windows_over=are_over(read_windows(row.quiz.windows), now=now),
        attempts_over=by_itself or getattr(row, "attempts_over", False),
    )


def _summary(row: Attempt, now: datetime) -> AttemptSummary:
    is_shown = _shown(row, now) != ReviewDetail.NOTHING
    return AttemptSummary(
        id=row.pk,
        quiz_id=row.quiz_id,
        edition_id=row.edition_id,
        number=row.number,
        mode=row.blueprint.mode,
        language=row.language,
        state=_state(row, now),
        started_at=row.started_at,
        due_at=row.due_at,
        due_time_zone="UTC",
        submitted_at=row.submitted_at,
        closed_by_clock=row.closed_by_clock,
        score=row.score if is_shown else None,
        passed=row.passed if is_shown else None,
        pass_share=float(row.blueprint.pass_share),
    )


def _state(row: Attempt, now: datetime) -> AttemptState:
    if row.submitted_at is None:
        return "expired" if is_late(due_at=row.due_at, now=now) else "live"
    if row.score is None:
        return "marking"
    return "expired" if row.expired else "graded"


def _item(row: Attempt, item: Question | AttemptItem, shown: ReviewDetail) -> AttemptItemView:
    text = item.revision.content[row.language]
    options = _options(item.revision, row.language)
    review = None
    if shown in (ReviewDetail.MARKS, ReviewDetail.FEEDBACK):
        feedback = text.get("feedback") if shown == ReviewDetail.FEEDBACK else None
        correct = None if item.score is None else item.score >= 1.0
        review = ReviewView(item.response, item.score, correct, feedback or None)
    return AttemptItemView(
        id=item.id,
        position=item.position,
        kind=item.revision.kind,
        prompt=text["prompt"],
        options=[options[option] for option in item.option_order if option in options],
        section=item.section or None,
        unit=text.get("unit") or None,
        extra=members_of_kind(item.revision, row.language, item.option_order),
        answer=_answer(item),
        review=review,
    )


def _answer(item: Question | AttemptItem) -> AnswerView | None:
    if item.response is None and item.saved_sequence is None:
        return None
    return AnswerView(item.response, item.saved_sequence)


def _options(revision: ItemRevision, language: str) -> Mapping[str, OptionView]:
    """What a learner sees of each option, by id; remembered with the revision, which most attempts share."""
    by_language: dict[str, dict[str, OptionView]] = vars(revision).setdefault("_options_shown", {})
    options = by_language.get(language)
    if options is None:
        options = by_language[language] = {
            option["id"]: {"id": option["id"], "text": option["text"]}
            for option in revision.content[language].get("options", ())
        }
    return options
