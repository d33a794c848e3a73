"""`/api/v1/me/consents`: what a person agreed to, now and over time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.openapi import PAGE_PARAMETERS
from common.pagination import NUMBER, BadCursor, Cursors, keyset_page
from common.serializers import StrictSerializer
from privacy.consents import errors, selectors, services


class ConsentInput(StrictSerializer):
    purpose = serializers.CharField(max_length=40)
    agency_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    given = serializers.BooleanField(help_text="false withdraws.")
    text_version = serializers.IntegerField(min_value=1, max_value=2_147_483_647)
    text_language = serializers.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20, help_text="The text that the person read, BCP 47."
    )


class ConsentAgencyOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ConsentOutput(serializers.Serializer[Any]):
    record_id = serializers.UUIDField()
    purpose = serializers.CharField(source="purpose_id")
    agency = ConsentAgencyOutput(allow_null=True)
    given = serializers.BooleanField()
    text_version = serializers.IntegerField()
    text_language = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class ConsentsOutput(serializers.Serializer[Any]):
    current = ConsentOutput(many=True, help_text="What holds now: the newest record of each purpose and agency.")
    items = ConsentOutput(many=True, help_text="Every record, newest first.")
    next = serializers.CharField(allow_null=True)


class ConsentsView(APIView):
    """The person's consents."""

    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_consents",
        tags=["Privacy"],
        summary="What you consented to, and what led there",
        parameters=PAGE_PARAMETERS,
        responses={200: ConsentsOutput},
    )
    def get(self, request: Request) -> Response:
        """What holds now, and the history that led there."""
        user_id = cast(UUID, request.user.pk)
        return keyset_page(
            request,
            Cursors(f"consents:{user_id}", NUMBER),
            partial(selectors.history, user_id=user_id),
            key=lambda record: record.ordinal,
            show=lambda records: list(ConsentOutput(records, many=True).data),
            current=ConsentOutput(selectors.current(user_id=user_id), many=True).data,
        )


class ConsentView(APIView):
    """One statement of the person, under an id that their client made."""

    # Handed in where the routes are put together: agencies stand above privacy, which knows their ids only.
    agency_is_active: Callable[[UUID], bool | None] | None = None
    problems = (
        errors.UnknownPurpose,
        errors.AgencyMismatch,
        errors.UnknownAgency,
        errors.UnknownText,
        errors.ConsentRecordConflict,
    )

    @extend_schema(
        operation_id="record_consent",
        tags=["Privacy"],
        summary="Give or withdraw a consent, under an id of your making",
        description="A repeat changes nothing and answers 200 where the first call answered 201.",
        request=ConsentInput,
        responses={200: ConsentOutput, 201: ConsentOutput},
    )
    def put(self, request: Request, record_id: UUID) -> Response:
        """Give or withdraw a consent. Repeating the call changes nothing and answers 200 where the first answered 201."""
        given = ConsentInput(data=request.data)
        given.is_valid(raise_exception=True)
        agency_id = given.validated_data["agency_id"]
        assert self.agency_is_active is not None
        record, is_new = services.record_consent(
            user_id=cast(UUID, request.user.pk),
            record_id=record_id,
            agency_active=None if agency_id is None else self.agency_is_active(agency_id),
            **given.validated_data,
        )
        return Response(ConsentOutput(record).data, status=201 if is_new else 200)
