"""How allauth makes accounts, sends mail and keeps second factors here."""

from __future__ import annotations

import base64
import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import failed_attempts, usernames
from accounts.answers import too_many
from accounts.models import User
from accounts.services import set_password

_log = logging.getLogger(__name__)


class TooManyFailures(ValidationError):
    """Too many failed attempts; `wait_s` is in how many seconds the next may be made."""

    def __init__(self, message: ValidationError, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AccountAdapter(DefaultAccountAdapter):
    """allauth's defaults, user names as they are kept here, limits of our own, and two failures that are answered."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_confusable": _("This user name looks like one that there is already."),
    }

    _attempt: failed_attempts.Attempt

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt, or refuse it for now: by 429 where allauth's API is asked, by `TooManyFailures` elsewhere."""
        name = credentials.get("username") or credentials.get("email") or ""
        self._attempt = failed_attempts.begin(request, failed_attempts.password_of(name))
        if not self._attempt.wait_s:
            return
        if not hasattr(request.allauth, "headless"):  # type: ignore[attr-defined]
            raise TooManyFailures(self.validation_error("too_many_login_attempts"), self._attempt.wait_s)
        raise ImmediateHttpResponse(too_many(request, self._attempt.wait_s))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return whose password it is, if anybody's; a right one is no failure.

        The name is looked up, and counted, as it is kept: typed in letters of another width it is no further try.
        """
        if credentials.get("username"):
            credentials["username"] = usernames.prepared(credentials["username"])
        user = super().authenticate(request, **credentials)
        if user is not None:
            self._attempt.take_back()
        return user

    def set_password(self, user: Any, password: str) -> None:
        """Set the password and end all sessions; who changed it gets a new one from allauth."""
        set_password(user, password)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign the person in, after all steps, and remember where."""
        super().login(request, user)
        failed_attempts.note_signed_in(request, user, by_second_factor=False)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save the new account; of two sign-ups for one name at the same time the second hears that it is taken."""
        try:
            with transaction.atomic():
                return super().save_user(request, user, form, commit)
        except IntegrityError as error:
            raise ImmediateHttpResponse(
                ErrorResponse(request, exception=self.validation_error("username_taken"))
            ) from error

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the user name as it is kept; it looks like none that there is.

        Raises:
            ValidationError: see `accounts.usernames.validate`; username_taken, username_confusable.
        """
        name = usernames.prepare(username)
        super().clean_username(name, shallow)
        if not shallow and User.objects.filter(skeleton=usernames.skeleton(name)).exists():
            raise self.validation_error("username_confusable")
        return name

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Send the mail that asks to confirm an address; who has confirmed it already, for another account, hears of that."""
        address = emailconfirmation.email_address
        if address.can_set_verified():
            super().send_confirmation_mail(request, emailconfirmation, signup)
            return
        self.send_account_already_exists_mail(address.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail; a mail server that is down must not keep anybody from signing up or in."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            _log.error("a mail could not be sent", extra={"template": template_prefix, "cause": type(error).__name__})


class MFAAdapter(DefaultMFAAdapter):
    """Keeps TOTP secrets and recovery seeds encrypted, by a key derived from SECRET_KEY and its fallbacks.

    Passkeys belong to the frontend's domain, where browsers make and use them; allauth takes the API's, which a page of
    another host may not name.
    """

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PASSKEY_DOMAIN, "name": settings.MFA_TOTP_ISSUER}

    def encrypt(self, text: str) -> str:
        return self._cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._cipher().decrypt(encrypted_text.encode()).decode()

    @staticmethod
    def _cipher() -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(secret: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"accounts.mfa").derive(secret.encode())
    return base64.urlsafe_b64encode(key)
