"""The transparency log for everyone: checkpoint, tiles and entries (C2SP tlog-tiles), and proofs.

No sign-in: the log contains no personal data. What a checkpoint covers never changes, so a CDN may keep it for ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypedDict

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, is_fresh
from common.errors import InvalidInput, NotFound
from common.rendering import to_json
from common.schemas import Keywords
from credentials.api.codes import certificate_of, located
from credentials.certificates.errors import NotACertificateCode
from credentials.transparency import keys, notes, selectors, tiles
from credentials.transparency.errors import NotPublished
from credentials.transparency.models import LogCheckpoint

TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_FOR_EVER = "public, max-age=31536000, immutable"
# A checkpoint is replaced within seconds.
FOR_A_MOMENT = "public, max-age=2"
_LEVEL = re.compile(r"0|[1-9][0-9]?")


class TextRenderer(BaseRenderer):
    """Negotiates text/plain; the view answers the bytes, and an error becomes a problem."""

    media_type, format, charset, render_style = "text/plain", "txt", None, "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)


class BytesRenderer(TextRenderer):
    media_type, format = _BYTES, "bin"


class Open(APIView):
    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = ()


def answer(request: HttpRequest, body: bytes, *, content_type: str, cache: str) -> HttpResponse:
    etag = etag_of(body)
    response = HttpResponse(status=304) if is_fresh(request, etag) else HttpResponse(body, content_type=content_type)
    if response.status_code == 304:
        del response["Content-Type"]
    response["ETag"], response["Cache-Control"] = etag, cache
    # Whoever audits may do so from a page of theirs.
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _number(request: Request, name: str, default: int | None = None) -> int:
    given = request.query_params.get(name)
    if given is None and default is not None:
        return default
    try:
        return notes.number(given or "")
    except notes.NotANote as error:
        raise InvalidInput(_("A whole number is needed."), pointer=f"/{name}") from error


class LogCheckpointView(Open):
    """The newest signed head of the tree, with the witnesses' cosignatures."""

    renderer_classes = [TextRenderer]
    problems: ClassVar = (NotPublished,)

    @extend_schema(
        operation_id="read_log_checkpoint",
        tags=["Transparency log"],
        summary="The newest checkpoint (C2SP tlog-checkpoint)",
        responses={
            (200, "text/plain"): OpenApiResponse(str, "A signed note."),
            (304, "text/plain"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        note = selectors.note_of(selectors.newest()).encode()
        return answer(request._request, note, content_type=TEXT, cache=FOR_A_MOMENT)


_NAME = OpenApiParameter(
    "name",
    str,
    OpenApiParameter.PATH,
    description="Zero-padded groups of three digits, all but the last behind an `x`: `x001/x234/067`; a partial tile "
    "has `.p/<width>` behind it.",
)
_BINARY = {
    (200, _BYTES): OpenApiResponse(bytes, "Never changes."),
    (304, _BYTES): OpenApiResponse(None, "Unchanged."),
}


class LogTileView(Open):
    """Hashes of the tree."""

    renderer_classes = [BytesRenderer]
    problems: ClassVar = (NotPublished,)

    @extend_schema(
        operation_id="read_log_tile",
        tags=["Transparency log"],
        summary="A tile of the tree: up to 256 hashes (C2SP tlog-tiles)",
        parameters=[
            OpenApiParameter("level", str, OpenApiParameter.PATH, description="0 for the leaves' hashes, to 63."),
            _NAME,
        ],
        responses=_BINARY,
    )
    def get(self, request: Request, level: str, name: str) -> HttpResponse:
        found = tiles.tile_index(name)
        if found is None or not _LEVEL.fullmatch(level) or int(level) >= tiles.MAX_LEVELS:
            raise NotFound()
        body = selectors.tile(level=int(level), index=found[0], width=found[1])
        return answer(request._request, body, content_type=_BYTES, cache=_FOR_EVER)


class LogEntriesView(Open):
    """Leaves of the tree."""

    renderer_classes = [BytesRenderer]
    problems: ClassVar = (NotPublished,)

    @extend_schema(
        operation_id="read_log_entries",
        tags=["Transparency log"],
        summary="Up to 256 entries, each behind its length as two bytes (C2SP tlog-tiles)",
        description=(
            'An entry is JSON: `{"commitment", "kind", "logged_at", "version"}`. `kind` is `issued` or `status`; '
            "`commitment` is the SHA-256, in hex, of a salt of 16 bytes and the credential's text, or of the salt and "
            '`"<index of the certificate\'s own entry> <new status>"`. Nobody is named.'
        ),
        parameters=[_NAME],
        responses=_BINARY,
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        found = tiles.tile_index(name)
        if found is None:
            raise NotFound()
        body = selectors.bundle(index=found[0], width=found[1])
        return answer(request._request, body, content_type=_BYTES, cache=_FOR_EVER)


class ProofOutput(TypedDict):
    """A proof."""

    proof: Annotated[list[str], Keywords("Hashes in base64.")]


def _proof(request: Request, proof: list[bytes]) -> HttpResponse:
    shown: ProofOutput = {"proof": [notes.encoded(sibling) for sibling in proof]}
    return answer(request._request, to_json(shown), content_type="application/json", cache=_FOR_EVER)


_PROOF = {200: ProofOutput, 304: OpenApiResponse(None, "Unchanged.")}


class InclusionProofView(Open):
    """That an entry is in a tree."""

    problems: ClassVar = (NotPublished,)

    @extend_schema(
        operation_id="prove_log_inclusion",
        tags=["Transparency log"],
        summary="The inclusion proof of an entry (RFC 9162, section 2.1.3)",
        parameters=[
            OpenApiParameter("index", int, required=True, description="Of the entry, from 0."),
            OpenApiParameter("size", int, required=True, description="Of the tree; a checkpoint covers it."),
        ],
        responses=_PROOF,
    )
    def get(self, request: Request) -> HttpResponse:
        return _proof(request, selectors.inclusion(index=_number(request, "index"), size=_number(request, "size")))


class ConsistencyProofView(Open):
    """That a tree continues another."""

    problems: ClassVar = (NotPublished,)

    @extend_schema(
        operation_id="prove_log_consistency",
        tags=["Transparency log"],
        summary="The consistency proof between two sizes (RFC 9162, section 2.1.4)",
        parameters=[
            OpenApiParameter("from", int, required=True, description="The smaller size."),
            OpenApiParameter("to", int, required=True, description="The larger size; a checkpoint covers it."),
        ],
        responses=_PROOF,
    )
    def get(self, request: Request) -> HttpResponse:
        return _proof(request, selectors.consistency(old=_number(request, "from"), new=_number(request, "to")))


class LogKeysOutput(TypedDict):
    """Names and keys."""

    origin: Annotated[str, Keywords("The log's name, on every checkpoint.")]
    log: Annotated[str | None, Keywords("The log's verifier key (C2SP signed-note); null before the first checkpoint.")]
    witnesses: Annotated[list[str], Keywords("Verifier keys of who cosigns.")]
    witness: Annotated[str | None, Keywords("Our own verifier key as a witness of other logs.")]


class LogKeysView(Open):
    """Names and keys, for who sets up an auditor or a witness. Compare them with what is published elsewhere."""

    @extend_schema(
        operation_id="read_log_keys",
        tags=["Transparency log"],
        summary="The verifier keys of the log, of its witnesses, and of our witness",
        responses={200: LogKeysOutput, 304: OpenApiResponse(None, "Unchanged.")},
    )
    def get(self, request: Request) -> HttpResponse:
        cosigner = keys.cosigner()
        body: LogKeysOutput = {
            "origin": settings.LOG_ORIGIN,
            # Out of the checkpoint: the private key is with workers only.
            "log": LogCheckpoint.objects.order_by("-size").values_list("verifier_key", flat=True).first(),
            "witnesses": [verifier.vkey for verifier, _ in keys.witnesses()],
            "witness": cosigner.verifier.vkey if cosigner else None,
        }
        return answer(request._request, to_json(body), content_type="application/json", cache="public, max-age=300")


class LogProofView(Open):
    """For whoever holds the certificate: the proof that it is in the log, complete, to be checked without us."""

    problems: ClassVar = (NotPublished, NotACertificateCode)

    @extend_schema(
        operation_id="read_certificate_log_proof",
        tags=["Verification"],
        summary="The proof that a certificate is in the transparency log",
        description=(
            "Check it offline: SHA-256 of `salt` and of the credential's text (`/verify/{code}/credential`, byte for "
            "byte) is the `commitment` in `leaf`; the proof leads from the leaf to the checkpoint's root; the log's and "
            "the witnesses' signatures hold. A certificate that is not in the log within minutes of its date is not to "
            "be trusted, however well its own signature verifies."
        ),
        responses=selectors.LogProofView,
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        certificate = certificate_of(code)
        proof = selectors.proof_of(certificate.pk)
        if proof is None:
            raise NotPublished()
        response = HttpResponse(to_json(proof), content_type="application/json")
        # The address is as secret as the certificate, and the proof shows its changes of status.
        response["Cache-Control"], response["Referrer-Policy"] = "private, no-cache", "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return located(response, certificate, "/log-proof")
