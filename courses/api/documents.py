"""Editions and lessons as their compiled documents."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import parse_etags
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import ready_bytes
from common.errors import NotFound
from courses.api.languages import ACCEPT_LANGUAGE, IF_NONE_MATCH, LANGUAGE, UnknownLanguage, wanted_languages
from courses.api.schemas import NOT_MODIFIED, CourseOutput, LessonOutput, ManifestOutput
from courses.catalogue.documents import read_by_digest, read_document

_ETAG = re.compile(r'(?:W/)?("[0-9a-f]{64}")')
_PARAMETERS = [LANGUAGE, ACCEPT_LANGUAGE, IF_NONE_MATCH]


def _known_etags(request: Request) -> list[str]:
    """Those of our own form in `If-None-Match`, read as `common.conditional.is_fresh` reads them."""
    given = map(_ETAG.fullmatch, parse_etags(request.headers.get("If-None-Match", "")))
    return [match[1] for match in given if match]


def _answer(request: Request, kind: str, ref: UUID, *, cache: str, edition_id: UUID | None = None) -> HttpResponse:
    document = read_document(
        kind=kind,
        ref=ref,
        edition_id=edition_id,
        wanted=wanted_languages(request),
        known_etags=_known_etags(request),
    )
    if document is None:
        raise NotFound()
    return ready_bytes(request._request, document.body, etag=document.etag, language=document.language, cache=cache)


class Edition(APIView):
    """A published edition: its modules and lessons."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (UnknownLanguage,)

    @extend_schema(
        operation_id="read_edition",
        tags=["Courses"],
        summary="An edition with its modules and lessons",
        description="Also a retired one, for those who are enrolled in it. Frozen: its ETag per language never changes.",
        auth=[],
        parameters=_PARAMETERS,
        responses={200: CourseOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, edition_id: UUID) -> HttpResponse:
        """Also of a retired edition, for those who are enrolled in it. It is frozen: its ETag per language never changes."""
        return _answer(request, "course", edition_id, cache="public, max-age=3600")


class Manifest(APIView):
    """All documents of an edition in one language, to be fetched before going offline."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (UnknownLanguage,)

    @extend_schema(
        operation_id="read_edition_manifest",
        tags=["Courses"],
        summary="All documents of an edition in one language",
        description="Addresses, sizes and hashes: to be fetched before going offline.",
        auth=[],
        parameters=_PARAMETERS,
        responses={200: ManifestOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, edition_id: UUID) -> HttpResponse:
        """Addresses, sizes and hashes."""
        return _answer(request, "manifest", edition_id, cache="public, max-age=3600")


class Lesson(APIView):
    """A lesson of a published edition."""

    problems = (UnknownLanguage,)

    @extend_schema(
        operation_id="read_lesson",
        tags=["Courses"],
        summary="A lesson",
        description="For anyone who is signed in, enrolled or not: the content is openly licensed.",
        parameters=_PARAMETERS,
        responses={200: LessonOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, lesson_id: UUID) -> HttpResponse:
        """For anyone who is signed in, enrolled or not: the content is openly licensed."""
        return _answer(request, "lesson", lesson_id, cache="private, max-age=3600")


class LessonOfEdition(APIView):
    """A lesson as an edition holds it, for those who are enrolled in that edition."""

    problems = (UnknownLanguage,)

    @extend_schema(
        operation_id="read_lesson_of_edition",
        tags=["Courses"],
        summary="A lesson as an edition holds it",
        description="Never changes. What it says is the same document in every edition in which the lesson is unchanged.",
        parameters=_PARAMETERS,
        responses={200: LessonOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, edition_id: UUID, lesson_id: UUID) -> HttpResponse:
        """Never changes; the same document in every edition in which the lesson is unchanged."""
        return _answer(request, "lesson", lesson_id, edition_id=edition_id, cache="private, max-age=3600")


class Document(APIView):
    """A document by its SHA-256, as manifests name it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="read_document",
        tags=["Courses"],
        summary="A document by its SHA-256",
        description="Immutable: what was fetched is never fetched again. Manifests point here.",
        auth=[],
        parameters=[IF_NONE_MATCH],
        responses={
            200: PolymorphicProxySerializer("Document", [CourseOutput, LessonOutput], resource_type_field_name=None),
            304: NOT_MODIFIED,
        },
    )
    def get(self, request: Request, digest: str) -> HttpResponse:
        """Immutable."""
        body = read_by_digest(digest)
        if body is None:
            raise NotFound()
        return ready_bytes(request._request, body, etag=f'"{digest}"', cache="public, max-age=31536000, immutable")
