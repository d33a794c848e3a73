"""Every route of the platform; each app brings its own."""

from __future__ import annotations

from functools import partial

from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from agencies import public as agencies
from common.paths import IdConverter, Sha256Converter
from config import health, pages
from config.api_documents import ApiDocument
from credentials import public as credentials
from learners.api.profiles import MyProfile
from privacy.api.consents import ConsentView

register_converter(IdConverter, "id")
register_converter(Sha256Converter, "sha256")

# Its script has an address of its own: the policy lets none stand in a page.
_swagger = partial(SpectacularSwaggerSplitView.as_view, http_method_names=["get", "head"])

# Of what Django itself does not take.
handler400 = "common.errors.bad_request"
handler403 = "accounts.staff.refusals.forbidden"
handler404 = "accounts.staff.refusals.not_found"

urlpatterns = [
    # Before the certificates' routes, which take anything below /verify for a code.
    path("api/openapi.yaml", ApiDocument.as_view(audience="learners"), name="learners-openapi"),
    path("agency/openapi.yaml", ApiDocument.as_view(audience="agencies"), name="agencies-openapi"),
    path("verify/openapi.yaml", ApiDocument.as_view(audience="everybody"), name="everybody-openapi"),
    path("api/docs", _swagger(url_name="learners-openapi"), name="learners-docs"),
    path("agency/docs", _swagger(url_name="agencies-openapi"), name="agencies-docs"),
    path("verify/docs", _swagger(url_name="everybody-openapi"), name="everybody-docs"),
    path("", include("assessments.api.urls")),
    path("", include("home.urls")),
    path("", include("learners.api.urls")),
    # Learners stand below the certificates; what these say of a name is handed to them here.
    path("api/v1/me/profile", MyProfile.as_view(certificates=credentials), name="my-profile"),
    path("", include("credentials.api.urls")),
    path("", include("courses.api.urls")),
    path("", include("agencies.urls")),
    path("", include("privacy.urls")),
    # Privacy stands below the agencies; whether one is active is handed to it here.
    path("api/v1/me/consents/<id:record_id>", ConsentView.as_view(agency_is_active=agencies.is_active)),
    path("", include("accounts.urls")),
    path("", include("member_states.urls")),
    path("", pages.front, name="front"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", pages.robots, name="robots"),
    path("problems/<slug:code>", pages.problem, name="problem"),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("auth/", include("allauth.headless.urls")),
]
