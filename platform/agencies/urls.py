"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import URLPattern, path

from agencies.api.agencies import Agencies
from agencies.api.explanations import LearnerSkills
from agencies.api.progress import Progress
from agencies.api.statistics import Statistics
from agencies.api.token import TokenView

urlpatterns: list[URLPattern] = [
    path("api/v1/agencies", Agencies.as_view(), name="agencies"),
    path("agency/oauth/token", TokenView.as_view(), name="agency-token"),
    path("agency/v1/learners/<slug:learner>/skills", LearnerSkills.as_view(), name="agency-learner-skills"),
    path("agency/v1/progress", Progress.as_view(), name="agency-progress"),
    path("agency/v1/statistics", Statistics.as_view(), name="agency-statistics"),
]
