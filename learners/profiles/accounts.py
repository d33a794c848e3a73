"""What happens to the account behind a profile. Accounts stand below events and learners, so they are watched from here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_delete, pre_save

from events import public as events
from learners.events import AccountChanged
from learners.profiles.models import Learner


def watch() -> None:
    """Record an event whenever a learner's account is made inactive or active again, or is erased.

    Updates and deletions that pass by Django's signals (`QuerySet.update`, SQL by hand) are not seen.
    """
    pre_save.connect(_note_activity, sender=get_user_model(), dispatch_uid="learners.accounts")
    post_delete.connect(_note_erasure, sender=Learner, dispatch_uid="learners.accounts")


def _note_activity(instance: Any, update_fields: Any, **_: Any) -> None:
    if instance._state.adding or (update_fields is not None and "is_active" not in update_fields):
        return
    was_other = Learner.objects.filter(pk=instance.pk).exclude(user__is_active=instance.is_active)
    if was_other.exists():
        _record(instance.pk)


def _note_erasure(instance: Learner, **_: Any) -> None:
    _record(instance.pk)


@transaction.atomic
def _record(learner_id: Any) -> None:
    events.record(AccountChanged(learner_id=learner_id))
