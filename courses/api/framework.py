"""GET /api/v1/framework: the skills framework."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import ready_bytes
from courses.api.languages import ACCEPT_LANGUAGE, IF_NONE_MATCH, LANGUAGE, UnknownLanguage, wanted_languages
from courses.api.schemas import NOT_MODIFIED, FrameworkOutput
from courses.skills.documents import framework_document


class Framework(APIView):
    """The current version of the AI-skills framework."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (UnknownLanguage,)

    @extend_schema(
        operation_id="read_framework",
        tags=["Courses"],
        summary="The current version of the AI-skills framework",
        description="Levels, areas and skills; labels in a further language say whether a person has reviewed them.",
        auth=[],
        parameters=[LANGUAGE, ACCEPT_LANGUAGE, IF_NONE_MATCH],
        responses={200: FrameworkOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> HttpResponse:
        """Levels, areas and skills; labels in a further language say whether a person has reviewed them."""
        document = framework_document(wanted_languages(request))
        return ready_bytes(
            request._request,
            document.body,
            etag=document.etag,
            language=document.language,
            cache="public, max-age=300",
        )
