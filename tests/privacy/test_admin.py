"""Proof in the admin: superusers look, nobody changes; a state's administrator looks at what its own agencies pulled."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils.timezone import localtime

from agencies.models import Agency
from privacy.models import Disclosure, Pull
from tests.factories import make_learner, make_user

PAGES = ("consentrecord", "disclosure", "pull", "auditentry")
pytestmark = pytest.mark.django_db


def test_superusers_look(client: Any) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for page in (*PAGES, "purpose", "purpose/share_progress/change"):
        assert client.get(f"/admin/privacy/{page}/").status_code == 200
    for page in PAGES:
        assert client.get(f"/admin/privacy/{page}/add/").status_code == 403


def _with_all_permissions(**given: Any) -> Any:
    user = make_user(is_staff=True, **given)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="privacy"))
    return user


def test_other_staff_do_not(client: Any) -> None:
    client.force_login(_with_all_permissions())
    for page in PAGES:
        assert client.get(f"/admin/privacy/{page}/").status_code == 403


def test_a_state_s_administrator_reads_what_agencies_of_the_own_state_pulled(client: Any) -> None:
    pulls = {}
    for state in ("TH", "PH"):
        agency = Agency.objects.create(member_state_id=state, name=f"Canary agency of {state}")
        learner = make_learner(state)
        pulls[state] = Pull.objects.create(agency=agency, client_id="x", operation="progress", row_count=1)
        Disclosure.objects.create(pull=pulls[state], user=learner.user)
    administrator = make_user(is_staff=True, member_state_id="TH")
    administrator.groups.add(Group.objects.get(name="member-state administrator"))
    client.force_login(administrator)
    for page in ("pull", "disclosure"):
        text = client.get(f"/admin/privacy/{page}/").content.decode()
        assert "Canary agency of TH" in text
        assert "Canary agency of PH" not in text
    # The way there, from the agency.
    link = f"/admin/privacy/pull/?agency__id__exact={pulls['TH'].agency_id}"
    assert link in client.get("/admin/agencies/agency/").content.decode()
    assert client.get(link).status_code == 200
    assert client.get(f"/admin/privacy/pull/{pulls['TH'].pk}/change/").status_code == 200
    assert client.get(f"/admin/privacy/pull/{pulls['PH'].pk}/change/").status_code == 302, "as if there were none"
    others = f"/admin/privacy/pull/?agency__id__exact={pulls['PH'].agency_id}"
    assert "Canary agency of PH" not in client.get(others, follow=True).content.decode()
    for page in ("consentrecord", "auditentry", "pull/add", f"pull/{pulls['TH'].pk}/delete"):
        assert client.get(f"/admin/privacy/{page}/").status_code == 403
    # An administrator without a state belongs nowhere.
    nowhere = _with_all_permissions()
    nowhere.groups.add(Group.objects.get(name="member-state administrator"))
    client.force_login(nowhere)
    assert "Canary agency" not in client.get("/admin/privacy/pull/").content.decode()


def _pulled(agency: str, *learners: Any, operation: str = "progress") -> Pull:
    office = Agency.objects.create(member_state_id="VN", name=agency)
    pull = Pull.objects.create(agency=office, client_id="x", operation=operation, row_count=len(learners))
    for learner in learners:
        Disclosure.objects.create(pull=pull, user=learner.user)
    return pull


def _officer(client: Any, state: str) -> Any:
    officer = make_user(is_staff=True, member_state_id=state)
    officer.groups.add(Group.objects.get(name="member-state administrator"))
    client.force_login(officer)
    return client


def test_an_officer_goes_from_a_pull_to_whose_data_it_held_and_back(client: Any) -> None:
    lan, minh = make_learner("VN", name="Nguyễn Thị Lan"), make_learner("VN", name="Trần Minh")
    pull = _pulled("Canary MOET", lan)
    other = _pulled("Canary MOLISA", minh)
    officer = _officer(client, "VN")
    way = f"/admin/privacy/disclosure/?pull__id__exact={pull.pk}"
    for page in ("/admin/privacy/pull/", f"/admin/privacy/pull/{pull.pk}/change/"):
        assert way in officer.get(page).content.decode()
    listed = officer.get(way).content.decode()
    assert "Nguyễn Thị Lan" in listed
    assert "Trần Minh" not in listed
    assert f"/admin/privacy/pull/{pull.pk}/change/" in listed
    disclosure = pull.disclosures.get()
    page = officer.get(f"/admin/privacy/disclosure/{disclosure.pk}/change/").content.decode()
    assert "Nguyễn Thị Lan" in page
    assert f"/admin/privacy/pull/{pull.pk}/change/" in page
    # Words, where an id stood.
    day = f"{localtime(pull.at):%-d %b %Y}"
    assert f"progress, Canary MOET, {day}" in page
    assert str(pull) == f"progress, Canary MOET, {day}"
    assert str(other.pk) not in page
    assert _officer(client, "TH").get(f"/admin/privacy/disclosure/{disclosure.pk}/change/").status_code == 302
    assert "Nguyễn" not in client.get(way, follow=True).content.decode()


@pytest.mark.parametrize("asked", ["Lan", "nguyễn thị", "Canary MOET"])
def test_disclosures_are_found_by_the_learner_s_name_and_the_agency(client: Any, asked: str) -> None:
    _pulled("Canary MOET", make_learner("VN", name="Nguyễn Thị Lan"))
    _pulled("Canary MOLISA", make_learner("VN", name="Trần Minh"))
    found = _officer(client, "VN").get("/admin/privacy/disclosure/", {"q": asked}).content.decode()
    assert "Nguyễn Thị Lan" in found
    assert "Trần Minh" not in found
    assert (
        "Nguyễn Thị Lan" not in _officer(client, "TH").get("/admin/privacy/disclosure/", {"q": asked}).content.decode()
    )


def test_the_name_of_a_learner_who_moved_to_another_state_is_neither_shown_nor_found(client: Any) -> None:
    moved = make_learner("TH", name="Somchai Canary")
    _pulled("Canary MOET", moved)
    officer = _officer(client, "VN")
    listed = officer.get("/admin/privacy/disclosure/").content.decode()
    assert moved.user.username in listed
    assert "Somchai" not in listed
    assert moved.user.username not in officer.get("/admin/privacy/disclosure/", {"q": "Somchai"}).content.decode()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert "Somchai Canary" in client.get("/admin/privacy/disclosure/", {"q": "Somchai"}).content.decode()


def test_a_longer_list_costs_no_more_queries(client: Any, django_assert_max_num_queries: Any) -> None:
    _pulled("Canary MOET", *(make_learner("VN") for _ in range(12)))
    _pulled("Canary MOLISA", make_learner("VN"))
    officer = _officer(client, "VN")
    for page in ("disclosure", "pull"):
        officer.get(f"/admin/privacy/{page}/")
        with django_assert_max_num_queries(13):
            officer.get(f"/admin/privacy/{page}/")
