"""Renewing a certificate that expires: a new award on present standing, by one call of the learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypedDict
from uuid import UUID

from django.db import transaction

from common import clock
from common.clock import rfc3339
from common.errors import DomainError, NotFound
from common.schemas import Keywords
from credentials.certificates import awarding, rules
from credentials.certificates.errors import AchievementRetired, NotRenewable, RenewalNotEarned, RenewalTooEarly
from credentials.certificates.models import Achievement, Award, Certificate
from credentials.events import RenewalAsked
from events import public as events
from events.public import Recorded
from privacy import public as privacy


class State(StrEnum):
    """Where a renewal stands."""

    TOO_EARLY = "too_early"
    OPEN = "open"  # one call renews it
    MISSING = "missing"  # the learner does not meet the criteria today
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"  # no version of the achievement is awarded any more


class RenewalView(TypedDict):
    """Whether a certificate can be renewed, as its learner reads it."""

    state: State
    renewable_from: datetime
    missing: Annotated[
        Sequence[rules.MissingForCertificate],
        Keywords("What the achievement asks for today and the learner does not have."),
    ]


@dataclass(frozen=True)
class Standing:
    """A certificate on its way to a renewal. `missing` is of rules.missing, for the version that is awarded today."""

    state: State
    renewable_from: datetime
    certificate_status: str
    missing: Sequence[rules.MissingForCertificate] = field(default_factory=tuple)


def standing(*, learner_id: UUID, certificate_id: UUID, now: datetime) -> Standing:
    """Where the renewal of one of the learner's certificates stands; at most six queries.

    Raises:
        NotFound: there is no such certificate, or it is another learner's.
    """
    certificate = (
        Certificate.objects.select_related("award__achievement")
        .filter(pk=certificate_id, learner_id=learner_id)
        .first()
    )
    if certificate is None or certificate.valid_until is None:
        raise NotFound()
    state, lacking = _judged([certificate], now=now)[certificate.pk]
    return Standing(state, rules.renewable_from(certificate.valid_until), certificate.status, lacking)


@transaction.atomic
def ask(*, learner_id: UUID, certificate_id: UUID, now: datetime) -> State:
    """Ask for a renewal; a worker judges again and issues. A second call records a second wish, which does nothing.

    Returns:
        OPEN: asked for. RENEWED: there is a newer award already; nothing is recorded.

    Raises:
        NotFound, NotRenewable, RenewalTooEarly, RenewalNotEarned, AchievementRetired: see there.
        ConsentMissing: without the consent to learning records nothing new is decided from them.
    """
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    found = standing(learner_id=learner_id, certificate_id=certificate_id, now=now)
    refused: dict[State, DomainError] = {
        State.TOO_EARLY: RenewalTooEarly(renewable_from=rfc3339(found.renewable_from)),
        State.MISSING: RenewalNotEarned(missing=list(found.missing)),
        State.WITHDRAWN: NotRenewable(certificate_status=found.certificate_status),
        State.RETIRED: AchievementRetired(),
    }
    if found.state in refused:
        raise refused[found.state]
    if found.state is State.OPEN:
        events.record(RenewalAsked(certificate_id=certificate_id, learner_id=learner_id))
        privacy.audit(
            actor=str(learner_id), action="certificate.renewal_asked", subject_kind="certificate",
            subject_id=str(certificate_id),
        )  # fmt: skip
    return found.state


@transaction.atomic
def renew(recorded: Sequence[Recorded[RenewalAsked]]) -> None:
    """Consumer: awards anew what may be renewed and is earned today; whatever else was asked for is passed over.

    The learner's certificates of the batch are locked, so that of two renewals of one the second finds the first. A
    constant number of statements for the batch.
    """
    now = clock.now()
    asked = {entry.event.certificate_id: entry.event.learner_id for entry in recorded}
    locked = (
        Certificate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("award__achievement")
        .filter(pk__in=asked)
        .order_by("pk")
    )
    consenting = privacy.users_with_consent(user_ids=set(asked.values()), purpose=privacy.LEARNING_RECORDS)
    certificates = [
        one for one in locked if asked[one.pk] == one.learner_id and one.learner_id in consenting and one.valid_until
    ]
    if not certificates:
        return
    judged = _judged(certificates, now=now)
    earned = [one for one in certificates if judged[one.pk][0] is State.OPEN]
    active = {one.slug: one for one in Achievement.objects.filter(active=True)}
    # Two certificates of one achievement (corrected ones are withdrawn): one renewal.
    wanted = {(one.learner_id, active[one.award.achievement.slug]): one.award.number + 1 for one in earned}
    awarding.award(
        [(learner_id, achievement, number) for (learner_id, achievement), number in wanted.items()],
        now=now, action="award.renewed",
    )  # fmt: skip


def _judged(
    certificates: Sequence[Certificate], *, now: datetime
) -> dict[UUID, tuple[State, list[rules.MissingForCertificate]]]:  # fmt: skip
    """Where the renewal of each stands, and what is missing."""
    learner_ids = sorted({one.learner_id for one in certificates})
    active = {one.slug: one for one in Achievement.objects.filter(active=True)}
    newest: dict[tuple[UUID, str], int] = {}
    for learner_id, slug, number in Award.objects.filter(learner_id__in=learner_ids).values_list(
        "learner_id", "achievement__slug", "number"
    ):
        newest[learner_id, slug] = max(number, newest.get((learner_id, slug), 0))
    codes = sorted({wanted["skill"] for one in active.values() for wanted in one.criteria["skills"]})
    standings = awarding.standings(learner_ids, {one.edition_id for one in active.values()}, codes)
    judged: dict[UUID, tuple[State, list[rules.MissingForCertificate]]] = {}
    for one in certificates:
        assert one.valid_until is not None
        slug = one.award.achievement.slug
        if one.status != Certificate.Status.ACTIVE:
            judged[one.pk] = State.WITHDRAWN, []
        elif newest[one.learner_id, slug] > one.award.number:
            judged[one.pk] = State.RENEWED, []
        elif slug not in active:
            judged[one.pk] = State.RETIRED, []
        else:
            lacking = standings[one.learner_id].missing(active[slug])
            early = now < rules.renewable_from(one.valid_until)
            state = State.TOO_EARLY if early else State.MISSING if lacking else State.OPEN
            judged[one.pk] = state, lacking
    return judged
