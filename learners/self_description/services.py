"""Giving an answer about oneself, taking it back, and deleting it with the consent.

There is no event for it: events travel to others. The audit log records that there was an answer, never which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from events.public import Recorded
from learners.profiles.errors import ProfileMissing
from learners.profiles.models import Learner
from learners.self_description import statements
from learners.self_description.models import SelfDescription
from privacy import public as privacy
from privacy.events import ConsentChanged

CONSUMER = "self_descriptions"


@transaction.atomic
def describe(*, learner_id: UUID, gender: str, now: datetime) -> bool:
    """Store the learner's answer, or replace it; return whether it is the first. A repeat changes nothing.

    Raises:
        ProfileMissing: the account has no profile yet.
        ConsentMissing: the learner does not consent to `fairness_monitoring`.
    """
    # Withdrawing a consent takes the same lock on the account, so that no answer can come after a withdrawal.
    locked = Learner.objects.select_for_update(no_key=True, of=("user",)).select_related("user")
    if locked.filter(pk=learner_id).first() is None:
        raise ProfileMissing()
    privacy.require_consent(user_id=learner_id, purpose=privacy.FAIRNESS_MONITORING)
    stored = SelfDescription.objects.filter(pk=learner_id).first()
    if stored is not None and stored.gender == gender:
        return False
    SelfDescription.objects.update_or_create(pk=learner_id, defaults={"gender": gender, "said_at": now})
    _audit(learner_id, "self_description.said")
    return stored is None


@transaction.atomic
def delete_description(*, learner_id: UUID) -> None:
    """Delete the learner's answer; without an answer nothing happens."""
    deleted, _ = SelfDescription.objects.filter(pk=learner_id).delete()
    if deleted:
        _audit(learner_id, "self_description.taken_back")


@transaction.atomic
def forget_withdrawn(recorded: Sequence[Recorded[ConsentChanged]]) -> None:
    """Consumer: answers from before a withdrawal of `fairness_monitoring` are deleted, also if consent was given again."""
    withdrawn: dict[UUID, datetime] = {}
    for delivery in recorded:
        consent = delivery.event
        if consent.purpose == privacy.FAIRNESS_MONITORING and not consent.given:
            last = withdrawn.get(consent.user_id, delivery.occurred_at)
            withdrawn[consent.user_id] = max(delivery.occurred_at, last)
    if not withdrawn:
        return
    deleted = statements.delete_said_before(withdrawn)
    privacy.audit_many(
        actor=CONSUMER,
        action="self_description.forgotten",
        subject_kind="learner",
        subject_ids=[str(learner_id) for learner_id in deleted],
    )


def _audit(learner_id: UUID, action: str) -> None:
    privacy.audit(actor=str(learner_id), action=action, subject_kind="learner", subject_id=str(learner_id))
