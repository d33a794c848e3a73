"""Who calls."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from rest_framework.request import Request


def learner_id(request: Request) -> UUID:
    """Return the id of the caller, whom the view's permission has let in: a learner's id is the account's id."""
    return cast(UUID, request.user.pk)
