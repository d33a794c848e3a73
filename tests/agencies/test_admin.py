"""Staff register agencies and machines and give grants in the admin; a secret is shown once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from oauth2_provider.models import AccessToken, Application

from accounts.models import User
from agencies import services
from agencies.errors import NotOfThatState
from agencies.models import Agency, ApiClient, Grant, StatisticCell
from common import clock
from privacy.models import AuditEntry
from tests.agencies.factories import make_agency, make_grant, signed_in_machine, today
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def _administrator(state: str | None, **given: Any) -> User:
    user = make_user(is_staff=True, member_state_id=state, **given)
    user.groups.add(Group.objects.get(name="member-state administrator"))
    return user


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def state_administrator() -> Client:
    return _signed_in(_administrator("PH"))


def _shown(answer: Any) -> tuple[str, str]:
    text = answer.content.decode()
    return tuple(re.search(rf'id="client-{name}"[^>]*>([^<]+)<', text)[1] for name in ("id", "secret"))  # type: ignore[index,return-value]


def test_a_new_client_s_secret_is_shown_once(staff: Client) -> None:
    agency = make_agency("PH")
    assert staff.get("/admin/agencies/apiclient/add/").status_code == 200
    answer = staff.post("/admin/agencies/apiclient/add/", {"agency": str(agency.pk), "name": "data warehouse"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    client_id, secret = _shown(answer)
    signed = Client().post(
        "/agency/oauth/token",
        {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret},
    )
    assert signed.status_code == 200
    client = ApiClient.objects.get()
    for path in ("", f"{client.pk}/change/"):
        page = staff.get(f"/admin/agencies/apiclient/{path}")
        assert page.status_code == 200
        assert client_id in page.content.decode()
        assert secret not in page.content.decode()
    assert AuditEntry.objects.filter(action="agency_client.registered", actor=str(User.objects.get().pk)).exists()


def test_a_renewed_secret_ends_the_old_one(staff: Client) -> None:
    machine = signed_in_machine(make_agency("PH"))
    client = ApiClient.objects.get()
    answer = staff.post("/admin/agencies/apiclient/", {"action": "renew_secret", "_selected_action": [str(client.pk)]})
    assert _shown(answer)[0] == machine.credentials.client_id
    assert machine.pull().status_code == 401
    assert machine.sign_in().status_code == 401
    assert machine.sign_in(client_secret=_shown(answer)[1]).status_code == 200


def test_deactivating_a_client_or_an_agency_ends_its_tokens(staff: Client) -> None:
    agency = make_agency("PH")
    machine, other = signed_in_machine(agency), signed_in_machine(agency)
    client = ApiClient.objects.get(application__client_id=machine.credentials.client_id)
    assert staff.post(f"/admin/agencies/apiclient/{client.pk}/change/", {}).status_code == 302
    assert machine.pull().status_code == 401
    assert other.pull().status_code == 200
    answer = staff.post(f"/admin/agencies/agency/{agency.pk}/change/", {"name": agency.name, "role": "other"})
    assert answer.status_code == 302
    agency.refresh_from_db()
    assert (agency.active, agency.role) == (False, "other")
    assert other.pull().status_code == 401
    assert not AccessToken.objects.exists()
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "agency_client.deactivated",
        "agency.deactivated",
        "agency.described",
    }


def test_an_agency_is_registered(staff: Client) -> None:
    answer = staff.post("/admin/agencies/agency/add/", {"name": "ASEAN body", "role": "regional", "active": "on"})
    assert answer.status_code == 302, answer.content
    agency = Agency.objects.get(name="ASEAN body")
    assert (agency.member_state_id, agency.active) == (None, True)
    assert AuditEntry.objects.filter(action="agency.registered", subject_id=str(agency.pk)).exists()
    assert staff.get("/admin/agencies/agency/").status_code == 200
    again = staff.post("/admin/agencies/agency/add/", {"name": "ASEAN body", "role": "regional", "active": "on"})
    assert again.status_code == 200
    assert Agency.objects.filter(name="ASEAN body").count() == 1


def _grant(agency: Agency, **given: str) -> dict[str, str]:
    return {
        "agency": str(agency.pk),
        "member_state": "PH",
        "purpose": "share_progress",
        "scope": "learner",
        "legal_basis": "Republic Act 1, section 2",
        "valid_from": today().isoformat(),
        "valid_to": "",
        **given,
    }


def test_a_grant_is_given_and_ended_but_never_rewritten(staff: Client) -> None:
    agency = make_agency("PH", grants=())
    assert staff.get("/admin/agencies/grant/add/").status_code == 200
    assert staff.post("/admin/agencies/grant/add/", _grant(agency)).status_code == 302
    grant = Grant.objects.get()
    agency.refresh_from_db()
    assert agency.feed_due_at is not None
    answer = staff.post(
        f"/admin/agencies/grant/{grant.pk}/change/", _grant(agency, scope="aggregate", valid_to=today().isoformat())
    )
    assert answer.status_code == 302
    grant.refresh_from_db()
    assert (grant.scope, grant.valid_to) == ("learner", today())
    assert staff.post(f"/admin/agencies/grant/{grant.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "bad",
    [{"member_state": "TH"}, {"legal_basis": "  "}, {"valid_to": "2020-01-01"}, {"purpose": "nothing"}],
)
def test_an_unlawful_grant_is_refused_with_its_reason(staff: Client, bad: dict[str, str]) -> None:
    agency = make_agency("PH", grants=())
    answer = staff.post("/admin/agencies/grant/add/", _grant(agency, **bad))
    assert answer.status_code == 200
    assert not Grant.objects.exists()
    assert not AuditEntry.objects.filter(action="grant.given").exists()


def test_a_regional_body_gets_no_learner_level_grant(staff: Client) -> None:
    region = make_agency(None)
    assert staff.post("/admin/agencies/grant/add/", _grant(region)).status_code == 200
    assert not Grant.objects.exists()
    assert staff.post("/admin/agencies/grant/add/", _grant(region, scope="aggregate")).status_code == 302


def test_statistics_are_looked_at_only(staff: Client) -> None:
    cell = StatisticCell.objects.create(member_state_id="PH", skill_code="AIS-A1", level=1, learners=10)
    assert staff.get("/admin/agencies/statisticcell/").status_code == 200
    assert staff.post(f"/admin/agencies/statisticcell/{cell.pk}/change/", {"learners": "50"}).status_code == 403
    cell.refresh_from_db()
    assert cell.learners == 10


def test_a_state_s_administrator_sees_the_own_state_and_changes_nothing(state_administrator: Client) -> None:
    mine, thai = make_agency("PH", name="Mine of PH"), make_agency("TH", name="Theirs of TH")
    page = state_administrator.get("/admin/agencies/agency/").content.decode()
    assert "Mine of PH" in page
    assert "Theirs of TH" not in page
    grants = state_administrator.get("/admin/agencies/grant/").content.decode()
    assert "Theirs of TH" not in grants
    assert state_administrator.get(f"/admin/agencies/agency/{thai.pk}/change/").status_code == 302
    for agency in (mine, thai):
        state_administrator.post(f"/admin/agencies/agency/{agency.pk}/change/", {"name": "x", "role": "x"})
        state_administrator.post("/admin/agencies/apiclient/add/", {"agency": str(agency.pk), "name": "x"})
    assert set(Agency.objects.filter(role="skills").values_list("name", flat=True)) == {"Mine of PH", "Theirs of TH"}
    assert not Agency.objects.filter(name="x").exists()
    assert not ApiClient.objects.exists()


def test_an_outsider_does_not_get_in() -> None:
    dao = Client()
    dao.force_login(make_user())
    agency = make_agency("PH")
    for path in ("agency/", "apiclient/add/", "grant/add/", "statisticcell/"):
        assert dao.get(f"/admin/agencies/{path}").status_code == 302
    dao.post("/admin/agencies/apiclient/add/", {"agency": str(agency.pk), "name": "x"})
    assert not ApiClient.objects.exists()


def test_the_toolkit_s_own_pages_are_gone(staff: Client) -> None:
    assert not admin.site.is_registered(Application)
    assert not admin.site.is_registered(AccessToken)


def _act(client: Client, action: str, grant: Grant) -> str:
    answer = client.post("/admin/agencies/grant/", {"action": action, "_selected_action": [str(grant.pk)]}, follow=True)
    return answer.content.decode()


def test_another_state_s_figures_open_when_its_administrator_approves(
    staff: Client, state_administrator: Client
) -> None:
    thai, region = make_agency("TH", name="Thai agency"), make_agency(None, name="Region")
    for agency in (thai, region):
        assert staff.post("/admin/agencies/grant/add/", _grant(agency, scope="aggregate")).status_code == 302
    grants = [Grant.objects.get(agency=agency, member_state="PH") for agency in (thai, region)]
    StatisticCell.objects.create(member_state_id="PH", skill_code="AIS-A1", level=1, learners=10)
    # A superuser and the administrator of the agency's own state are no administrator of the Philippines.
    nowhere = _administrator(None)
    for outsider in (staff, _signed_in(_administrator("TH")), _signed_in(nowhere)):
        for grant in grants:
            _act(outsider, "approve", grant)
    assert not AuditEntry.objects.filter(action="grant.approved").exists()
    page = state_administrator.get("/admin/agencies/grant/").content.decode()
    assert page.count("waits for the state") == 2
    for grant in grants:
        machine = signed_in_machine(grant.agency)
        assert machine.read("/agency/v1/statistics", {"state": "PH"}).status_code == 403
        for _ in range(2):
            _act(state_administrator, "approve", grant)
        assert machine.read("/agency/v1/statistics", {"state": "PH"}).json()["items"]
        grant.refresh_from_db()
        assert grant.approved_by is not None
        entry = AuditEntry.objects.get(action="grant.approved", subject_id=str(grant.pk))
        assert (entry.actor, entry.detail["state"]) == (str(grant.approved_by_id), "PH")
        _act(state_administrator, "withdraw_approval", grant)
        assert machine.read("/agency/v1/statistics", {"state": "PH"}).status_code == 403
        assert AuditEntry.objects.filter(action="grant.approval_withdrawn", subject_id=str(grant.pk)).count() == 1


def test_what_needs_no_approval_gets_none(state_administrator: Client) -> None:
    own = make_agency("PH")
    for grant in Grant.objects.filter(agency=own):
        assert "needs no approval" in _act(state_administrator, "approve", grant)
    assert not Grant.objects.filter(approved_at__isnull=False).exists()
    assert len(signed_in_machine(own).read("/agency/v1/statistics").json()["items"]) == 0, (
        "200, and nothing counted yet"
    )


def test_whoever_was_dismissed_a_moment_ago_approves_nothing() -> None:
    grant = make_grant(make_agency("TH"), "PH", "aggregate", approved_at=None)
    former = _administrator("PH")
    User.objects.filter(pk=former.pk).update(is_active=False)
    with pytest.raises(NotOfThatState):
        services.approve_grant(grant_id=grant.pk, by=former, now=clock.now())


def test_an_administrator_sees_what_others_were_granted_of_the_own_state_and_ends_none_of_it(
    state_administrator: Client,
) -> None:
    theirs = make_grant(make_agency("TH", name="Thai agency"), "PH", "aggregate", approved_at=None)
    hidden = make_grant(make_agency("JP", name="Japanese agency"), "TH", "aggregate", approved_at=None)
    page = state_administrator.get("/admin/agencies/grant/").content.decode()
    assert "Thai agency" in page
    assert "Japanese agency" not in page
    state_administrator.post(f"/admin/agencies/grant/{theirs.pk}/change/", {"valid_to": today().isoformat()})
    theirs.refresh_from_db()
    assert theirs.valid_to is None
    assert "done" not in _act(state_administrator, "approve", hidden)
