"""Renewing a certificate that expires: a new award for what the learner holds now, by one call of the learner."""

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
from credentials.events import RenewalRequested
from events import public as events
from events.public import Recorded
from privacy import public as privacy


class RenewalState(StrEnum):
    """Whether a certificate can be renewed, or why not."""

    TOO_EARLY = "too_early"
    OPEN = "open"  # one call renews it
    MISSING = "missing"  # the learner does not meet the criteria today
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"  # no version of the achievement is awarded any more


class RenewalView(TypedDict):
    """Whether a certificate can be renewed, as its learner reads it."""

    state: RenewalState
    renewable_from: datetime
    missing: Annotated[
        Sequence[rules.MissingForCertificate],
        Keywords("What the achievement asks for today and the learner does not have."),
    ]


@dataclass(frozen=True)
class RenewalOffer:
    """A certificate on its way to a renewal. `missing` is of rules.missing, for the version that is awarded today."""

    state: RenewalState
    renewable_from: datetime
    certificate_status: str
    missing: Sequence[rules.MissingForCertificate] = field(default_factory=tuple)


def renewal_offer(*, learner_id: UUID, certificate_id: UUID, now: datetime) -> RenewalOffer:
    """The state of the renewal of one of the learner's certificates; at most six queries.

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
    state, lacking = _offers([certificate], now=now)[certificate.pk]
    return RenewalOffer(state, rules.renewable_from(certificate.valid_until), certificate.status, lacking)


@transaction.atomic
def request_renewal(*, learner_id: UUID, certificate_id: UUID, now: datetime) -> RenewalState:
    """Ask for a renewal; a worker judges again and issues. A second request has no effect.

    Returns:
        OPEN: asked for. RENEWED: there is a newer award already; nothing is recorded.

    Raises:
        NotFound, NotRenewable, RenewalTooEarly, RenewalNotEarned, AchievementRetired: see there.
        ConsentMissing: without the consent to learning records nothing new is decided from them.
    """
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    found = renewal_offer(learner_id=learner_id, certificate_id=certificate_id, now=now)
    refused: dict[RenewalState, DomainError] = {
        RenewalState.TOO_EARLY: RenewalTooEarly(renewable_from=rfc3339(found.renewable_from)),
        RenewalState.MISSING: RenewalNotEarned(missing=list(found.missing)),
        RenewalState.WITHDRAWN: NotRenewable(certificate_status=found.certificate_status),
        RenewalState.RETIRED: AchievementRetired(),
    }
    if found.state in refused:
        raise refused[found.state]
    if found.state is RenewalState.OPEN:
        events.record(RenewalRequested(certificate_id=certificate_id, learner_id=learner_id))
        privacy.audit(
            actor=str(learner_id),
            action="certificate.renewal_requested",
            subject_kind="certificate",
            subject_id=str(certificate_id),
        )
    return found.state


@transaction.atomic
def renew_awards(recorded: Sequence[Recorded[RenewalRequested]]) -> None:
    """Consumer: awards anew what may be renewed and is earned today; every other request is ignored.

    The learner's certificates of the batch are locked, so that of two renewals of the same certificate the second finds
    the first. A constant number of statements for the batch.
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
        certificate
        for certificate in locked
        if asked[certificate.pk] == certificate.learner_id
        and certificate.learner_id in consenting
        and certificate.valid_until
    ]
    if not certificates:
        return
    judged = _offers(certificates, now=now)
    earned = [certificate for certificate in certificates if judged[certificate.pk][0] is RenewalState.OPEN]
    active = {achievement.slug: achievement for achievement in Achievement.objects.filter(active=True)}
    # Two certificates of one achievement (corrected ones are withdrawn): one renewal.
    wanted = {
        (certificate.learner_id, active[certificate.award.achievement.slug]): certificate.award.number + 1
        for certificate in earned
    }
    awarding.award(
        [(learner_id, achievement, number) for (learner_id, achievement), number in wanted.items()],
        now=now,
        action="award.renewed",
    )


def _offers(
    certificates: Sequence[Certificate], *, now: datetime
) -> dict[UUID, tuple[RenewalState, list[rules.MissingForCertificate]]]:
    """The state of each certificate's renewal, and what is missing for it."""
    learner_ids = sorted({certificate.learner_id for certificate in certificates})
    active = {achievement.slug: achievement for achievement in Achievement.objects.filter(active=True)}
    newest: dict[tuple[UUID, str], int] = {}
    for learner_id, slug, number in Award.objects.filter(learner_id__in=learner_ids).values_list(
        "learner_id", "achievement__slug", "number"
    ):
        newest[learner_id, slug] = max(number, newest.get((learner_id, slug), 0))
    codes = sorted({wanted["skill"] for achievement in active.values() for wanted in achievement.criteria["skills"]})
    editions = {achievement.edition_id for achievement in active.values()}
    inputs = awarding.award_inputs(learner_ids, editions, codes)
    judged: dict[UUID, tuple[RenewalState, list[rules.MissingForCertificate]]] = {}
    for certificate in certificates:
        assert certificate.valid_until is not None
        slug = certificate.award.achievement.slug
        if certificate.status != Certificate.Status.ACTIVE:
            judged[certificate.pk] = RenewalState.WITHDRAWN, []
        elif newest[certificate.learner_id, slug] > certificate.award.number:
            judged[certificate.pk] = RenewalState.RENEWED, []
        elif slug not in active:
            judged[certificate.pk] = RenewalState.RETIRED, []
        else:
            lacking = inputs[certificate.learner_id].missing(active[slug])
            early = now < rules.renewable_from(certificate.valid_until)
            state = RenewalState.TOO_EARLY if early else RenewalState.MISSING if lacking else RenewalState.OPEN
            judged[certificate.pk] = state, lacking
    return judged
