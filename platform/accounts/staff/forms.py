"""The forms on the way into the admin."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from accounts.adapters import TooManyFailures


class PasswordForm(AuthenticationForm):
    """User name and password, under the same limits of attempts as the learners' sign-in."""

    wait_s = 0  # seconds until another attempt may be made

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is not None and password:
            try:
                self.user_cache = get_adapter().authenticate(self.request, username=username, password=password)
            except TooManyFailures as error:
                self.wait_s = error.wait_s
                raise
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class CodeForm(forms.Form):
    """A code of an authenticator app, or a recovery code."""

    wait_s = 0  # seconds until another attempt may be made

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        widget=forms.TextInput(
            attrs={
                "autofocus": "",
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": " ".join(BASE_INPUT_CLASSES),
            }
        ),
    )
