"""Routes, relative to the root; config/urls.py collects them. Signing in is allauth's, in config/urls.py."""

from __future__ import annotations

from typing import NoReturn

from allauth.headless.base.views import APIView
from allauth.headless.constants import Client
from django.http import Http404, HttpRequest
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from accounts import provider_accounts, views

# Of allauth's routes, those for what is not offered: telephone numbers, being sent to a provider by the server, signing in and
# confirming an address by a code. Its views of them would fail or say that nothing is pending.
_NOT_OFFERED = (
    "account/phone",
    "auth/code/confirm",
    "auth/email/verify/resend",
    "auth/phone/verify",
    "auth/phone/verify/resend",
    "auth/provider/redirect",
)


@csrf_exempt
def not_offered(request: HttpRequest) -> NoReturn:
    """Answer 404, as for any unknown address."""
    raise Http404


# Before allauth's own at the same addresses.
_VIEWS: dict[str, type[APIView]] = {
    "account/password/change": views.NewPasswordView,
    "account/recovery-codes": views.RecoveryCodesView,
    "auth/recover": views.RecoverView,
    "auth/2fa/authenticate": views.SecondFactorView,
    "auth/2fa/reauthenticate": views.SecondFactorAgainView,
    "auth/login": views.SignInView,
    "auth/signup": views.SignUpView,
}

urlpatterns: list[URLPattern] = [
    *(
        path(f"auth/{client.value}/v1/{name}", not_offered)
        for client in (Client.APP, Client.BROWSER)
        for name in _NOT_OFFERED
    ),
    *(
        path(f"auth/{client.value}/v1/{name}", view.as_api_view(client=client))
        for client in (Client.APP, Client.BROWSER)
        for name, view in _VIEWS.items()
    ),
    *provider_accounts.urlpatterns,
]
