"""No link of the admin leads a person to “doesn't exist. Perhaps it was deleted?”."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib import admin

from accounts.roles import REVIEWER, STATE_ADMINISTRATOR
from agencies.models import Agency, Grant
from common.admin_links import LinksWhatOpens
from privacy.models import Disclosure, Pull
from tests.factories import make_learner, make_user
from tests.learners.test_learners_admin import staff

pytestmark = pytest.mark.django_db


def test_every_model_s_admin_of_the_platform_knows_what_opens() -> None:
    others = {"django_celery_beat", "django_celery_results"}
    missing = [
        model._meta.label
        for model, model_admin in admin.site._registry.items()
        if not isinstance(model_admin, LinksWhatOpens) and model._meta.app_label not in others
    ]
    assert not missing


def test_an_officer_reads_the_user_name_of_a_learner_and_a_superuser_follows_it(client) -> None:
    learner = make_learner("TH", user=make_user(username="somchai"))
    pull = Pull.objects.create(
        agency=Agency.objects.create(member_state_id="TH", name="MOL"), client_id="x", operation="progress", row_count=1
    )
    disclosure = Disclosure.objects.create(pull=pull, user=learner.user)
    account = f"/admin/accounts/user/{learner.pk}/change/"
    officer = staff(STATE_ADMINISTRATOR, "TH")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for path in (f"/admin/learners/learner/{learner.pk}/change/", f"/admin/privacy/disclosure/{disclosure.pk}/change/"):
        shown = officer.get(path)
        assert shown.status_code == 200
        assert "somchai" in shown.content.decode()
        assert account not in shown.content.decode()
        assert account in client.get(path).content.decode()
        assert staff(STATE_ADMINISTRATOR, "JP").get(path).status_code == 302
        assert account not in staff(REVIEWER, None).get(path).content.decode()


def test_a_grant_names_an_agency_of_another_state_and_links_one_s_own() -> None:
    foreign, own = (Agency.objects.create(member_state_id=state, name=f"Agency of {state}") for state in ("JP", "TH"))
    for agency in (foreign, own):
        grant = Grant.objects.create(
            agency=agency,
            member_state_id="TH",
            purpose_id="share_progress",
            scope="aggregate",
            legal_basis="x",
            valid_from=date(2026, 1, 1),
        )
        page = staff(STATE_ADMINISTRATOR, "TH").get(f"/admin/agencies/grant/{grant.pk}/change/")
        assert page.status_code == 200
        assert agency.name in page.content.decode()
        linked = f"/admin/agencies/agency/{agency.pk}/change/" in page.content.decode()
        assert linked is (agency == own)


def test_what_a_page_links_to_opens() -> None:
    """Each link to a row from the officer's pages of a learner, and of a pull."""
    learner = make_learner("TH")
    pull = Pull.objects.create(
        agency=Agency.objects.create(member_state_id="TH", name="MOL"),
        client_id="x",
        operation="progress",
        row_count=1,
        purpose_id="share_progress",
    )
    officer = staff(STATE_ADMINISTRATOR, "TH")
    for path in (f"/admin/learners/learner/{learner.pk}/change/", f"/admin/privacy/pull/{pull.pk}/change/"):
        for link in set(re.findall(r'href="(/admin/\w+/\w+/[^"/]+/change/)"', officer.get(path).content.decode())):
            assert officer.get(link).status_code == 200, link
