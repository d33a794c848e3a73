"""Reviewers take an appeal, hand it back and decide it. Each of these is one person's act, by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.appeals import effects, rules
from assessments.appeals.involved import involved_in
from assessments.appeals.models import Appeal, AppealDecision, AppealStep, Reviewer
from assessments.appeals.rules import Remedy, RemedyRefused
from assessments.appeals.selectors import appeals_for_update, may_review
from assessments.appeals.services import note_step
from assessments.appeals.subjects import disputed, subject_of
from assessments.attempts.corrections import would_pass
from assessments.attempts.models import AttemptItem
from assessments.attempts.selectors import attempts_for_update
from assessments.errors import (
    AppealClosed,
    AppealTaken,
    InvalidDecision,
    NotReviewer,
    ReviewerInvolved,
    ReviewerUnnamed,
)
from assessments.events import AppealDecided
from common.errors import NotFound
from common.ids import new_id
from events import public as events
from learners import public as learners
from privacy import public as privacy

WHY: Mapping[str, str | Promise] = {
    "reason_missing": _("Say why: the learner reads it."),
    "nothing_decided": _("What is upheld, in part or whole, has to change something."),
    "dismissed_with_remedy": _("A dismissal changes nothing."),
    "not_disputed": _("This is not what the appeal disputes."),
    "not_higher": _("An appeal never ends lower than it began: decide something higher than what stands now."),
    "above_reviewers": _("Such a level is given by assessors, not on appeal."),
    "lower_result": _("To strike this would lower the result of the attempt."),
}


@transaction.atomic
def claim(*, appeal_id: UUID, reviewer_id: UUID, public_name: str = "", now: datetime) -> None:
    """Take an open appeal that nobody reviews; a second call changes nothing.

    Args:
        public_name: what learners are told, for a person who reviews for the first time; a name given before stays.

    Raises:
        NotFound: no such appeal. AppealClosed: it is decided or withdrawn. AppealTaken: somebody else reviews it.
        NotReviewer, ReviewerInvolved, ReviewerUnnamed: this person may not, or not yet.
    """
    row = _open(appeal_id)
    if row.reviewer_id is not None and row.reviewer_id != reviewer_id:
        raise AppealTaken()
    reviewer = _reviewer(row, reviewer_id, public_name)
    if row.reviewer_id is None:
        _name(row, reviewer, AppealStep.What.CLAIMED, actor=reviewer_id, now=now)


@transaction.atomic
def name(*, user_id: UUID, public_name: str, actor: UUID) -> None:
    """Set the name that learners are told of a reviewer; decisions keep the one they were made under."""
    Reviewer.objects.update_or_create(pk=user_id, defaults={"public_name": public_name.strip()})
    privacy.audit(actor=str(actor), action="reviewer.named", subject_kind="reviewer", subject_id=str(user_id))


@transaction.atomic
def assign(*, appeal_id: UUID, reviewer_id: UUID, actor: UUID, now: datetime) -> None:
    """Give an open appeal to a named reviewer, also from another; a second call changes nothing.

    Raises:
        NotFound, AppealClosed: as `claim`. NotReviewer, ReviewerInvolved, ReviewerUnnamed: that person cannot review it.
    """
    row = _open(appeal_id)
    reviewer = _reviewer(row, reviewer_id, "")
    if row.reviewer_id != reviewer_id:
        _name(row, reviewer, AppealStep.What.ASSIGNED, actor=actor, now=now)


@transaction.atomic
def release(*, appeal_id: UUID, reviewer_id: UUID, now: datetime) -> None:
    """Hand an appeal back; a second call changes nothing.

    Raises:
        NotFound, AppealClosed: as `claim`. AppealTaken: somebody else reviews it.
    """
    row = _open(appeal_id)
    if row.reviewer is None:
        return
    if row.reviewer_id != reviewer_id:
        raise AppealTaken()
    name = row.reviewer.public_name
    row.reviewer, row.reviewer_since = None, None
    row.save(update_fields=["reviewer", "reviewer_since"])
    note_step(row, AppealStep.What.RELEASED, actor=str(reviewer_id), now=now, reviewer_name=name)


@transaction.atomic
def decide(*, appeal_id: UUID, reviewer_id: UUID, outcome: str, reason: str, remedy: Remedy, now: datetime) -> UUID:
    """Decide an appeal for good and carry the remedy out; a second call with the same content changes nothing.

    The frozen level is released first: what the learner reached meanwhile counts, and a decision below it is refused.

    Returns:
        The decision's id.

    Raises:
        NotFound: no such appeal. AppealClosed: it was withdrawn, or decided otherwise.
        AppealTaken: this person is not its reviewer. NotReviewer, ReviewerInvolved: not any more.
        InvalidDecision: the remedy does not fit the outcome or the subject, or lowers something.
    """
    row = appeals_for_update().select_related("learner").filter(pk=appeal_id).first()
    if row is None:
        raise NotFound()
    stored = _stored(remedy)
    reason = reason.strip()
    if row.closed_at is not None:
        known = AppealDecision.objects.filter(appeal=row).first()
        given = (reviewer_id, outcome, reason, stored)
        if known is None or (known.decided_by_id, known.outcome, known.reason, known.remedy) != given:
            raise AppealClosed()
        return known.pk
    if row.reviewer is None or row.reviewer_id != reviewer_id:
        raise AppealTaken()
    _reviewer(row, reviewer_id, "")
    if not reason:
        raise InvalidDecision(WHY["reason_missing"], reason="reason_missing", pointer="/reason")
    if row.attempt_id is None:
        # Levels are compared with the current ones; neither evidence nor people change them meanwhile.
        learners.lock_levels([row.learner_id])
    effects.closed(row, now=now)
    _check(row, outcome, remedy)
    decision = AppealDecision.objects.create(
        pk=new_id(),
        appeal=row,
        learner_id=row.learner_id,
        outcome=outcome,
        reason=reason,
        remedy=stored,
        revisions=_revisions(remedy),
        decided_by=row.reviewer,
        reviewer_name=row.reviewer.public_name,
        decided_at=now,
    )
    row.closed_at = now
    row.save(update_fields=["closed_at"])
    effects.apply(row, decision_id=decision.pk, remedy=remedy, reason=reason, actor=reviewer_id, now=now)
    note_step(row, AppealStep.What.DECIDED, actor=str(reviewer_id), now=now, reviewer_name=row.reviewer.public_name)
    events.record(
        AppealDecided(
            learner_id=row.learner_id,
            appeal_id=row.pk,
            subject=row.kind,
            outcome=outcome,
            revisions=tuple(decision.revisions),
        )
    )
    return decision.pk


def _open(appeal_id: UUID) -> Appeal:
    row = appeals_for_update().select_related("learner").filter(pk=appeal_id).first()
    if row is None:
        raise NotFound()
    if row.closed_at is not None:
        raise AppealClosed()
    return row


def _reviewer(row: Appeal, user_id: UUID, public_name: str) -> Reviewer:
    """The person as a reviewer of this appeal, named now if they were not before."""
    if not may_review(user_id, member_state=row.learner.member_state_id):
        raise NotReviewer()
    if user_id in involved_in(row):
        raise ReviewerInvolved()
    known = Reviewer.objects.filter(pk=user_id).first()
    if known is not None:
        return known
    if not public_name.strip():
        raise ReviewerUnnamed()
    # Somebody who claims two appeals at once is named once.
    reviewer, is_new = Reviewer.objects.get_or_create(pk=user_id, defaults={"public_name": public_name.strip()})
    if is_new:
        privacy.audit(actor=str(user_id), action="reviewer.named", subject_kind="reviewer", subject_id=str(user_id))
    return reviewer


def _name(row: Appeal, reviewer: Reviewer, what: AppealStep.What, *, actor: UUID, now: datetime) -> None:
    row.reviewer, row.reviewer_since = reviewer, now
    row.save(update_fields=["reviewer", "reviewer_since"])
    note_step(row, what, actor=str(actor), now=now, reviewer_name=reviewer.public_name)


def _check(row: Appeal, outcome: str, remedy: Remedy) -> None:
    # Scores are compared with the current ones; nobody corrects the attempt meanwhile.
    attempt = attempts_for_update().filter(pk=row.attempt_id).first() if row.attempt_id is not None else None
    if outcome == rules.DISMISSED and not remedy:
        return
    bounds = disputed(learner_id=row.learner_id, subject=subject_of(row)).bounds
    try:
        rules.check(outcome=outcome, remedy=remedy, bounds=bounds)
        if attempt is not None and attempt.passed and remedy.scores and not would_pass(attempt, remedy.scores):
            # The whole may gain by striking an item while its section or skill falls below the smallest share.
            raise RemedyRefused("lower_result")
    except RemedyRefused as refused:
        raise InvalidDecision(WHY[refused.reason], reason=refused.reason, place=refused.place) from refused


def _stored(remedy: Remedy) -> dict[str, Any]:
    return {
        "levels": dict(remedy.levels),
        "scores": {str(item): score for item, score in remedy.scores.items()},
        "new_try": remedy.new_try,
    }


def _revisions(remedy: Remedy) -> list[int]:
    items = AttemptItem.objects.filter(pk__in=list(remedy.scores)).order_by("position")
    return list(items.values_list("revision_id", flat=True))
