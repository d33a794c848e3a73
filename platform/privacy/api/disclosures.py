"""`/api/v1/me/disclosures`: who got to see a person's data."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TypedDict, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.openapi import PAGE_PARAMETERS
from common.pagination import NUMBER, BadCursor, Cursors, Page, keyset_page
from privacy.disclosures import selectors
from privacy.models import Disclosure


class DisclosureAgency(TypedDict):
    """The agency that got the data."""

    id: UUID
    name: str


class DisclosureOutput(TypedDict):
    """That an agency got data of the person."""

    agency: DisclosureAgency
    purpose: str | None
    operation: str
    fields: list[str]
    at: datetime


class DisclosuresView(APIView):
    """The ledger of disclosures of the person's data."""

    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_disclosures",
        tags=["Privacy"],
        summary="Who got which of your data for what, newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: Page[DisclosureOutput]},
    )
    def get(self, request: Request) -> Response:
        """Who got which data for what, newest first."""
        user_id = cast(UUID, request.user.pk)
        return keyset_page(
            request,
            Cursors(f"disclosures:{user_id}", NUMBER),
            partial(selectors.disclosures, user_id=user_id),
            key=lambda disclosure: disclosure.pk,
            show=lambda disclosures: [_shown(disclosure) for disclosure in disclosures],
        )


def _shown(disclosure: Disclosure) -> DisclosureOutput:
    pull = disclosure.pull
    return {
        "agency": {"id": pull.agency_id, "name": pull.agency.name},
        "purpose": pull.purpose_id,
        "operation": pull.operation,
        "fields": pull.fields,
        "at": pull.at,
    }
