"""A person sees why a delivery died and lets it live again; nobody else can."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.urls import reverse

from events import registry, services
from events.models import Delivery
from tests.events.conftest import Counted
from tests.factories import make_user

PERMISSION_FOR = {"sees": ("view_delivery",), "mends": ("view_delivery", "change_delivery"), "neither": ()}


@pytest.fixture
def dead() -> Delivery:
    registry.install((registry.Consumer("counter", lambda recorded: None).takes(Counted),), (Counted,))
    with transaction.atomic():
        services.record(Counted(number=42))
    Delivery.objects.update(dead=True, tries=5, cause="builtins.LookupError: no such skill")
    return Delivery.objects.get()


def _signed_in(who: str, *, staff: bool = True) -> Client:
    user = make_user(is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=PERMISSION_FOR[who]))
    client = Client()
    client.force_login(user)
    return client


def _retry(client: Client, delivery: Delivery) -> Any:
    return client.post(
        reverse("admin:events_delivery_changelist"), {"action": "retry", "_selected_action": [delivery.pk]}
    )


@pytest.mark.django_db
def test_staff_reads_the_cause_and_retries(dead: Delivery) -> None:
    client = _signed_in("mends")
    page = client.get(reverse("admin:events_delivery_changelist") + "?dead__exact=1")
    assert page.status_code == 200
    assert "no such skill" in page.content.decode()
    entry = client.get(reverse("admin:events_delivery_change", args=[dead.pk]))
    assert "42" in entry.content.decode()
    assert _retry(client, dead).status_code == 302
    dead.refresh_from_db()
    assert (dead.dead, dead.tries, dead.cause) == (False, 0, "")
    assert services.drain("counter").done == 1


@pytest.mark.django_db
def test_who_may_only_look_cannot_retry(dead: Delivery) -> None:
    client = _signed_in("sees")
    assert client.get(reverse("admin:events_delivery_changelist")).status_code == 200
    _retry(client, dead)
    dead.refresh_from_db()
    assert dead.dead is True


@pytest.mark.django_db
@pytest.mark.parametrize("staff", [True, False])
def test_an_outsider_sees_nothing_and_changes_nothing(dead: Delivery, staff: bool) -> None:
    client = _signed_in("neither", staff=staff)
    for answer in (client.get(reverse("admin:events_delivery_changelist")), _retry(client, dead)):
        assert answer.status_code in (302, 403)
        assert b"no such skill" not in answer.content
    dead.refresh_from_db()
    assert dead.dead is True


@pytest.mark.django_db
def test_nobody_makes_edits_or_deletes_a_delivery(dead: Delivery) -> None:
    client = _signed_in("mends")
    assert client.get(reverse("admin:events_delivery_add")).status_code == 403
    assert client.post(reverse("admin:events_delivery_delete", args=[dead.pk]), {"post": "yes"}).status_code == 403
    client.post(reverse("admin:events_delivery_change", args=[dead.pk]), {"consumer": "other", "cause": ""})
    dead.refresh_from_db()
    assert (dead.consumer, dead.cause) == ("counter", "builtins.LookupError: no such skill")
