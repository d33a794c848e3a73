"""Staff take every step in the life of a certificate in the admin, and issue none there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from credentials.admin import steps
from credentials.certificates.lifecycle_models import BulkRevocation
from credentials.certificates.models import Certificate
from events import public as events
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _status(certificate: Certificate) -> str:
    return Certificate.objects.values_list("status", flat=True).get(pk=certificate.pk)


def _staff(role: str, **given: Any) -> Any:
    user: User = make_user(is_staff=True, **given)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def _act(client: Any, model: str, action: str, *rows: Any, **form: str) -> Any:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows], **form}
    return client.post(f"/admin/credentials/{model}/", data)


def test_reviewers_do_all_of_it_in_the_admin_and_others_nothing(issue) -> None:
    certificate, second = issue(), issue()
    entry, two, trainer = (
        _staff("reviewer"),
        _staff("reviewer"),
        _staff("member-state administrator", member_state_id="JP"),
    )
    page = _act(entry, "certificate", "suspend", certificate).content.decode()
    assert "Reason" in page
    assert steps.SUSPEND.explanation in page
    for action, status in (("suspend", "suspended"), ("reinstate", "active")):
        _act(trainer, "certificate", action, certificate, reason="because")
        assert _status(certificate) != status
        assert _act(entry, "certificate", action, certificate, reason="because").status_code == 302
        assert _status(certificate) == status
    _act(entry, "certificate", "correct", certificate, legal_name="鈴木 愛子", reason="married")
    correction = certificate.corrections.get()
    assert "鈴木 愛子" in _act(two, "certificatecorrection", "approve", correction).content.decode()
    _act(entry, "certificatecorrection", "approve", correction, confirmed="yes")
    correction.refresh_from_db()
    assert correction.approved is None, "not by whoever asked"
    _act(two, "certificatecorrection", "approve", correction, confirmed="yes")
    events.drain("corrections")
    assert _status(certificate) == "superseded"
    successor = Certificate.objects.get(predecessor=certificate)
    assert _act(entry, "certificate", "revoke_many", successor, second).status_code == 200
    _act(entry, "certificate", "revoke_many", successor, second, reason="leaked items")
    asked = BulkRevocation.objects.get()
    _act(entry, "bulkrevocation", "approve", asked, confirmed="yes")
    events.drain("bulk_revocations")
    assert _status(second) == "active"
    _act(two, "bulkrevocation", "approve", asked, confirmed="yes")
    events.drain("bulk_revocations")
    assert _status(second) == _status(successor) == "revoked"


def test_a_superuser_renames_an_issuer_and_nobody_adds_issues_or_sees_a_secret(issue) -> None:
    certificate = issue()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = "/admin/credentials/issuer/jp/change/"
    assert client.post(page, {"name": "Japan's authority", "active": "on"}).status_code == 302
    assert "Japan's authority" in issue().credential
    assert "Japan's authority" not in certificate.credential
    assert client.post("/admin/credentials/issuer/regional/change/", {"name": "Region"}).status_code == 200
    shown = client.get(f"/admin/credentials/statuslist/{certificate.status_list_id}/change/").content.decode()
    assert "ecret" not in shown
    for model in ("certificate", "award", "issuer", "issuerkey", "statuslist", "keyrotation", "bulkrevocation"):
        assert client.get(f"/admin/credentials/{model}/add/").status_code == 403
        assert "issue" not in str(client.get(f"/admin/credentials/{model}/").context["action_form"])
    assert _staff("reviewer").post(page, {"name": "Mine", "active": "on"}).status_code == 403
