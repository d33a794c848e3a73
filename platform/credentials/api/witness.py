"""Our witness: the logs of other states hand in their checkpoints and get our cosignature (C2SP tlog-witness).

No sign-in: what counts is the log's own signature on what it hands in.
"""

from __future__ import annotations

import re
from typing import IO, Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from common import clock
from common.errors import Malformed
from common.rendering import OrjsonRenderer
from credentials.api.transparency import FOR_A_MOMENT, TEXT, Open, TextRenderer, answer
from credentials.transparency import keys, notes, witness
from credentials.transparency.errors import CheckpointInconsistent, CheckpointUnsigned, LogUnknown
from credentials.transparency.witness import CheckpointStale

_ORIGIN_HASH = re.compile(r"[0-9a-f]{64}")


class AnythingParser(BaseParser):
    """Hands the body over as it is, whatever it is called: logs differ in what they call a checkpoint."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        return bytes(stream.read(notes.MAX_CHARACTERS + 1))


class AddCheckpointView(Open):
    """Other logs hand in their checkpoints and get our cosignature; nobody signs in, for the log's own signature counts."""

    parser_classes = [AnythingParser]
    renderer_classes = [TextRenderer, OrjsonRenderer]
    problems: ClassVar = (LogUnknown, CheckpointUnsigned, CheckpointInconsistent)

    @extend_schema(
        operation_id="cosign_checkpoint",
        tags=["Transparency log"],
        summary="Cosign a checkpoint of a log that is witnessed here (C2SP tlog-witness)",
        request={"text/plain": str},
        responses={
            (200, "text/plain"): OpenApiResponse(str, "Our signature line."),
            (409, "text/x.tlog.size"): OpenApiResponse(str, "The size that was cosigned last: begin there."),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        cosigner = keys.cosigner()
        if cosigner is None:
            raise LogUnknown()
        try:
            body = request.data.decode() if isinstance(request.data, bytes) else ""
        except UnicodeDecodeError as error:
            raise Malformed() from error
        try:
            line = witness.add_checkpoint(body, cosigner=cosigner, known=keys.witnessed_logs(), now=clock.now())
        except CheckpointStale as error:
            response = HttpResponse(f"{error.size}\n", status=409, content_type="text/x.tlog.size")
            # The protocol has this form for it and no other; it is not to become a problem.
            response.is_page = True  # type: ignore[attr-defined]
            return response
        return HttpResponse(line, content_type=TEXT)


class WitnessedCheckpointView(Open):
    """What we cosigned last of a log, for who wonders whether it tells everybody the same."""

    renderer_classes = [TextRenderer]
    problems: ClassVar = (LogUnknown,)

    @extend_schema(
        operation_id="read_witnessed_checkpoint",
        tags=["Transparency log"],
        summary="The newest checkpoint of another log that was cosigned here",
        parameters=[
            OpenApiParameter("origin_hash", str, OpenApiParameter.PATH, description="SHA-256 of its origin, in hex.")
        ],
        responses={
            (200, "text/plain"): OpenApiResponse(str, "A signed note."),
            (304, "text/plain"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, origin_hash: str) -> HttpResponse:
        cosigner = keys.cosigner()
        if cosigner is None or not _ORIGIN_HASH.fullmatch(origin_hash):
            raise LogUnknown()
        note = witness.witnessed(origin_hash, cosigner=cosigner, origins=list(keys.witnessed_logs()))
        return answer(request._request, note.encode(), content_type=TEXT, cache=FOR_A_MOMENT)
