"""Reads of attempts. What stands in a view is all that ever leaves the server: no key, difficulty or guess rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import is_late
from assessments.items.shown import shown as members_of_kind
from assessments.quizzes.rules import JudgedItem, Missed, ReviewPolicy, Shown, missed, pass_rule, review_shown
from assessments.quizzes.selectors import blueprint_of
from assessments.quizzes.windows import are_over, read_windows
from common.errors import NotFound


@dataclass(frozen=True)
class Review:
    """What a learner is told of an item once the attempt is graded: whether it was right and why, never the key."""

    response: Any
    score: float
    correct: bool
    feedback: str | None


@dataclass(frozen=True)
class ItemView:
    """An item as the learner sees it, in the attempt's language; options in the order drawn. `review` once graded."""

    id: UUID
    position: int
    kind: str
    prompt: str
    section: int | None
    options: list[dict[str, str]]
    unit: str | None
    extra: dict[str, Any]
    review: Review | None


@dataclass(frozen=True)
class AttemptSummary:
    """An attempt without its items. `state` is live, expired (nobody closed it yet, or it was closed so) or graded.

    Score and outcome are None as long as the quiz's review policy keeps them back.
    """

    id: UUID
    quiz_id: UUID
    edition_id: UUID
    number: int
    mode: str
    language: str
    state: str
    started_at: datetime
    due_at: datetime
    due_time_zone: str
    submitted_at: datetime | None
    score: float | None
    passed: bool | None
    pass_share: float


@dataclass(frozen=True)
class SectionView:
    """A section of the attempt, in the attempt's language; its items name it by `number`."""

    number: int
    title: str


@dataclass(frozen=True)
class MissedView:
    """A part of the pass rule that the attempt missed: `part` is whole, section or skill; said in the active language."""

    part: str
    name: str
    share: float
    needed: float
    explanation: str


@dataclass(frozen=True)
class AttemptView(AttemptSummary):
    """An attempt with its items; `missed` says why it was not passed, once the score may be seen."""

    sections: list[SectionView]
    missed: list[MissedView]
    items: list[ItemView]


def attempts_for_update() -> QuerySet[Attempt]:
    """Attempts locked until the transaction ends, before anything else of them is; their quizzes come along unlocked."""
    return Attempt.objects.select_for_update(no_key=True, of=("self",)).select_related("quiz")


def items_of(attempts: Iterable[Attempt]) -> dict[UUID, list[AttemptItem]]:
    """The items of attempts with their revisions, in order, by attempt; one query."""
    found: dict[UUID, list[AttemptItem]] = {}
    for item in (
        AttemptItem.objects.filter(attempt__in=attempts).select_related("revision").order_by("attempt_id", "position")
    ):
        found.setdefault(item.attempt_id, []).append(item)
    return found


def attempt(*, attempt_id: UUID, learner_id: UUID, now: datetime) -> AttemptView:
    """The learner's own attempt; two queries.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = _readable().filter(pk=attempt_id, learner_id=learner_id).first()
    if row is None:
        raise NotFound()
    return view(row, items_of([row]).get(row.pk, []), now=now)


def attempts(
    *, learner_id: UUID, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> Sequence[AttemptSummary]:
    """A page of the learner's attempts behind `after`, newest first, and one more; one query."""
    found = _readable().filter(learner_id=learner_id).order_by("-started_at", "-id")
    if after is not None:
        instant, identifier = after
        found = found.filter(Q(started_at__lt=instant) | Q(started_at=instant, pk__lt=identifier))
    return [AttemptSummary(**_summary(row, now)) for row in found[: limit + 1]]


def judged(items: Iterable[AttemptItem]) -> list[JudgedItem]:
    """The items as the pass rule sees them."""
    return [JudgedItem(item.score or 0.0, item.section, item.revision.skills) for item in items]


def view(row: Attempt, items: Iterable[AttemptItem], *, now: datetime) -> AttemptView:
    """The attempt as its learner sees it, from rows that are at hand."""
    items, shown = list(items), _shown(row, now)
    sections = [
        SectionView(number, section["titles"].get(row.language) or next(iter(section["titles"].values())))
        for number, section in enumerate(row.quiz.sections, 1)
    ]
    not_passed = row.passed is False and not row.expired and shown != Shown.NOTHING
    misses = missed(pass_rule(blueprint_of(row.quiz)), judged(items)) if not_passed else []
    return AttemptView(
        **_summary(row, now),
        sections=sections,
        missed=[_missed(one, {str(section.number): section.title for section in sections}) for one in misses],
        items=[_item(row, item, shown) for item in items],
    )


def _missed(one: Missed, titles: Mapping[str, str]) -> MissedView:
    name = titles.get(one.name, one.name) if one.part == "section" else one.name
    sentence = {
        "whole": _("You reached %(share)s of the points; %(needed)s are needed."),
        "section": _("In the section “%(name)s” you reached %(share)s of the points; %(needed)s are needed."),
        "skill": _("In the skill %(name)s you reached %(share)s of the points; %(needed)s are needed."),
    }[one.part]
    words = sentence % {"name": name, "share": f"{one.share:.0%}", "needed": f"{one.needed:.0%}"}
    return MissedView(one.part, name, one.share, one.needed, words)


def _readable() -> QuerySet[Attempt]:
    """Attempts with their quizzes, and whether the learner's attempts at the quiz are over."""
    last = Attempt.objects.filter(
        Q(number__gte=OuterRef("quiz__attempt_limit")) | Q(passed=True),
        quiz=OuterRef("quiz"), learner=OuterRef("learner"), submitted_at__isnull=False,
    )  # fmt: skip
    return Attempt.objects.select_related("quiz").annotate(attempts_over=Exists(last))


def _shown(row: Attempt, now: datetime) -> Shown:
    """How much of the attempt its learner may see."""
    if row.submitted_at is None:
        return Shown.NOTHING
    quiz = row.quiz
    by_itself = row.number >= quiz.attempt_limit or bool(row.passed)
    return review_shown(
        ReviewPolicy(quiz.review_what, quiz.review_when),
        windows_over=are_over(read_windows(quiz.windows), now=now),
        attempts_over=by_itself or getattr(row, "attempts_over", False),
    )


def _summary(row: Attempt, now: datetime) -> dict[str, Any]:
    closed = row.submitted_at is not None
    expired = row.expired if closed else is_late(due_at=row.due_at, now=now)
    told = _shown(row, now) != Shown.NOTHING
    return {
        "id": row.pk,
        "quiz_id": row.quiz_id,
        "edition_id": row.quiz.edition_id,
        "number": row.number,
        "mode": row.quiz.mode,
        "language": row.language,
        "state": "expired" if expired else "graded" if closed else "live",
        "started_at": row.started_at,
        "due_at": row.due_at,
        "due_time_zone": "UTC",
        "submitted_at": row.submitted_at,
        "score": row.score if told else None,
        "passed": row.passed if told else None,
        "pass_share": float(row.quiz.pass_share),
    }


def _item(row: Attempt, item: AttemptItem, shown: Shown) -> ItemView:
    text = item.revision.content[row.language]
    by_id = {option["id"]: option["text"] for option in text.get("options", ())}
    review = None
    if shown in (Shown.MARKS, Shown.FEEDBACK) and item.score is not None:
        feedback = text.get("feedback") if shown == Shown.FEEDBACK else None
        review = Review(item.response, item.score, item.score >= 1.0, feedback or None)
    return ItemView(
        id=item.pk,
        position=item.position,
        kind=item.revision.kind,
        prompt=text["prompt"],
        options=[{"id": option, "text": by_id[option]} for option in item.option_order if option in by_id],
        section=item.section or None,
        unit=text.get("unit") or None,
        extra=members_of_kind(item.revision, row.language, item.option_order),
        review=review,
    )
