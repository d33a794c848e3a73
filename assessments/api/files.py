"""The files of a learner's own attempt: hand in, fetch, take back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments import errors
from assessments.api.callers import learner_id
from assessments.attempts import handing_in
from assessments.files import selectors, services
from assessments.files.rules import ENDINGS, MAX_BYTES, PLAIN
from common import clock
from privacy.public import ConsentMissing


class _BytesParser(BaseParser):
    """Reads a body as it is, and no more of it than may be kept and one byte, which tells that it is too large."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return stream.read(MAX_BYTES + 1)


_PARSERS = [
    type(f"_{ending.capitalize()}Parser", (_BytesParser,), {"media_type": media_type})
    for media_type, ending in ENDINGS.items()
]


# Text is called text: a client that was told of bytes would make them of what it has decoded.
_BODIES = {media_type: OpenApiTypes.STR if media_type == PLAIN else OpenApiTypes.BINARY for media_type in ENDINGS}


class FileView(APIView):
    no_store: ClassVar = True
    parser_classes = _PARSERS
    problems = {
        "PUT": (
            errors.FileRefused,
            errors.FileTooLarge,
            errors.FilesNotTaken,
            errors.FileIdReused,
            ConsentMissing,
        ),
        "DELETE": (errors.FilesNotTaken,),
    }

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # Whoever fetches a picture asks for pictures; what is rendered as JSON is only the answer to an upload.
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="hand_in_attempt_file",
        tags=["Assessments"],
        summary="Hand in a file under an id of your making; name the id in the task's response",
        description=(
            f"The body is the file itself, at most {MAX_BYTES} bytes. Metadata that names its maker or place is taken out, "
            "and its name is never asked for: markers must not know whose work they see. A repeat changes nothing."
        ),
        request=_BODIES,
        responses={200: services.FileView, 201: services.FileView},
    )
    def put(self, request: Request, attempt_id: UUID, file_id: UUID) -> Response:
        body = request.data if isinstance(request.data, bytes) else b""
        kept, is_new = handing_in.put_file(
            file_id=file_id,
            attempt_id=attempt_id,
            learner_id=learner_id(request),
            media_type=(request.content_type or "").partition(";")[0].strip().lower(),
            body=body,
            now=clock.now(),
        )
        return Response(kept, status=201 if is_new else 200)

    @extend_schema(
        operation_id="read_attempt_file",
        tags=["Assessments"],
        summary="A file that you handed in, to be saved",
        responses={(200, media_type): body for media_type, body in _BODIES.items()},
    )
    def get(self, request: Request, attempt_id: UUID, file_id: UUID) -> HttpResponse:
        file = selectors.own_file(file_id=file_id, attempt_id=attempt_id, learner_id=learner_id(request))
        return HttpResponse(file.body, content_type=file.media_type, headers=selectors.headers(file))

    @extend_schema(
        operation_id="delete_attempt_file",
        tags=["Assessments"],
        summary="Take a file back while the attempt is under way",
        responses={204: None},
    )
    def delete(self, request: Request, attempt_id: UUID, file_id: UUID) -> Response:
        handing_in.delete_file(file_id=file_id, attempt_id=attempt_id, learner_id=learner_id(request), now=clock.now())
        return Response(status=204)
