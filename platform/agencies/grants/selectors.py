"""Reads of grants, as the facts that the rules decide on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Q

from agencies.grants import rules
from agencies.grants.rules import GrantFacts
from agencies.models import Agency, Grant
from common.schemas import Keywords
from learners import public as learners
from privacy.public import SHARE_EXPLANATIONS, SHARE_PROGRESS


@dataclass(frozen=True)
class ConsentableAgency:
    """An agency that a learner may let see the learner's progress."""

    id: Annotated[UUID, Keywords("Name it as `agency_id` in the consent.")]
    name: str
    role: str
    purposes: Annotated[list[str], Keywords("The purposes that it can be consented to for.")]


def grants(*, agency_id: UUID | None = None, on: date, ended_since: date | None = None) -> Sequence[GrantFacts]:
    """Return the grants whose dates hold on the day `on`, of one agency or of all; one query.

    Args:
        ended_since: also those that ended on this day or later.
    """
    ended = Q(valid_to__gte=ended_since) if ended_since is not None else Q()
    found = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on) | ended, valid_from__lte=on)
    if agency_id is not None:
        found = found.filter(agency_id=agency_id)
    rows = found.values_list(
        "agency_id",
        "agency__member_state_id",
        "agency__active",
        "member_state_id",
        "purpose_id",
        "scope",
        "valid_from",
        "valid_to",
        ExpressionWrapper(Q(approved_at__isnull=False), output_field=BooleanField()),
    )
    return [GrantFacts(*row) for row in rows]


def consentable_agencies(
    *, learner_id: UUID, on: date, after: tuple[str, UUID] | None, limit: int
) -> Sequence[ConsentableAgency]:
    """Return at most `limit` of the agencies that the learner may consent to, behind `after`, by name and id.

    None for an account without a profile: its state is unknown, so no agency may ever see it.
    """
    learner = learners.learner(learner_id)
    if learner is None:
        return []
    given = grants(on=on)
    ids = {
        purpose: rules.agencies_for_learners(given, state=learner.member_state, purpose=purpose, day=on)
        for purpose in (SHARE_PROGRESS, SHARE_EXPLANATIONS)
    }
    found = Agency.objects.filter(pk__in=frozenset().union(*ids.values())).order_by("name", "pk")
    if after is not None:
        found = found.filter(Q(name__gt=after[0]) | Q(name=after[0], pk__gt=after[1]))
    return [
        ConsentableAgency(
            agency.pk, agency.name, agency.role, [purpose for purpose, granted in ids.items() if agency.pk in granted]
        )
        for agency in found[:limit]
    ]


def agencies_with_due_feeds(*, on: date) -> Sequence[tuple[UUID, datetime | None]]:
    """Return (agency, due mark) of those whose grants changed, or began or ended by date, since their feed was rebuilt."""
    boundary = Q(grants__valid_from__lte=on, grants__valid_from__gt=F("feed_rebuilt_on")) | Q(
        grants__valid_to__lte=on, grants__valid_to__gt=F("feed_rebuilt_on")
    )
    never = Q(feed_rebuilt_on__isnull=True, grants__isnull=False)
    due = Agency.objects.filter(Q(feed_due_at__isnull=False) | never | boundary)
    return list(due.order_by("pk").values_list("pk", "feed_due_at").distinct())
