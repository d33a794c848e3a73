"""GET /ims/case/v1p1/…: the framework for other systems (1EdTech CASE 1.1); credentials' alignments lead here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import ready_bytes
from common.errors import NotFound
from courses.api.languages import IF_NONE_MATCH
from courses.api.schemas import NOT_MODIFIED
from courses.skills.case_documents import case_document


class CaseLinkOutput(serializers.Serializer[Any]):
    title = serializers.CharField()
    identifier = serializers.CharField()
    uri = serializers.URLField()


class CaseDocumentOutput(serializers.Serializer[Any]):
    identifier = serializers.UUIDField()
    uri = serializers.URLField()
    caseVersion = serializers.CharField()  # noqa: N815 (CASE's own names)
    creator = serializers.CharField()
    title = serializers.CharField()
    lastChangeDateTime = serializers.DateTimeField()  # noqa: N815
    version = serializers.CharField()
    language = serializers.CharField()
    adoptionStatus = serializers.ChoiceField(["Draft", "Adopted"])  # noqa: N815
    notes = serializers.CharField()
    CFPackageURI = CaseLinkOutput(required=False, help_text="Missing within a package.")


class CaseItemOutput(serializers.Serializer[Any]):
    identifier = serializers.UUIDField()
    uri = serializers.URLField()
    fullStatement = serializers.CharField()  # noqa: N815
    humanCodingScheme = serializers.CharField()  # noqa: N815
    CFItemType = serializers.ChoiceField(["Area", "Skill", "Level"])
    language = serializers.CharField()
    lastChangeDateTime = serializers.DateTimeField()  # noqa: N815
    notes = serializers.CharField(required=False)
    CFDocumentURI = CaseLinkOutput(required=False, help_text="Missing within a package.")


class CaseAssociationOutput(serializers.Serializer[Any]):
    identifier = serializers.UUIDField()
    uri = serializers.URLField()
    associationType = serializers.ChoiceField(["isChildOf", "precedes", "isRelatedTo"])  # noqa: N815
    sequenceNumber = serializers.IntegerField(required=False)  # noqa: N815
    originNodeURI = CaseLinkOutput()  # noqa: N815
    destinationNodeURI = CaseLinkOutput()  # noqa: N815
    lastChangeDateTime = serializers.DateTimeField()  # noqa: N815
    CFDocumentURI = CaseLinkOutput(required=False, help_text="Missing within a package.")


class CasePackageOutput(serializers.Serializer[Any]):
    CFDocument = CaseDocumentOutput()
    CFItems = CaseItemOutput(many=True)
    CFAssociations = CaseAssociationOutput(many=True)


class _Published(APIView):
    """A part of the current framework; what only an older version has is told by that one."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    kind = ""

    def answer(self, request: Request, identifier: UUID) -> HttpResponse:
        document = case_document(self.kind, identifier)
        if document is None:
            raise NotFound()
        return ready_bytes(request._request, document.body, etag=document.etag, cache="public, max-age=3600")


class CaseItem(_Published):
    """One area, skill, or statement of what a person can do at a level."""

    kind = "CFItems"

    @extend_schema(
        operation_id="read_case_item",
        tags=["CASE"],
        auth=[],
        summary="One item of the framework",
        description="Its address is the `targetUrl` of alignments in credentials.",
        parameters=[IF_NONE_MATCH],
        responses={200: CaseItemOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, identifier: UUID) -> HttpResponse:
        """Its address is the `targetUrl` of alignments in credentials."""
        return self.answer(request, identifier)


class CaseDocument(_Published):
    """The framework itself."""

    kind = "CFDocuments"

    @extend_schema(
        operation_id="read_case_document",
        tags=["CASE"],
        auth=[],
        summary="The framework, without its items",
        description="The same identifier in all versions.",
        parameters=[IF_NONE_MATCH],
        responses={200: CaseDocumentOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, identifier: UUID) -> HttpResponse:
        """The same identifier in all versions."""
        return self.answer(request, identifier)


class CasePackage(_Published):
    """The whole framework."""

    kind = "CFPackages"

    @extend_schema(
        operation_id="read_case_package",
        tags=["CASE"],
        auth=[],
        summary="The framework with its items and associations",
        description="For systems that take in frameworks as a whole; the identifier is the document's.",
        parameters=[IF_NONE_MATCH],
        responses={200: CasePackageOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, identifier: UUID) -> HttpResponse:
        """For systems that take in frameworks as a whole; the identifier is the document's."""
        return self.answer(request, identifier)


class CaseAssociation(_Published):
    """How two items hang together."""

    kind = "CFAssociations"

    @extend_schema(
        operation_id="read_case_association",
        tags=["CASE"],
        auth=[],
        summary="One association of the framework",
        description="`isRelatedTo` claims no equivalence.",
        parameters=[IF_NONE_MATCH],
        responses={200: CaseAssociationOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, identifier: UUID) -> HttpResponse:
        """`isRelatedTo` claims no equivalence."""
        return self.answer(request, identifier)
