"""`/api/v1/me/sign-out-everywhere`. It stands here, above accounts and events, because it is idempotent and audited."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import public as accounts
from events import public as events
from privacy.audit.services import audit


class SignOutEverywhereView(APIView):
    """End every session of the person."""

    problems = (events.IdempotencyKeyRequired, events.IdempotencyKeyReused)

    @extend_schema(
        operation_id="sign_out_everywhere",
        tags=["Account"],
        summary="End every session of the person",
        description="Every session, refresh token and access token ends now, this call's among them.",
        request=None,
        responses={204: None},
        parameters=[events.IDEMPOTENCY_KEY],
    )
    @events.idempotent
    def post(self, request: Request) -> Response:
        """Every session, refresh token and access token of the person ends now, this call's among them."""
        user_id = cast(UUID, request.user.pk)
        accounts.sign_out_everywhere(user_id=user_id)
        audit(
            actor=str(user_id),
            action="signed_out_everywhere",
            subject_kind="user",
            subject_id=str(user_id),
        )
        return Response(status=204)
