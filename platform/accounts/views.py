"""allauth's views where something is limited: they answer 429 with `Retry-After`."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.password_reset import perform_password_reset_login
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.core.internal.httpkit import authenticated_user
from allauth.headless.account.views import ChangePasswordView, LoginView, SignupView
from allauth.headless.base.response import AuthenticationResponse, ConflictResponse
from allauth.headless.base.views import APIView, AuthenticatedAPIView
from allauth.headless.internal.restkit import inputs
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from allauth.headless.mfa.views import AuthenticateView, ReauthenticateView
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts import failed_attempts, recovery
from accounts.answers import too_many
from accounts.models import User
from accounts.rates import seconds_to_wait
from accounts.services import set_password
from common import clock


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


class NewPasswordView(ChangePasswordView):
    """Change the password: all other sessions and tokens end, and the answer holds new ones for this one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # allauth hands out tokens to who was nobody when the call began; those of this caller end with the password.
        request.allauth.headless._pre_user = AnonymousUser()  # type: ignore[attr-defined]
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer


class RecoveryCodesView(AuthenticatedAPIView):
    """The account recovery codes: how many are left, and ten new ones, shown once."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return APIResponse(request, data={"unused": recovery.unused_codes(user_id=authenticated_user(request).pk)})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = authenticated_user(request)
        if not self._is_fresh(request, user):
            raise ReauthenticationRequired
        codes = recovery.make_codes(user_id=user.pk, now=clock.now())
        return APIResponse(request, data={"unused": len(codes), "codes": codes})

    @staticmethod
    def _is_fresh(request: HttpRequest, user: User) -> bool:
        """Whether the person has just signed up, signed in or shown again who they are; a borrowed phone must not do."""
        shown = [float(record["at"]) for record in get_authentication_records(request, user)]
        latest = max([user.date_joined.timestamp(), *shown])
        return bool(time.time() - latest < account_settings.REAUTHENTICATION_TIMEOUT)


class RecoverInput(inputs.Input):
    """Who, by user name or e-mail address; the code; the new password."""

    username = inputs.CharField(required=False)
    email = inputs.EmailField(required=False)
    code = inputs.CharField(max_length=100)
    password = inputs.CharField()

    def clean(self) -> Any:
        cleaned = super().clean()
        if not self.errors and bool(cleaned.get("username")) == bool(cleaned.get("email")):
            raise get_adapter().validation_error("invalid_login")
        return cleaned


class RecoverView(APIView):
    """Set a new password by an account recovery code, and sign in."""

    input_class = RecoverInput
    input: RecoverInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return ConflictResponse(request)
        given, now = self.input.cleaned_data, clock.now()
        name = given["username"] or given["email"]
        attempt = failed_attempts.begin(request, failed_attempts.recovery_of(name))
        if attempt.wait_s:
            return too_many(request, attempt.wait_s)
        user = _account(given)
        found = recovery.find_code(user=user, code=given["code"])
        if user is None or found is None:
            return self._refused("code", get_adapter().validation_error("incorrect_code"))
        if not recovery.is_good(found, now=now):
            # The same call again, for its answer was lost: who has the code and the password that it set may sign in.
            if found.used_at is None or not user.check_password(given["password"]):
                return self._refused("code", get_adapter().validation_error("incorrect_code"))
            attempt.take_back()
            return self._signed_in(request, user)
        try:
            password = get_adapter().clean_password(given["password"], user=user)
        except ValidationError as error:
            attempt.take_back()
            return self._refused("password", error)
        with transaction.atomic():
            if not recovery.use_code(found, now=now):
                return self._refused("code", get_adapter().validation_error("incorrect_code"))
            set_password(user, password)
        attempt.take_back()
        failed_attempts.forget_all_of(user, request)
        get_adapter().send_notification_mail("account/email/password_reset", user)
        return self._signed_in(request, user)

    def _signed_in(self, request: HttpRequest, user: User) -> HttpResponse:
        try:
            answer = perform_password_reset_login(request, user)
        except ImmediateHttpResponse as immediate:
            answer = immediate.response
        return AuthenticationResponse.from_response(request, answer)

    def _refused(self, field: str, error: ValidationError) -> HttpResponse:
        self.input.add_error(field, error)
        return self.handle_invalid_input(self.input)


def _account(given: dict[str, Any]) -> User | None:
    if given["username"]:
        user = get_user_by_username(given["username"])
    else:
        user = next(iter(filter_users_by_email(given["email"], prefer_verified=True, for_login=True)), None)
    return user if user is not None and user.is_active else None
