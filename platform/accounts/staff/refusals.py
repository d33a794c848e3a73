"""What staff read where the admin refuses them: the reason, and the way back, in the admin's own look."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views import defaults

from accounts.staff.second_factor import SecondFactorNeeded


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler403`: in the admin a page with the text of the exception as the reason; elsewhere Django's own."""
    if not _is_in_admin(request):
        return defaults.permission_denied(request, exception)
    return _page(
        request,
        "This is not open to you",
        str(exception)
        or "Your account does not have the permission for this. Whoever administers accounts can give it.",
        HTTPStatus.FORBIDDEN,
        needs_second_factor=isinstance(exception, SecondFactorNeeded),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`: in the admin a page that tells no more than that there is nothing for this person."""
    if not _is_in_admin(request):
        return defaults.page_not_found(request, exception)
    reason = "There is no such page, or what it shows is outside of what your account may see."
    return _page(request, "Not found", reason, HTTPStatus.NOT_FOUND)


def _is_in_admin(request: HttpRequest) -> bool:
    """Whether the request is for the admin, by somebody who may enter it: nobody else sees its menu."""
    # A request that a middleware refused may not know its user.
    return (
        request.path.startswith(reverse("admin:index"))
        and hasattr(request, "user")
        and hasattr(request, "session")
        and admin.site.has_permission(request)
    )


def _page(
    request: HttpRequest, title: str, reason: str, status: HTTPStatus, *, needs_second_factor: bool = False
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "reason": reason,
        "needs_second_factor": needs_second_factor,
    }
    # Who may see what changes: nothing of it is stored.
    headers = {"Cache-Control": "no-store, private"}
    return TemplateResponse(request, "staff/refused.html", context, status=status, headers=headers)
