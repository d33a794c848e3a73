"""Every route of the platform; each app brings its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from agencies import public as agencies
from common.paths import IdConverter
from config import health, pages
from privacy.api.consents import ConsentView

register_converter(IdConverter, "id")

urlpatterns = [
    path("", include("assessments.api.urls")),
    path("", include("home.urls")),
    path("", include("learners.api.urls")),
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
    path(
        "api/docs",
        SpectacularSwaggerView.as_view(url_name="openapi", http_method_names=["get", "head"]),
        name="api-docs",
    ),
    path("api/openapi.yaml", SpectacularAPIView.as_view(http_method_names=["get", "head"]), name="openapi"),
]
