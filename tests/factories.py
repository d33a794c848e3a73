"""The cast and their things, as rows: Aiko learns in Japan, Budi trains in Indonesia, Citra works for a Philippine
agency, Dao is nobody here."""

from __future__ import annotations

import itertools
from typing import Any, TypeVar, cast

import orjson
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import User
from events.kinds import Event, Recorded, decode
from learners.models import Learner

# Whom /readyz tells how each part does.
MONITORING = {"Authorization": f"Bearer {settings.READYZ_TOKEN}"}
_numbers = itertools.count(1)
E = TypeVar("E", bound=Event)


def stored(form: type[E]) -> list[Recorded[E]]:
    """The recorded events of a class, as a consumer gets them, in order."""
    from events.models import Event as Row

    rows = Row.objects.filter(kind=form.kind).order_by("pk")
    return [
        Recorded(row.pk, cast(E, decode(form, orjson.dumps(row.payload).decode())), row.occurred_at) for row in rows
    ]


def make_user(**given: Any) -> User:
    """An account without a usable password (hashing is slow; tests of sign-in set one)."""
    user = User(username=given.pop("username", f"user{next(_numbers)}"), **given)
    user.set_unusable_password()
    user.save()
    return user


def make_learner(
    state: str = "JP", *, name: str = "山田 愛子", languages: tuple[str, ...] = ("ja", "en"), **given: Any
) -> Learner:
    """A learner with a profile; `.user` is the account and `.pk` its id."""
    return Learner.objects.create(
        user=given.pop("user", None) or make_user(),
        legal_name=name,
        member_state_id=state,
        languages=list(languages),
        birth_year=1990,
        **given,
    )


def signed_in(user: User) -> APIClient:
    """An API client in which `user` is signed in (without the token's round trip, which tests of accounts cover)."""
    client = APIClient()
    client.force_authenticate(user)
    return client
