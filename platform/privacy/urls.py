"""Routes, relative to the root; config/urls.py collects them, and adds the one that must know the agencies."""

from django.urls import path

from privacy.api.consents import ConsentsView
from privacy.api.disclosures import DisclosuresView
from privacy.api.purposes import PurposesView
from privacy.api.sign_out import SignOutEverywhereView

urlpatterns = [
    path("api/v1/purposes", PurposesView.as_view()),
    path("api/v1/me/consents", ConsentsView.as_view()),
    path("api/v1/me/disclosures", DisclosuresView.as_view()),
    path("api/v1/me/sign-out-everywhere", SignOutEverywhereView.as_view()),
]
