"""Taking works on, marking them, and handing the final marks to grading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessments.attempts import grading
from assessments.attempts.models import AttemptItem
from assessments.errors import AlreadyMarked, InvalidMark, NotClaimed, OwnWork, TaskTaken
from assessments.events import MarkingNeeded
from assessments.items.kinds.rubric import Rubric
from assessments.marking import rules
from assessments.marking.models import Claim, Mark, MarkingTask
from common.errors import NotFound
from common.ids import public_code
from events.public import Recorded
from privacy import public as privacy

MAX_COMMENT_LENGTH = 2000


@transaction.atomic
def open_tasks(recorded: Sequence[Recorded[MarkingNeeded]]) -> None:
    """Consumer: answers that people must mark are put in the queue, once each; two statements for any number.

    Answers that are gone with their learner are ignored.
    """
    opened_at = {item: entry.occurred_at for entry in recorded for item in entry.event.attempt_items}
    languages = AttemptItem.objects.filter(pk__in=opened_at).values_list("pk", "attempt__language")
    MarkingTask.objects.bulk_create(
        (
            MarkingTask(attempt_item_id=item, code=_code(), language=language, opened_at=opened_at[item])
            for item, language in languages
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def claim(*, task_id: UUID, marker_id: UUID, now: datetime) -> Claim:
    """Take a work on for two hours; a second call begins them anew.

    Raises:
        NotFound: there is no such work.
        OwnWork, AlreadyMarked: this person cannot mark it.
        TaskTaken: it has its marks, or as many others are at it as it needs.
    """
    task = MarkingTask.objects.select_for_update(no_key=True).filter(pk=task_id).first()
    if task is None:
        raise NotFound()
    _require_may_mark(task, marker_id)
    _require_seat(task, marker_id, now)
    taken, _ = Claim.objects.update_or_create(
        task=task, marker_id=marker_id, defaults={"expires_at": now + rules.CLAIM}
    )
    privacy.audit(actor=str(marker_id), action="marking.claimed", subject_kind="marking_task", subject_id=str(task.pk))
    return taken


@transaction.atomic
def release(*, task_id: UUID, marker_id: UUID) -> None:
    """Put a work back into the queue; a second call changes nothing."""
    deleted, _ = Claim.objects.filter(task_id=task_id, marker_id=marker_id).delete()
    if deleted:
        privacy.audit(
            actor=str(marker_id), action="marking.released", subject_kind="marking_task", subject_id=str(task_id)
        )


@transaction.atomic
def give_mark(
    *,
    mark_id: UUID,
    task_id: UUID,
    marker_id: UUID,
    points: Mapping[str, int],
    comments: Mapping[str, str],
    reason: str,
    now: datetime,
) -> Mark:
    """Mark a work that was taken on, once; a repeat with the same id returns the mark as it is.

    With the last mark that an attempt needs, the attempt is graded, in the same transaction. A claim that has run out
    still holds while nobody else has taken the work.

    Args:
        points: one of the levels of each of the rubric's criteria.
        comments: by criterion, what the marker has to say; empty ones are left out.
        reason: what the marker says about the whole; shown to the learner.

    Raises:
        NotFound: there is no such work.
        OwnWork, AlreadyMarked, NotClaimed, TaskTaken: this person cannot mark it now.
        InvalidMark: the points are not the rubric's, or the reason is missing or too long.
    """
    task = _locked(task_id)
    known = Mark.objects.filter(pk=mark_id).first()
    if known is not None:
        if known.task_id != task_id or known.marker_id != marker_id:
            raise AlreadyMarked()
        return known
    _require_may_mark(task, marker_id)
    if not task.claims.filter(marker_id=marker_id).exists():
        raise NotClaimed()
    _require_seat(task, marker_id, now)
    rubric = Rubric.of(task.attempt_item.revision.key)
    given_comments = {criterion: text.strip() for criterion, text in comments.items() if text.strip()}
    try:
        share = rubric.share(points)
    except ValueError as error:
        raise InvalidMark(str(error), pointer="/points") from error
    if not set(given_comments) <= set(points) or any(
        len(text) > MAX_COMMENT_LENGTH for text in given_comments.values()
    ):
        raise InvalidMark(pointer="/comments")
    if not reason.strip() or len(reason) > MAX_COMMENT_LENGTH:
        raise InvalidMark(pointer="/reason")
    given = list(task.marks.order_by("number"))
    new = Mark.objects.create(
        pk=mark_id,
        task=task,
        learner_id=task.attempt_item.attempt.learner_id,
        marker_id=marker_id,
        number=len(given) + 1,
        points=dict(points),
        comments=given_comments,
        reason=reason.strip(),
        score=float(share),
        given_at=now,
    )
    Claim.objects.filter(task=task, marker_id=marker_id).delete()
    privacy.audit(
        actor=str(marker_id),
        action="marking.marked",
        subject_kind="marking_task",
        subject_id=str(task.pk),
        number=new.number,
    )
    final = rules.final([rubric.share(mark.points) for mark in (*given, new)], rubric.tolerance)
    if final is not None:
        task.final, task.closed_at = float(final), now
        task.save(update_fields=["final", "closed_at"])
        _settle(task, now=now, actor=str(marker_id))
    return new


def _code() -> str:
    return f"{public_code()[:8]}".upper()


def _locked(task_id: UUID) -> MarkingTask:
    """Lock all works of the task's attempt, in one order, and return this one.

    Two markers who finish two works of an attempt at the same time would each find the other's unfinished.
    """
    works = MarkingTask.objects.filter(pk=task_id).values("attempt_item__attempt")
    locked = (
        MarkingTask.objects.select_for_update(no_key=True, of=("self",))
        .select_related("attempt_item__revision", "attempt_item__attempt")
        .filter(attempt_item__attempt__in=works)
        .order_by("pk")
    )
    for task in locked:
        if task.pk == task_id:
            return task
    raise NotFound()


def _require_may_mark(task: MarkingTask, marker_id: UUID) -> None:
    if task.attempt_item.attempt.learner_id == marker_id:
        raise OwnWork()
    if task.marks.filter(marker_id=marker_id).exists():
        raise AlreadyMarked()


def _require_seat(task: MarkingTask, marker_id: UUID, now: datetime) -> None:
    if task.final is not None:
        raise TaskTaken()
    others = task.claims.filter(expires_at__gt=now).exclude(marker_id=marker_id).count()
    if others >= rules.seats(task.marks.count()):
        raise TaskTaken()


def _settle(task: MarkingTask, *, now: datetime, actor: str) -> None:
    works = dict(
        MarkingTask.objects.filter(attempt_item__attempt=task.attempt_item.attempt_id).values_list(
            "attempt_item_id", "final"
        )
    )
    finals = {item: final for item, final in works.items() if final is not None}
    if len(finals) == len(works):
        grading.settle(attempt_id=task.attempt_item.attempt_id, marks=finals, now=now, actor=actor)
