"""Passwords in the form in which they are hashed: RFC 8265's profile OpaqueString."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from precis_i18n import get_profile

_PROFILE = get_profile("OpaqueString")


def prepare(password: str) -> str:
    """Return the password in NFC with ordinary spaces, so that it is one whatever keyboard typed it.

    What the profile refuses (control characters, none at all) is given back as it is: such a password may be an old one.
    """
    try:
        return str(_PROFILE.enforce(password))
    except UnicodeEncodeError:
        return password


class OpaqueStringValidator:
    """Refuses new passwords that RFC 8265 refuses; one of AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises: ValidationError, with the code password_characters."""
        try:
            _PROFILE.enforce(password)
        except UnicodeEncodeError:
            raise ValidationError(self.get_help_text(), "password_characters") from None

    def get_help_text(self) -> str:
        return _("A password holds no control characters.")
