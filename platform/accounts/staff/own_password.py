"""The password once more, from whoever is signed in to the admin."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from accounts import failed_attempts
from accounts.models import User
from accounts.staff.second_factor import Tried


def confirm(request: HttpRequest, password: str) -> Tried:
    """Take the password again, for what a session that was left open must not do; failures are counted as at sign-in."""
    user = cast(User, request.user)
    attempt = failed_attempts.begin(request, failed_attempts.password_of(user.username))
    if attempt.wait_s:
        return Tried(False, attempt.wait_s)
    if not user.check_password(password):
        return Tried(False)
    attempt.take_back()
    return Tried(True)
