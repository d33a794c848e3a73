"""GET /api/v1/agencies: those a learner may consent to."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.grants import selectors
from common import clock
from common.openapi import PAGE_PARAMETERS
from common.pagination import BadCursor, Cursors, KeyForm, Page, keyset_page

_NAME_AND_ID: KeyForm[tuple[str, UUID]] = KeyForm(
    lambda name, identifier: (str(name), UUID(identifier)), lambda key: [key[0], str(key[1])]
)
_CURSORS = Cursors("agencies", _NAME_AND_ID)


class Agencies(APIView):
    """Agencies of the learner's own member state that hold a grant for learner-level progress in force."""

    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_agencies",
        tags=["Privacy"],
        description="Those of your own member state that hold a grant for learner-level progress.",
        summary="Agencies you may let see your progress",
        parameters=PAGE_PARAMETERS,
        responses={200: Page[selectors.ConsentableAgency]},
    )
    def get(self, request: Request) -> Response:
        learner_id, today = UUID(str(request.user.pk)), clock.now().date()
        return keyset_page(
            request,
            _CURSORS,
            partial(selectors.consentable_agencies, learner_id=learner_id, on=today),
            key=lambda agency: (agency.name, agency.id),
            show=list,
        )
