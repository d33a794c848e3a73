"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import path

from member_states.api.choices import MemberStateChoicesView
from member_states.api.member_states import MemberStatesView

urlpatterns = [
    path("api/v1/member-states", MemberStatesView.as_view()),
    path("api/v1/member-states/choices", MemberStateChoicesView.as_view()),
]
