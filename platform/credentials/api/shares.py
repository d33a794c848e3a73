"""The learner's links to certificates: PUT, GET all, GET one, DELETE."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.errors import NotFound
from common.openapi import PAGE_PARAMETERS
from common.pagination import ID, BadCursor, Cursors, keyset_page
from common.serializers import StrictSerializer
from credentials.sharing import rules, selectors, services, tokens
from credentials.sharing.errors import CertificateNotYours, ShareIdTaken, TooManyShares
from credentials.sharing.models import Share, ShownField
from credentials.sharing.rules import LinkState
from credentials.sharing.services import ShareOptions
from learners.public import ProfileMissing

_CURSORS = Cursors("shares", ID)
# The address in it is a secret.
_PRIVATE = {"Cache-Control": "private, no-store"}


class ShareInput(StrictSerializer):
    certificates = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=rules.MAX_CERTIFICATES,
        help_text="Ids of the caller's certificates, in the order in which they are shown.",
    )
    shown = serializers.ListField(
        child=serializers.ChoiceField(ShownField.choices),
        min_length=1,
        max_length=len(ShownField),
        help_text="What visitors see, and nothing else; whether a certificate holds is always shown.",
    )
    days = serializers.IntegerField(
        min_value=1, max_value=rules.LONGEST.days, default=rules.DEFAULT_DAYS, help_text="How long the link works."
    )
    max_views = serializers.IntegerField(
        min_value=1,
        max_value=rules.MAX_VIEWS,
        allow_null=True,
        default=None,
        help_text="How often it may be opened; null for no limit. Previews of known messengers do not count, others' may.",
    )

    def validate_certificates(self, value: list[UUID]) -> list[UUID]:
        return list(dict.fromkeys(value))

    def validate_shown(self, value: list[str]) -> list[str]:
        # In one order: the same choice is the same link.
        return [field for field in ShownField.values if field in value]


class ShareOutput(serializers.Serializer[Share]):
    id = serializers.UUIDField(source="pk")
    url = serializers.SerializerMethodField(
        help_text="The secret address. Null when the link was made under a secret key that is given up: it works all the same."
    )
    certificates = serializers.SerializerMethodField()
    shown = serializers.ListField(source="fields", child=serializers.ChoiceField(ShownField.choices))
    standing = serializers.SerializerMethodField()
    views = serializers.IntegerField()
    max_views = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)

    def get_url(self, share: Share) -> str | None:
        token = tokens.known_token(share.pk, bytes(share.salt), bytes(share.token_sha256))
        return f"{settings.PUBLIC_BASE_URL}/shared/{token}" if token else None

    def get_certificates(self, share: Share) -> list[UUID]:
        return [shared.certificate_id for shared in share.shared.all()]

    def get_standing(self, share: Share) -> LinkState:
        return rules.link_state(
            revoked_at=share.revoked_at,
            expires_at=share.expires_at,
            views=share.views,
            max_views=share.max_views,
            now=self.context["now"],
        )


class SharePage(serializers.Serializer[Any]):
    items = ShareOutput(many=True)
    next = serializers.CharField(allow_null=True)


def _output(share: Share, now: datetime) -> dict[str, Any]:
    return dict(ShareOutput(share, context={"now": now}).data)


class MyShares(APIView):
    no_store: ClassVar = True
    problems: ClassVar = (BadCursor,)

    @extend_schema(
        operation_id="list_shares",
        tags=["Certificates"],
        summary="The links that the learner made, by id, the highest first",
        parameters=PAGE_PARAMETERS,
        responses=SharePage,
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        answer = keyset_page(
            request,
            _CURSORS,
            partial(selectors.of_learner, learner_id=caller_id(request)),
            key=lambda share: share.pk,
            show=lambda shares: [_output(share, now) for share in shares],
        )
        answer["Cache-Control"] = _PRIVATE["Cache-Control"]
        return answer


class MyShare(APIView):
    no_store: ClassVar = True
    problems: ClassVar = {"PUT": (ProfileMissing, CertificateNotYours, ShareIdTaken, TooManyShares)}

    @extend_schema(operation_id="read_share", tags=["Certificates"], summary="One link", responses=ShareOutput)
    def get(self, request: Request, share_id: UUID) -> Response:
        share = selectors.own_share(learner_id=caller_id(request), share_id=share_id)
        if share is None:
            raise NotFound()
        return Response(_output(share, clock.now()), headers=_PRIVATE)

    @extend_schema(
        operation_id="share_certificates",
        tags=["Certificates"],
        summary="Make a link to certificates, under an id of the caller's making",
        description=(
            "Whoever has the address sees the chosen fields of the certificates, and what holds of them at that moment, "
            "without an account. A repeat is answered as the first time, also after the link was revoked."
        ),
        request=ShareInput,
        responses={200: ShareOutput, 201: ShareOutput},
    )
    def put(self, request: Request, share_id: UUID) -> Response:
        given = ShareInput(data=request.data)
        given.is_valid(raise_exception=True)
        data, now = given.validated_data, clock.now()
        wanted = ShareOptions(data["certificates"], data["shown"], data["days"], data["max_views"])
        share, is_new = services.share(learner_id=caller_id(request), share_id=share_id, wanted=wanted, now=now)
        return Response(_output(share, now), status=201 if is_new else 200, headers=_PRIVATE)

    @extend_schema(
        operation_id="revoke_share",
        tags=["Certificates"],
        summary="Close a link, at once and for good",
        responses={204: OpenApiResponse(description="It opens nothing any more.")},
    )
    def delete(self, request: Request, share_id: UUID) -> Response:
        if not services.revoke(learner_id=caller_id(request), share_id=share_id, now=clock.now()):
            raise NotFound()
        return Response(status=204)
