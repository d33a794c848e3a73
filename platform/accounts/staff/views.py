"""The pages between the password and the admin."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.totp.internal.auth import get_totp_secret
from django.conf import settings as django_settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import failed_attempts
from accounts.models import User
from accounts.staff import second_factor
from accounts.staff.forms import CodeForm, PasswordForm


class PasswordView(LoginView):
    """The first step: user name and password."""

    authentication_form = PasswordForm
    template_name = "admin/login.html"
    next_page = "admin:index"

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        enrolled = second_factor.has_device(user)
        if not enrolled and not django_settings.STAFF_MFA_REQUIRED:
            second_factor.finish(self.request, user, with_second_factor=False)
            failed_attempts.note_signed_in(self.request, user, by_second_factor=False)
            return HttpResponseRedirect(self.get_success_url())
        second_factor.begin(self.request, user, self.get_success_url())
        return redirect("admin:second_factor" if enrolled else "admin:second_factor_enrol")

    def form_invalid(self, form: Any) -> HttpResponse:
        return _limited(super().form_invalid(form), form)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, site: Any) -> HttpResponse:
    """The second step: a code."""
    waiting = second_factor.pending(request)
    if waiting is None:
        return redirect("admin:login")
    if not second_factor.has_device(waiting.user):
        return redirect("admin:second_factor_enrol")
    form = CodeForm(request.POST or None)
    if form.is_valid() and _right(request, form, waiting.user, lambda given: second_factor.accept(waiting.user, given)):
        second_factor.finish(request, waiting.user, with_second_factor=True)
        return HttpResponseRedirect(waiting.next_url)
    return _limited(_page(request, site, "staff/second_factor.html", _("Second factor"), form=form), form)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest, site: Any) -> HttpResponse:
    """Enrol an authenticator app: on the way in where it is demanded, or from inside by choice."""
    waiting = second_factor.pending(request)
    if waiting is not None:
        user = waiting.user
    elif site.has_permission(request):
        user = cast(User, request.user)
    else:
        return redirect("admin:login")
    if second_factor.has_device(user):
        return redirect("admin:second_factor" if waiting else "admin:second_factor_settings")
    secret = get_totp_secret()
    form = CodeForm(request.POST or None)
    if form.is_valid() and _right(request, form, user, lambda given: second_factor.enrol(user, secret, given)):
        if waiting is not None:
            second_factor.finish(request, user, with_second_factor=True)
        else:
            request.session.pop("mfa.totp.secret", None)
            second_factor.note_passed(request)
        return redirect("admin:second_factor_settings")
    adapter = get_mfa_adapter()
    url = adapter.build_totp_url(user, secret)
    page = _page(
        request,
        site,
        "staff/enrol.html",
        _("Set up your second factor"),
        form=form,
        secret=secret,
        url=url,
        # Made by the QR library from our own text.
        qr=mark_safe(adapter.build_totp_svg(url).partition("?>")[2]),  # noqa: S308
    )
    return _limited(page, form)


@never_cache
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, site: Any) -> HttpResponse:
    """The person's own second factor: whether there is one, and recovery codes, each shown once."""
    user = cast(User, request.user)
    if not second_factor.has_device(user):
        return redirect("admin:second_factor_enrol")
    if request.method == "POST":
        second_factor.new_recovery_codes(user)
        return redirect("admin:second_factor_settings")
    codes = second_factor.recovery_codes(user)
    return _page(
        request, site, "staff/recovery_codes.html", _("Recovery codes"), codes=codes, index=reverse("admin:index")
    )


def _right(request: HttpRequest, form: CodeForm, user: User, accepts: Callable[[str], bool]) -> bool:
    tried = second_factor.try_code(request, user, lambda: accepts(form.cleaned_data["code"]))
    if tried.right:
        return True
    form.wait_s = tried.wait_s
    if tried.wait_s:
        form.add_error("code", get_adapter().validation_error("too_many_login_attempts"))
        return False
    form.add_error("code", get_mfa_adapter().validation_error("incorrect_code"))
    return False


def _limited(response: HttpResponse, form: CodeForm | PasswordForm) -> HttpResponse:
    """The page, as 429 if it says that there were too many tries."""
    if form.wait_s:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response["Retry-After"] = str(form.wait_s)
    return response


def _page(request: HttpRequest, site: Any, template: str, title: Any, **context: Any) -> TemplateResponse:
    return TemplateResponse(request, template, {**site.each_context(request), "title": title, **context})
