"""Who calls."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request


def caller_id(request: Request) -> UUID:
    """Id of the signed-in account, which is the learner's id."""
    pk = request.user.pk
    assert pk is not None
    return pk
