"""Proof in the admin: superusers look, nobody changes, a member-state administrator does not even look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_user

PAGES = ("consentrecord", "disclosure", "pull", "auditentry")
pytestmark = pytest.mark.django_db


def test_superusers_look(client: Any) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for page in (*PAGES, "purpose", "purpose/share_progress/change"):
        assert client.get(f"/admin/privacy/{page}/").status_code == 200
    for page in PAGES:
        assert client.get(f"/admin/privacy/{page}/add/").status_code == 403


def test_other_staff_do_not(client: Any) -> None:
    from django.contrib.auth.models import Permission

    user = make_user(is_staff=True, member_state_id="TH")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="privacy"))
    client.force_login(user)
    for page in PAGES:
        assert client.get(f"/admin/privacy/{page}/").status_code == 403
