"""Who is refused in the admin reads why, in the admin's own look, and finds the way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.roles import STATE_ADMINISTRATOR, TRAINER
from tests.factories import make_learner, make_user
from tests.learners.test_learners_admin import staff
from tests.learners.test_recovery_in_person import Officer

pytestmark = pytest.mark.django_db


def assert_is_a_page_of_the_admin(page: Any, *texts: str) -> None:
    text = page.content.decode()
    for expected in ("To the first page of the admin", 'href="/admin/"', "unfold", *texts):
        assert expected in text, text[:500]
    assert "no-store" in page["Cache-Control"]


def test_an_officer_without_a_second_factor_is_led_to_setting_one_up() -> None:
    officer = Officer("JP", device=False)
    page = officer.client.get(f"/admin/learners/learner/{make_learner('JP').pk}/recovery-code/")
    assert page.status_code == 403
    assert_is_a_page_of_the_admin(page, "your own second factor", 'href="/admin/second-factor/enrol/"')
    assert officer.client.get("/admin/second-factor/enrol/").status_code == 200, "the link leads there"


def test_a_code_for_an_account_of_staff_is_refused_with_the_reason() -> None:
    learner = make_learner("JP", user=make_user(is_staff=True))
    page = Officer("JP").hand_over(learner)
    assert page.status_code == 403
    assert_is_a_page_of_the_admin(page, "belongs to a member of staff")
    assert "second-factor/enrol" not in page.content.decode(), "they have one"


def test_each_refusal_is_a_page_and_tells_nothing_of_another_state() -> None:
    learner = make_learner("JP", name="山田 愛子")
    trainer, thai = staff(TRAINER, None), staff(STATE_ADMINISTRATOR, "TH")
    refused = trainer.get("/admin/accounts/user/")
    assert refused.status_code == 403
    assert_is_a_page_of_the_admin(refused, "does not have the permission")
    for path in (f"/admin/learners/learner/{learner.pk}/recovery-code/", "/admin/no-such-page/"):
        missing = thai.get(path)
        assert missing.status_code == 404
        assert_is_a_page_of_the_admin(missing, "There is no such page")
        assert learner.legal_name not in missing.content.decode()


def test_outsiders_see_no_page_of_the_admin() -> None:
    learner = Client()
    learner.force_login(make_user())
    for outsider in (Client(), learner):
        assert outsider.get("/admin/accounts/user/").status_code == 302, "to the sign-in page"
        elsewhere = outsider.get("/no-such-page")
        assert elsewhere.status_code == 404
        assert b"first page of the admin" not in elsewhere.content
    assert b"first page of the admin" not in staff(TRAINER, None).get("/no-such-page").content
