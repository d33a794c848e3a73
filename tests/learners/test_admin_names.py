"""Staff read names, not ids; what only machines read is out of the way."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin

from accounts.roles import REVIEWER, STATE_ADMINISTRATOR
from events import public as events
from learners.models import Evidence, SkillState
from tests.factories import make_learner
from tests.learners.factories import an_answer, an_outcome, make_edition, make_enrolment, record_outcomes
from tests.learners.test_learners_admin import staff

pytestmark = pytest.mark.django_db


def test_a_row_of_a_learner_bears_their_name() -> None:
    learner = make_learner("TH", name="สมชาย วัฒนกุล")
    make_enrolment(learner, make_edition(lessons=1))
    record_outcomes(an_outcome(learner.pk, [an_answer()]))
    events.drain("mastery")
    page = f"/admin/learners/learner/{learner.pk}/change/"
    for row in (*Evidence.objects.all(), *SkillState.objects.all()):
        path = f"/admin/learners/{row._meta.model_name}/{row.pk}/change/"
        for_state = staff(STATE_ADMINISTRATOR, "TH").get(path).content.decode()
        assert learner.legal_name in for_state
        assert page in for_state
        # A reviewer sees whose it is, and no link to a page that would refuse them.
        for_reviewer = staff(REVIEWER, None).get(path).content.decode()
        assert learner.legal_name in for_reviewer
        assert page not in for_reviewer
        assert staff(STATE_ADMINISTRATOR, "JP").get(path).status_code == 302
    found = staff(STATE_ADMINISTRATOR, "TH").get("/admin/learners/skillstate/").content.decode()
    assert f"{SkillState.objects.all()[0].probability:.0%}" in found


def test_the_secrets_of_second_factors_have_no_page() -> None:
    assert not admin.site.is_registered(Authenticator)
