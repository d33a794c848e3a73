"""The admin's site: who may enter, and the pages on the way in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite


class StaffAdminSite(UnfoldAdminSite):
    """unfold's site, entered with a password and, where it is demanded or enrolled, a second factor.

    Between the two nobody is signed in: the session names only who gave a password. A session that was opened elsewhere
    (the learners' sign-in) is not one of the admin.
    """

    index_template = "staff/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        from accounts.staff import second_factor

        return super().has_permission(request) and second_factor.passed(request)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from accounts.staff.views import PasswordView

        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        context = {**self.each_context(request), "title": _("Log in"), "app_path": request.get_full_path()}
        request.current_app = self.name
        response: HttpResponseBase = PasswordView.as_view(extra_context={**context, **(extra_context or {})})(request)
        return response

    def get_urls(self) -> list[URLPattern]:
        from accounts.staff import views

        return [
            path("second-factor/", views.code, {"site": self}, name="second_factor"),
            path("second-factor/enrol/", views.enrol, {"site": self}, name="second_factor_enrol"),
            path(
                "second-factor/settings/",
                self.admin_view(views.settings),
                {"site": self},
                name="second_factor_settings",
            ),
            *super().get_urls(),
        ]
