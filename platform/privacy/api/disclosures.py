"""`/api/v1/me/disclosures`: who got to see a person's data."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.pagination import BadCursor, page, read_limit, write_cursor
from privacy.api.consents import PAGE_PARAMETERS, ConsentAgencyOutput, read_position
from privacy.disclosures import selectors


class DisclosureOutput(serializers.Serializer[Any]):
    agency = ConsentAgencyOutput(source="pull.agency")
    purpose = serializers.CharField(source="pull.purpose_id", allow_null=True)
    operation = serializers.CharField(source="pull.operation")
    fields = serializers.ListField(child=serializers.CharField(), source="pull.fields")  # type: ignore[assignment]
    at = serializers.DateTimeField(source="pull.at")


class DisclosuresOutput(serializers.Serializer[Any]):
    items = DisclosureOutput(many=True)
    next = serializers.CharField(allow_null=True)


class DisclosuresView(APIView):
    """The ledger of disclosures of the person's data."""

    problems = (BadCursor,)

    @extend_schema(
        operation_id="disclosures_list",
        tags=["Privacy"],
        parameters=PAGE_PARAMETERS,
        responses={200: DisclosuresOutput},
    )
    def get(self, request: Request) -> Response:
        """Who got which data for what, newest first."""
        user_id = cast(UUID, request.user.pk)
        of = f"disclosures:{user_id}"
        limit, before = read_limit(request.query_params), read_position(request, of=of)
        rows, last = selectors.disclosures(user_id=user_id, before=before, limit=limit)
        items = [
            {
                "agency": {"id": row.pull.agency_id, "name": row.pull.agency.name},
                "purpose": row.pull.purpose_id,
                "operation": row.pull.operation,
                "fields": row.pull.fields,
                "at": row.pull.at,
            }
            for row in rows
        ]
        return page(request._request, items, None if last is None else write_cursor([last], of=of))
