"""Staff and agency clients of the demo and of `make run`, with sign-ins that are printed. Never for production."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.db import transaction

STAFF = (
    ("administrator", "demo-administrator"),
    ("trainer", "demo-trainer"),
    ("marker", "demo-marker"),
    ("assessor", "demo-assessor"),
    ("reviewer", "demo-reviewer"),
    ("member-state administrator", "demo-state-administrator"),
)


@transaction.atomic
def ensure_staff(*, state: str) -> list[dict[str, str]]:
    """Make the demo's staff, each with a fresh password, the member-state administrator for `state`; return sign-ins."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from config import starter_course
    from courses import public as courses

    sign_ins = []
    for role, username in STAFF:
        user, _ = get_user_model().objects.get_or_create(username=username, defaults={"is_staff": True})
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.is_staff = True
        user.is_superuser = role == "administrator"
        limited = role == "member-state administrator"
        user.member_state_id = state if limited else None
        user.save()
        if not user.is_superuser:
            user.groups.set([Group.objects.get(name=role)])
        if role == "trainer":
            # Somebody has to be able to go on with the course that comes with the platform.
            courses.make_owner(course_id=starter_course.COURSE_ID, user=user)
        sign_ins.append({"role": f"{role} ({state})" if limited else role, "username": username, "password": password})
    return sign_ins


@transaction.atomic
def agency_with_client(state: str, *, actor: str) -> dict[str, Any]:
    """Give the first registered agency of `state` its grants and a new client; return names, client id and secret."""
    from agencies import public as agencies
    from privacy.public import SHARE_EXPLANATIONS, SHARE_PROGRESS

    agency = agencies.agencies_of(state)[0]
    for scope, purpose in (
        (agencies.LEARNER, SHARE_PROGRESS),
        (agencies.LEARNER, SHARE_EXPLANATIONS),
        (agencies.AGGREGATE, SHARE_PROGRESS),
    ):
        agencies.give_grant(
            agency_id=agency.id,
            member_state=state,
            purpose=purpose,
            scope=scope,
            valid_from=date(2026, 1, 1),
            valid_to=None,
            legal_basis="Demonstration with synthetic data.",
            actor=actor,
        )
    client_id, client_secret = agencies.register_client(agency_id=agency.id, name=f"demo {agency.name}", actor=actor)
    return {
        "agency": agency.name,
        "agency_id": str(agency.id),
        "member_state": state,
        "client_id": client_id,
        "client_secret": client_secret,
    }
