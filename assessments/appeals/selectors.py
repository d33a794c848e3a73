"""Reads of appeals: the learner's own, the reviewers' queue, and what the fairness monitor asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.public import REVIEWER
from assessments.appeals import rules
from assessments.appeals.involved import involved_in
from assessments.appeals.models import Appeal, AppealDecision, Reviewer
from common.errors import NotFound
from common.schemas import Keywords


@dataclass(frozen=True)
class SubjectView:
    """What an appeal disputes; members that its kind does not need are None."""

    kind: rules.AppealKind
    skill: str | None
    attempt_id: UUID | None
    item_id: UUID | None
    level_assessment_id: UUID | None
    achievement: str | None


@dataclass(frozen=True)
class AppealDecisionView:
    """What was decided, and what followed."""

    outcome: rules.AppealOutcome
    reason: Annotated[str, Keywords("the reviewer's own words")]
    decided_at: datetime
    reviewer: Annotated[str, Keywords("name of the person who decided")]
    levels: Annotated[Mapping[str, int], Keywords("levels decided, by skill")]
    scores: Annotated[Mapping[str, float | None], Keywords("corrected scores by attempt item; null: struck")]
    new_try: Annotated[bool, Keywords("you may try once more")]


@dataclass(frozen=True)
class AppealView:
    """An appeal as its learner sees it."""

    id: UUID
    subject: SubjectView
    grounds: str
    language: str
    disputed: Annotated[Mapping[str, Any], Keywords("the result as it stood when the appeal was opened")]
    state: rules.AppealState
    opened_at: datetime
    due_at: Annotated[datetime, Keywords("a person decides by then")]
    due_time_zone: Annotated[str, Keywords("of your state, in which the days are counted")]
    overdue: bool
    reviewer: Annotated[str | None, Keywords("name of the person who reviews; null: nobody yet")]
    reviewer_since: datetime | None
    decision: AppealDecisionView | None
    status: Annotated[str, Keywords("where it stands, in words, in the caller's language")]


def appeals_for_update() -> QuerySet[Appeal]:
    """Appeals locked until the transaction ends, before anything that they dispute is; reviewers come along unlocked."""
    return Appeal.objects.select_for_update(no_key=True, of=("self",)).select_related("reviewer")


def _rows() -> QuerySet[Appeal]:
    return Appeal.objects.select_related("reviewer", "decision")


def appeal(*, appeal_id: UUID, learner_id: UUID, now: datetime) -> AppealView:
    """The learner's own appeal; one query.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = _rows().filter(pk=appeal_id, learner_id=learner_id).first()
    if row is None:
        raise NotFound()
    return view(row, now=now)


def appeals(
    *, learner_id: UUID, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> Sequence[AppealView]:
    """At most `limit` of the learner's appeals behind `after`, newest first; one query."""
    found = _rows().filter(learner_id=learner_id).order_by("-opened_at", "-id")
    if after is not None:
        instant, identifier = after
        found = found.filter(Q(opened_at__lt=instant) | Q(opened_at=instant, pk__lt=identifier))
    return [view(row, now=now) for row in found[:limit]]


def view(row: Appeal, *, now: datetime) -> AppealView:
    """The appeal as its learner sees it, in the active language, from a row that has its reviewer and decision at hand."""
    decision: AppealDecision | None = getattr(row, "decision", None)
    is_overdue = row.closed_at is None and now > row.due_at
    return AppealView(
        id=row.pk,
        subject=SubjectView(
            kind=row.kind,
            skill=row.skill or None,
            attempt_id=row.attempt_id,
            item_id=row.item_id,
            level_assessment_id=row.level_assessment_id,
            achievement=row.achievement or None,
        ),
        grounds=row.grounds,
        language=row.language,
        disputed=row.disputed,
        state=rules.WITHDRAWN if row.withdrawn else rules.OPEN if row.closed_at is None else rules.DECIDED,
        opened_at=row.opened_at,
        due_at=row.due_at,
        due_time_zone=row.due_time_zone,
        overdue=is_overdue,
        reviewer=row.reviewer.public_name if row.reviewer else None,
        reviewer_since=row.reviewer_since,
        decision=None
        if decision is None
        else AppealDecisionView(
            outcome=decision.outcome,
            reason=decision.reason,
            decided_at=decision.decided_at,
            reviewer=decision.reviewer_name,
            levels=decision.remedy["levels"],
            scores=decision.remedy["scores"],
            new_try=decision.remedy["new_try"],
        ),
        status=_status(row, decision, is_overdue=is_overdue),
    )


def _status(row: Appeal, decision: AppealDecision | None, *, is_overdue: bool) -> str:
    if decision is not None:
        return {
            rules.UPHELD: _("Your appeal was upheld."),
            rules.PARTLY_UPHELD: _("Your appeal was upheld in part."),
            rules.DISMISSED: _("Your appeal was dismissed."),
        }[decision.outcome]
    if row.withdrawn:
        return _("You have withdrawn this appeal.")
    if is_overdue:
        return _("The answer is late. Your appeal stays open until a person has decided.")
    if row.reviewer:
        return _("%(name)s is reviewing your appeal.") % {"name": row.reviewer.public_name}
    return _("Your appeal waits for a reviewer who was not involved before.")


def may_review(user_id: UUID, *, member_state: str) -> bool:
    """Whether the account reviews appeals of learners of that state: active staff in the role, limited to no other state."""
    accounts = get_user_model().objects.filter(pk=user_id, is_active=True, is_staff=True)
    accounts = accounts.filter(Q(is_superuser=True) | Q(groups__name=REVIEWER))
    return accounts.filter(Q(is_superuser=True) | Q(member_state=None) | Q(member_state=member_state)).exists()


def eligible_reviewers(row: Appeal) -> Sequence[Reviewer]:
    """Named reviewers who may be assigned the appeal, by name."""
    named = Reviewer.objects.filter(user__is_active=True, user__is_staff=True).exclude(pk__in=involved_in(row))
    named = named.filter(Q(user__is_superuser=True) | Q(user__groups__name=REVIEWER))
    state = row.learner.member_state_id
    named = named.filter(Q(user__is_superuser=True) | Q(user__member_state=None) | Q(user__member_state=state))
    return list(named.distinct().order_by("public_name"))


def outcomes_by_learner(since: datetime, until: datetime) -> list[tuple[UUID, bool]]:
    """(learner, whether upheld at least in part) of each appeal decided from `since` on and before `until`; one query."""
    decided = AppealDecision.objects.filter(decided_at__gte=since, decided_at__lt=until).order_by("decided_at", "pk")
    return [(learner, outcome != rules.DISMISSED) for learner, outcome in decided.values_list("learner_id", "outcome")]


def overdue_at(now: datetime) -> int:
    """How many appeals are undecided although they were due; one query."""
    return Appeal.objects.filter(closed_at__isnull=True, due_at__lt=now).count()
