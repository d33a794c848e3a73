"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import URLPattern, path

from learners.api.enrolments import MyEnrolment, MyEnrolments
from learners.api.home import Home
from learners.api.profiles import MyProfile
from learners.api.progress import MyProgress
from learners.api.skills import MySkills

urlpatterns: list[URLPattern] = [
    path("api/v1/home", Home.as_view(), name="home"),
    path("api/v1/me/profile", MyProfile.as_view(), name="my-profile"),
    path("api/v1/me/skills", MySkills.as_view(), name="my-skills"),
    path("api/v1/me/enrolments", MyEnrolments.as_view(), name="my-enrolments"),
    path("api/v1/me/enrolments/<uuid:enrolment_id>", MyEnrolment.as_view(), name="my-enrolment"),
    path("api/v1/me/enrolments/<uuid:enrolment_id>/progress", MyProgress.as_view(), name="my-progress"),
]
