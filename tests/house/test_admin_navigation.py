"""Every entry of the admin's side bar leads somewhere, and shows only to those who may see it."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from config.navigation import SIDEBAR

pytestmark = pytest.mark.django_db


def _staff(role: str | None) -> User:
    user = User.objects.create(username=f"staff-{role}", is_staff=True, is_superuser=role is None)
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    return user


def _shown(user: User) -> list[str]:
    class Asked:
        pass

    Asked.user = user  # type: ignore[attr-defined]
    entries = [entry for section in SIDEBAR["navigation"] for entry in section["items"]]
    return [str(entry["link"]) for entry in entries if entry["permission"](Asked)]


@pytest.mark.parametrize("role", [None, "trainer", "reviewer", "assessor", "marker", "member-state administrator"])
def test_what_the_side_bar_shows_can_be_opened(role: str | None) -> None:
    user = _staff(role)
    client = Client()
    client.force_login(user)
    links = _shown(user)
    assert links
    for link in links:
        assert client.get(link).status_code == 200, link


def test_a_trainer_is_not_shown_learners_and_cannot_open_them() -> None:
    user = _staff("trainer")
    client = Client()
    client.force_login(user)
    assert "/admin/learners/learner/" not in _shown(user)
    assert client.get("/admin/learners/learner/").status_code in {302, 403}


def test_the_side_bar_misses_no_model_of_ours() -> None:
    ours = {
        "courses",
        "assessments",
        "learners",
        "credentials",
        "agencies",
        "privacy",
        "member_states",
        "events",
        "accounts",
    }
    registered = {
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model in admin.site._registry
        if model._meta.app_label in ours
    }
    listed = {str(entry["link"]) for section in SIDEBAR["navigation"] for entry in section["items"]}
    # Reached from their parents' pages.
    assert registered - listed <= {"/admin/courses/lesson/", "/admin/assessments/itemrevision/"}
