"""Accounts that are made, or signed in to, with an account of an OpenID Connect provider."""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.account.internal.userkit import filter_users_by_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.base.views import APIView
from allauth.headless.constants import Client
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.socialaccount.inputs import SignupInput
from allauth.headless.socialaccount.views import ManageProvidersView, ProviderSignupView, ProviderTokenView
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from common import clock


class ProviderAccountAdapter(DefaultSocialAccountAdapter):
    """allauth's defaults, and what fails when two do the same at once."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "provider_unavailable": _("The provider does not answer; please try again later"),
    }

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> Any:
        """A user who is not stored yet; allauth keeps it in the session, and cannot write a default of the database's."""
        user = super().new_user(request, sociallogin)
        user.date_joined = clock.now()
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """Save the new account with its link to the provider's, or neither."""
        try:
            with transaction.atomic():
                return super().save_user(request, sociallogin, form)
        except IntegrityError as error:
            code = "email_taken" if "unique_verified_email" in str(error) else "connected_other"
            taken = self.validation_error(code, *([sociallogin.provider.name] if code == "email_taken" else []))
            raise ImmediateHttpResponse(ErrorResponse(request, exception=taken)) from error


class _ProviderSignUpInput(SignupInput):
    """The user name alone: an address comes from the provider, confirmed, or is added later as everywhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("email", None)

    def clean(self) -> Any:
        """Tell whoever has shown that an address is theirs that it has an account already."""
        cleaned = super().clean()
        if any(filter_users_by_email(address.email) for address in self.sociallogin.email_addresses):
            raise get_adapter().validation_error("email_taken", self.sociallogin.provider.name)
        return cleaned


class _ProviderSignUpView(ProviderSignupView):
    input_class = _ProviderSignUpInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().post(request, *args, **kwargs)
        except ImmediateHttpResponse as taken:
            return taken.response


_VIEWS: dict[str, type[APIView]] = {
    "account/providers": ManageProvidersView,
    "auth/provider/signup": _ProviderSignUpView,
    "auth/provider/token": ProviderTokenView,
}


def _where_offered(view: Any) -> Any:
    """The view, where the settings name a provider; else 404, as for any unknown address."""

    @wraps(view)  # with what it says of CSRF: tokens need no check, cookies do
    def answer(request: HttpRequest, **given: Any) -> HttpResponseBase:
        if not settings.SOCIALACCOUNT_PROVIDERS:
            raise Http404
        found: HttpResponseBase = view(request, **given)
        return found

    return answer


# Before allauth's own at the same addresses.
urlpatterns: list[URLPattern] = [
    path(f"auth/{client.value}/v1/{name}", _where_offered(view.as_api_view(client=client)))
    for client in (Client.APP, Client.BROWSER)
    for name, view in _VIEWS.items()
]
