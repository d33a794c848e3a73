"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import URLPattern, path

from learners.api.enrolments import MyEnrolment, MyEnrolments
from learners.api.level_assessments import MyLevelAssessment, MyLevelAssessments
from learners.api.moves import MyMove
from learners.api.progress import MyProgress
from learners.api.self_description import MySelfDescription
from learners.api.skills import MySkills

urlpatterns: list[URLPattern] = [
    path("api/v1/me/self-description", MySelfDescription.as_view(), name="my-self-description"),
    path("api/v1/me/skills", MySkills.as_view(), name="my-skills"),
    path("api/v1/me/enrolments", MyEnrolments.as_view(), name="my-enrolments"),
    path("api/v1/me/enrolments/<id:enrolment_id>", MyEnrolment.as_view(), name="my-enrolment"),
    path("api/v1/me/enrolments/<id:enrolment_id>/progress", MyProgress.as_view(), name="my-progress"),
    path("api/v1/me/enrolments/<id:enrolment_id>/moves/<id:edition_id>", MyMove.as_view(), name="my-move"),
    path("api/v1/me/level-assessments", MyLevelAssessments.as_view(), name="my-level-assessments"),
    path("api/v1/me/level-assessments/<id:assessment_id>", MyLevelAssessment.as_view(), name="my-level-assessment"),
]
