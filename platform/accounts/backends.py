"""How allauth looks up who signs in here."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress

from accounts.models import User
from accounts.passwords import prepare
from accounts.usernames import prepared

# Of accounts with one address at most so many are asked for their password, and hashed for where there are fewer: the time tells
# nobody whether an address is known.
_ACCOUNTS_OF_AN_ADDRESS = 2


class AuthenticationBackend(AllauthBackend):
    """allauth's, for user names as they are kept, and for addresses that several accounts gave and at most one confirmed."""

    def _authenticate(self, request: Any, **credentials: Any) -> Any:
        self._hashed = 0
        # A user name may look like an address; allauth would ask for both, and hash twice.
        if credentials.get("username"):
            if "@" in credentials["username"]:
                found = self._authenticate_by_email(credentials["username"], credentials["password"])
                if found is not None:
                    return found
            return self._authenticate_by_username(credentials["username"], credentials["password"])
        return super()._authenticate(request, **credentials)

    def _authenticate_by_username(self, username: str, password: str) -> Any:
        return super()._authenticate_by_username(prepared(username), password)

    def _authenticate_by_email(self, email: str, password: str) -> Any:
        """Whoever confirmed the address, or whoever gave it last: signing up with an address that is taken works alike."""
        users = sorted(filter_users_by_email(email, for_login=True), key=lambda user: user.pk, reverse=True)
        confirmed = set(
            EmailAddress.objects.filter(email=email.lower(), verified=True).values_list("user_id", flat=True)
        )
        # The newest first: whoever just signed up with an address waits as long, whether it was known or not.
        asked = [user for user in users if user.pk not in confirmed][:1] + [
            user for user in users if user.pk in confirmed
        ][:1]
        for user in asked:
            if self._check_password(user, password):
                return user
        for _ in range(_ACCOUNTS_OF_AN_ADDRESS - len(asked)):
            self._mitigate_timing_attack(password)
        self._did_check_password = True
        return None

    def _mitigate_timing_attack(self, password: str) -> None:
        User().set_password(password)
        # `User.check_password` tries a password that is typed in another form twice.
        if prepare(password) != password:
            User().set_password(password)
