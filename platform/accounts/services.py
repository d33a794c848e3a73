"""Ending sessions, and holding an account."""

from __future__ import annotations

from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User
from common import clock


@transaction.atomic
def sign_out_everywhere(*, user_id: UUID) -> None:
    """End all sessions, refresh tokens and access tokens of the person issued until now; a second call does it again."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    _end_sessions(user)
    # Not the instant of the request: that may lie before the tokens of a refresh this call waited for.
    user.tokens_valid_from = clock.now()
    user.save(update_fields=["tokens_valid_from"])


@transaction.atomic
def set_password(user: User, password: str) -> None:
    """Set a new password and end all that the former one opened."""
    hold(user_id=user.pk)
    _end_sessions(user)
    user.set_password(password)
    user.save(update_fields=["password"])  # and moves `tokens_valid_from`


def _end_sessions(user: User) -> None:
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    # A refresh that is under way holds its session's row: wait for it here, so that its tokens are older than the instant that
    # follows.
    Session.objects.filter(session_key__in=list(keys)).delete()
    UserSession.objects.filter(user=user).delete()


def hold(*, user_id: UUID) -> None:
    """Lock the account's row until the transaction ends, so that what is written of a person is written in one order.

    Raises:
        User.DoesNotExist: there is no such account.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)
