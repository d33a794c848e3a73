"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import URLPattern, path

from assessments.api.appeals import AppealsView, AppealView
from assessments.api.attempts import AnswersView, AttemptsView, AttemptView, SubmissionView
from assessments.api.files import FileView
from assessments.api.marks import MarksView
from assessments.api.quizzes import QuizzesView
from assessments.api.scoring_rules import ScoringRule, ScoringRules

urlpatterns: list[URLPattern] = [
    path("api/v1/editions/<id:edition_id>/quizzes", QuizzesView.as_view(), name="quizzes"),
    path("api/v1/me/appeals", AppealsView.as_view(), name="appeals"),
    path("api/v1/me/appeals/<id:appeal_id>", AppealView.as_view(), name="appeal"),
    path("api/v1/me/attempts", AttemptsView.as_view(), name="attempts"),
    path("api/v1/me/attempts/<id:attempt_id>", AttemptView.as_view(), name="attempt"),
    path("api/v1/me/attempts/<id:attempt_id>/answers", AnswersView.as_view(), name="attempt-answers"),
    path("api/v1/me/attempts/<id:attempt_id>/files/<id:file_id>", FileView.as_view(), name="attempt-file"),
    path("api/v1/me/attempts/<id:attempt_id>/marks", MarksView.as_view(), name="attempt-marks"),
    path("api/v1/me/attempts/<id:attempt_id>/submission", SubmissionView.as_view(), name="submission"),
    path("api/v1/scoring-rules", ScoringRules.as_view(), name="scoring-rules"),
    path("api/v1/scoring-rules/<slug:rule>", ScoringRule.as_view(), name="scoring-rule"),
]
