"""allauth's views where something is limited: they answer 429 with `Retry-After`."""

from __future__ import annotations

from typing import Any

from allauth.headless.account.views import LoginView, SignupView
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.mfa.views import AuthenticateView, ReauthenticateView
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts import failed_attempts
from accounts.answers import too_many
from accounts.rates import seconds_to_wait


class _Rated:
    """A view of allauth's that an address may call so often."""

    rate: str

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and (wait_s := seconds_to_wait(request, self.rate)):
            return too_many(request, wait_s)
        answer: HttpResponseBase = super().handle(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class SignInView(_Rated, LoginView):
    """Sign in; wrong passwords are counted by the adapter."""

    rate = "login"


class SignUpView(_Rated, SignupView):
    """Make an account."""

    rate = "signup"


class _CountedCode:
    """A view of allauth's that takes a code: wrong ones are counted, a right one clears the counts."""

    request: HttpRequest

    def handle_input(self, data: Any) -> HttpResponse | ErrorResponse | None:
        user = self.get_input_kwargs()["user"]  # type: ignore[attr-defined]
        attempt = failed_attempts.begin(
            self.request, failed_attempts.code_of(user.pk), from_anywhere=failed_attempts.CODE_FROM_ANYWHERE
        )
        if attempt.wait_s:
            return too_many(self.request, attempt.wait_s)
        refused: ErrorResponse | None = super().handle_input(data)  # type: ignore[misc]
        if refused is None:
            attempt.take_back()
            failed_attempts.note_signed_in(self.request, user, by_second_factor=True)
        return refused


class SecondFactorView(_CountedCode, AuthenticateView):
    """The second step of signing in."""


class SecondFactorAgainView(_CountedCode, ReauthenticateView):
    """A code once more, for what needs it fresh."""
