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
from credentials.certificates import approvals, awarding, rules
from credentials.certificates.errors import AchievementRetired, NotRenewable, RenewalNotEarned, RenewalTooEarly
from credentials.certificates.models import Approval, Award, Certificate
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
    RETIRED = "retired"  # no version is awarded any more to learners of this member state


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
    """The state of the renewal of one of the learner's certificates; at most nine queries.

    Raises:
        NotFound: there is no such certificate, or it is another learner's.
    """
    certificate = Certificate.objects.select_related("award").filter(pk=certificate_id, learner_id=learner_id).first()
    if certificate is None or certificate.valid_until is None:
        raise NotFound()
    judged = _offers([certificate], now=now)[certificate.pk]
    renewable_from = rules.renewable_from(certificate.valid_until)
    return RenewalOffer(judged.state, renewable_from, certificate.status, judged.missing)


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
        .select_related("award")
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
    earned = [certificate for certificate in certificates if judged[certificate.pk].state is RenewalState.OPEN]
    # Two certificates of one achievement (corrected ones are withdrawn): one renewal.
    wanted = {
        (certificate.learner_id, certificate.award.achievement_id): (
            judged[certificate.pk].approval,
            certificate.award.number + 1,
        )
        for certificate in earned
    }
    awarding.award(
        [(learner_id, approval, number) for (learner_id, _), (approval, number) in wanted.items() if approval],
        now=now,
        action="award.renewed",
    )


@dataclass(frozen=True)
class _Judged:
    """The state of a certificate's renewal, what is missing for it, and the approval by which it would be awarded."""

    state: RenewalState
    missing: list[rules.MissingForCertificate] = field(default_factory=list)
    approval: Approval | None = None


def _offers(certificates: Sequence[Certificate], *, now: datetime) -> dict[UUID, _Judged]:
    """What holds of each certificate's renewal."""
    learner_ids = sorted({certificate.learner_id for certificate in certificates})
    offered = approvals.offers()
    newest: dict[tuple[UUID, UUID], int] = {}
    for learner_id, achievement_id, number in Award.objects.filter(learner_id__in=learner_ids).values_list(
        "learner_id", "achievement_id", "number"
    ):
        newest[learner_id, achievement_id] = max(number, newest.get((learner_id, achievement_id), 0))
    inputs = awarding.award_inputs(learner_ids, [approval.version for approval in offered.everything()])
    return {
        certificate.pk: _judged(
            certificate,
            inputs[certificate.learner_id],
            newest=newest[certificate.learner_id, certificate.award.achievement_id],
            approval=offered.of(certificate.award.achievement_id, inputs[certificate.learner_id].state),
            now=now,
        )
        for certificate in certificates
        if certificate.learner_id in inputs
    }


def _judged(
    certificate: Certificate,
    inputs: awarding.AwardInputs,
    *,
    newest: int,
    approval: Approval | None,
    now: datetime,
) -> _Judged:
    assert certificate.valid_until is not None
    if certificate.status != Certificate.Status.ACTIVE:
        return _Judged(RenewalState.WITHDRAWN)
    if newest > certificate.award.number:
        return _Judged(RenewalState.RENEWED)
    if approval is None:
        return _Judged(RenewalState.RETIRED)
    lacking = inputs.missing(approval.version)
    early = now < rules.renewable_from(certificate.valid_until)
    state = RenewalState.TOO_EARLY if early else RenewalState.MISSING if lacking else RenewalState.OPEN
    return _Judged(state, lacking, approval)
