"""Administrators of Thailand and of Japan in the admin: each sees their own state, wherever they look."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User
from accounts.roles import REVIEWER, STATE_ADMINISTRATOR
from agencies.models import Agency, Grant
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.scoped_urls")]


@pytest.fixture(autouse=True)
def grants() -> dict[str, Grant]:
    return {
        state: Grant.objects.create(
            agency=Agency.objects.create(name=f"Canary agency of {state}", member_state_id=state),
            member_state_id=state,
            purpose_id="share_progress",
            scope="aggregate",
            legal_basis="a test",
            valid_from=date(2026, 1, 1),
        )
        for state in ("TH", "JP")
    }


def administrator(state: str | None, role: str = STATE_ADMINISTRATOR, **more: Any) -> Client:
    user = make_user(is_staff=True, member_state_id=state, **more)
    user.groups.add(Group.objects.get(name=role))
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["agencies", "accounts"]))
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def test_the_change_list_holds_the_states_rows_only() -> None:
    thai = text(administrator("TH"), "/admin/agencies/grant/")
    assert "Canary agency of TH" in text(administrator("TH"), "/admin/agencies/agency/")
    assert "Canary agency of JP" not in text(administrator("TH"), "/admin/agencies/agency/")
    # Neither the rows nor the choices of either filter name the other state.
    assert "Canary agency of JP" not in thai
    assert "Canary agency of TH" in thai
    assert "Thailand" in thai
    assert "Japan" not in thai.replace("Japan and ASEAN", "")


@pytest.mark.parametrize(
    "query", ["?agency__id__exact={}", "?agency__member_state__code__exact=JP", "?q=JP", "?agency__member_state=JP"]
)
def test_no_parameter_widens_the_list(grants: dict[str, Grant], query: str) -> None:
    answer = administrator("TH").get("/admin/agencies/grant/" + query.format(grants["JP"].agency_id), follow=True)
    assert "Canary agency of JP" not in answer.content.decode()


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_a_direct_url_of_another_state_leads_nowhere(grants: dict[str, Grant], page: str) -> None:
    client = administrator("TH")
    assert client.get(f"/admin/agencies/grant/{grants['TH'].pk}/{page}/").status_code == 200
    answer = client.get(f"/admin/agencies/grant/{grants['JP'].pk}/{page}/")
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"


def test_another_states_row_is_neither_changed_nor_deleted(grants: dict[str, Grant]) -> None:
    client, theirs = administrator("TH"), grants["JP"]
    client.post(f"/admin/agencies/grant/{theirs.pk}/change/", form(theirs, legal_basis="taken"))
    client.post(f"/admin/agencies/grant/{theirs.pk}/delete/", {"post": "yes"})
    client.post("/admin/agencies/grant/", {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes"})
    theirs.refresh_from_db()
    assert theirs.legal_basis == "a test"


def form(grant: Grant, **changed: Any) -> dict[str, Any]:
    return {
        "agency": grant.agency_id,
        "member_state": grant.member_state_id,
        "purpose": "share_progress",
        "scope": "aggregate",
        "legal_basis": "a test",
        "valid_from": "2026-01-01",
        **changed,
    }


def test_a_form_accepts_related_rows_of_the_state_only(grants: dict[str, Grant]) -> None:
    client, own = administrator("TH"), grants["TH"]
    url = f"/admin/agencies/grant/{own.pk}/change/"
    assert client.post(url, form(own, legal_basis="changed")).status_code == 302
    for taken in ({"agency": grants["JP"].agency_id}, {"member_state": "JP"}):
        answer = client.post(url, form(own, **taken))
        assert answer.status_code == 200
        assert "Select a valid choice" in answer.content.decode()
    own.refresh_from_db()
    assert (own.legal_basis, own.member_state_id, own.agency.member_state_id) == ("changed", "TH", "TH")
    assert "Japan" not in text(client, url).replace("Japan and ASEAN", "")


def test_a_row_saved_outside_the_state_is_refused_and_rolled_back(monkeypatch: Any, grants: dict[str, Grant]) -> None:
    from tests.accounts.scoped_urls import GrantAdmin

    monkeypatch.setattr(GrantAdmin, "get_field_queryset", lambda *given: None)
    own = grants["TH"]
    stolen = form(own, agency=grants["JP"].agency_id)
    assert administrator("TH").post(f"/admin/agencies/grant/{own.pk}/change/", stolen).status_code == 403
    own.refresh_from_db()
    assert own.agency.member_state_id == "TH"


def test_an_autocomplete_finds_rows_of_the_state_only() -> None:
    url = "/admin/autocomplete/?app_label=agencies&model_name=grant&field_name=agency&term=Canary"
    assert [row["text"] for row in administrator("TH").get(url).json()["results"]] == ["Canary agency of TH"]
    assert len(administrator(None, is_superuser=True).get(url).json()["results"]) == 2


def test_accounts_of_another_state_are_not_seen(grants: dict[str, Grant]) -> None:
    theirs = make_user(username="canary-of-japan", is_staff=True, member_state_id="JP")
    client = administrator("TH", username="canary-of-thailand")
    listed = text(client, "/admin/accounts/user/")
    assert "canary-of-thailand" in listed
    assert "canary-of-japan" not in listed
    assert client.get(f"/admin/accounts/user/{theirs.pk}/change/").status_code == 302
    assert client.get(f"/admin/accounts/user/{theirs.pk}/password/").status_code in (302, 404)
    make_user(username="stateless-learner")
    assert "stateless-learner" not in text(client, "/admin/accounts/user/")


def test_nobody_gives_themselves_more(grants: dict[str, Grant]) -> None:
    client = administrator("TH", username="climber")
    climber = User.objects.get(username="climber")
    client.post(
        f"/admin/accounts/user/{climber.pk}/change/",
        {"username": "climber", "is_active": "on", "is_staff": "on", "is_superuser": "on", "member_state": "TH"},
    )
    climber.refresh_from_db()
    assert not climber.is_superuser


def test_in_the_role_without_a_state_nothing_is_seen() -> None:
    assert "Canary agency" not in text(administrator(None), "/admin/agencies/grant/")


def test_a_reviewer_and_a_superuser_are_not_limited() -> None:
    for client in (administrator(None, REVIEWER), administrator(None, is_superuser=True)):
        listed = text(client, "/admin/agencies/agency/")
        assert "Canary agency of TH" in listed
        assert "Canary agency of JP" in listed


def test_the_list_costs_the_same_for_one_row_and_for_fifty(query_budget: Any) -> None:
    client = administrator("TH")
    text(client, "/admin/agencies/agency/")
    with query_budget(14):
        text(client, "/admin/agencies/agency/")
    Agency.objects.bulk_create(Agency(name=f"more {n}", member_state_id="TH") for n in range(50))
    with query_budget(14):
        text(client, "/admin/agencies/agency/")
