"""Proof in the admin: superusers look, nobody changes; a state's administrator looks at what its own agencies pulled."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

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
