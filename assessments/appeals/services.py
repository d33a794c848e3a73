"""A learner opens an appeal and may withdraw it; a periodic task notes when one is overdue."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from assessments.appeals import effects, rules
from assessments.appeals.models import Appeal, AppealStep
from assessments.appeals.rules import Subject
from assessments.appeals.selectors import AppealView, appeals_for_update, view
from assessments.appeals.statements import note_overdue_batch
from assessments.appeals.subjects import disputed
from assessments.errors import AppealClosed, AppealIdReused, AppealOpen
from assessments.events import AppealOpened, AppealOverdue
from common.errors import NotFound
from events import public as events
from learners import public as learners
from member_states import public as member_states
from privacy import public as privacy

DUE_RULE = "appeal_due_days"
CLOCK = "assessments.note_overdue_appeals"
BATCH = 200
_log = logging.getLogger("assessments.appeals")


@dataclass(frozen=True)
class Opened:
    """An appeal, and whether this call opened it."""

    appeal: AppealView
    is_new: bool


def open_appeal(
    *, appeal_id: UUID, learner_id: UUID, subject: Subject, grounds: str, language: str | None, now: datetime
) -> Opened:
    """Open an appeal under the client's id; a second call with the same content returns the same appeal.

    No consent is needed: a learner who withdrew it may still have a decision about them reviewed. The time to decide is
    that of the learner's state on this day, and stays so for this appeal.

    Raises:
        NotFound: the learner has no such thing, or the id belongs to somebody else's appeal.
        NothingToAppeal: there is no result yet, no refusal, or nothing that a review could better.
        AppealOpen: an appeal against the same is open.
        AppealIdReused: the id is another appeal of this learner's.
    """
    repeated = _repeated(appeal_id, learner_id, subject, grounds, now)
    if repeated is not None:
        return Opened(repeated, is_new=False)
    learner = learners.learner(learner_id)
    if learner is None:
        raise NotFound()
    try:
        return Opened(_open(appeal_id, learner, subject, grounds, language, now), is_new=True)
    except IntegrityError as error:
        # The same call may have come twice at a time.
        repeated = _repeated(appeal_id, learner_id, subject, grounds, now)
        if repeated is not None:
            return Opened(repeated, is_new=False)
        open_now = Appeal.objects.filter(learner_id=learner_id, subject=subject.key, closed_at=None).first()
        if open_now is None:
            raise
        raise AppealOpen(appeal_id=str(open_now.pk)) from error


def _repeated(appeal_id: UUID, learner_id: UUID, subject: Subject, grounds: str, now: datetime) -> AppealView | None:
    row = Appeal.objects.select_related("reviewer", "decision").filter(pk=appeal_id).first()
    if row is None:
        return None
    if row.learner_id != learner_id:
        raise NotFound()
    if (row.subject, row.grounds) != (subject.key, grounds):
        raise AppealIdReused()
    return view(row, now=now)


@transaction.atomic
def _open(
    appeal_id: UUID, learner: learners.LearnerView, subject: Subject, grounds: str, language: str | None, now: datetime
) -> AppealView:
    found = disputed(learner_id=learner.id, subject=subject)
    rule = member_states.rule(learner.member_state, DUE_RULE)
    zone = member_states.time_zone(learner.member_state)
    row = Appeal.objects.create(
        pk=appeal_id,
        learner_id=learner.id,
        kind=subject.kind,
        subject=subject.key,
        skill=subject.skill,
        attempt_id=subject.attempt_id,
        item_id=subject.item_id,
        level_assessment_id=subject.level_assessment_id,
        achievement=subject.achievement,
        grounds=grounds,
        language=language or (learner.languages[0] if learner.languages else "en"),
        disputed=found.shown,
        opened_at=now,
        due_at=rules.due(opened_at=now, value=rule.value, unit=rule.unit, zone=zone),
        due_time_zone=zone,
        due_rule={
            "value": rule.value,
            "unit": rule.unit,
            "standing": rule.standing,
            "from_default": rule.from_default,
        },
    )
    note_step(row, AppealStep.What.OPENED, actor=str(learner.id), now=now)
    effects.opened(row, now=now)
    events.record(AppealOpened(learner_id=learner.id, appeal_id=row.pk, subject=row.kind, due_at=row.due_at))
    return view(row, now=now)


@transaction.atomic
def withdraw(*, appeal_id: UUID, learner_id: UUID, now: datetime) -> None:
    """Withdraw one's own appeal; a second call changes nothing. What was disputed counts as before.

    Raises:
        NotFound: no such appeal of this learner.
        AppealClosed: it was decided.
    """
    row = appeals_for_update().filter(pk=appeal_id, learner_id=learner_id).first()
    if row is None:
        raise NotFound()
    if row.withdrawn:
        return
    if row.closed_at is not None:
        raise AppealClosed()
    row.closed_at, row.withdrawn = now, True
    row.save(update_fields=["closed_at", "withdrawn"])
    note_step(row, AppealStep.What.WITHDRAWN, actor=str(learner_id), now=now)
    effects.closed(row, now=now)


def note_step(row: Appeal, what: AppealStep.What, *, actor: str, now: datetime, reviewer_name: str = "") -> None:
    """Write what happened to the appeal, for its page and for the audit log, in the caller's transaction."""
    AppealStep.objects.create(
        appeal=row, learner_id=row.learner_id, what=what, actor=actor, reviewer_name=reviewer_name, at=now
    )
    privacy.audit(
        actor=actor, action=f"appeal.{what.value}", subject_kind="appeal", subject_id=str(row.pk), kind=row.kind
    )


def note_overdue(*, now: datetime) -> int:
    """Note and publish, once for each open appeal, that it is past its due date; return how many. Decides nothing."""
    noted = 0
    while True:
        with transaction.atomic():
            found = note_overdue_batch(now=now, actor=CLOCK, limit=BATCH)
            events.record_many(
                [
                    AppealOverdue(learner_id=learner_id, appeal_id=appeal_id, due_at=due_at)
                    for appeal_id, learner_id, due_at in found
                ]
            )
            privacy.audit_many(
                actor=CLOCK,
                action="appeal.overdue",
                subject_kind="appeal",
                subject_ids=[str(appeal_id) for appeal_id, _, _ in found],
            )
        noted += len(found)
        if len(found) < BATCH:
            break
    if noted:
        _log.warning("appeals are overdue", extra={"appeals": noted})
    return noted
