"""A base of views: a resource of the caller that is read, and written under an id that the caller chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import NotFound

T = TypeVar("T")


class OwnResource(APIView, Generic[T]):
    """GET answers the resource, or 404; PUT answers it with 201 when it is new and with 200 otherwise.

    A subclass describes both with `extend_schema_view`. `ids` are the ids in the address, by the names that they have there.
    """

    input_class: ClassVar[type[serializers.Serializer[Any]]]
    response_headers: ClassVar[Mapping[str, str]] = {}

    def find(self, request: Request, **ids: UUID) -> T | None:
        """The caller's resource, or None."""
        raise NotImplementedError

    def save(self, request: Request, given: dict[str, Any], **ids: UUID) -> tuple[T, bool]:
        """Store what was given (validated by `input_class`); return the resource and whether it is new."""
        raise NotImplementedError

    def represent(self, request: Request, resource: T) -> Any:
        """The resource as JSON can write it."""
        raise NotImplementedError

    def get(self, request: Request, **ids: UUID) -> Response:
        resource = self.find(request, **ids)
        if resource is None:
            raise NotFound()
        return Response(self.represent(request, resource), headers=dict(self.response_headers))

    def put(self, request: Request, **ids: UUID) -> Response:
        serializer = self.input_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        resource, is_new = self.save(request, serializer.validated_data, **ids)
        return Response(
            self.represent(request, resource), status=201 if is_new else 200, headers=dict(self.response_headers)
        )
