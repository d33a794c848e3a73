"""Query parameters that an operation does not declare are refused, as unknown fields of a body are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.views import APIView

from common.errors import problem_handler

# Where programs call. Links that people open elsewhere get parameters added by those who pass them on.
PREFIXES = ("/api/", "/agency/")


class QueryParametersMiddleware:
    """Answers 400 `invalid_input` to a parameter that the operation does not declare, or that comes twice: either would be
    lost silently. What is declared by `extend_schema` is what may be read, so no view reads a parameter that no document has.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponse | None:
        if not request.META.get("QUERY_STRING") or not request.path.startswith(PREFIXES):
            return None
        view = getattr(view_func, "cls", None)
        declared = declared_parameters(view, str(request.method)) if view is not None else None
        if declared is None:
            return None
        wrong = {
            name: ErrorDetail(str(_("This parameter is not known.")), "unknown_parameter")
            if name not in declared
            else ErrorDetail(str(_("This parameter is given more than once.")), "repeated_parameter")
            for name, values in request.GET.lists()
            if name not in declared or (len(values) > 1 and not declared[name])
        }
        return problem_handler(ValidationError(wrong), {}) if wrong else None


@lru_cache(maxsize=1024)
def declared_parameters(view: type[APIView], method: str) -> Mapping[str, bool] | None:
    """Return the query parameters that a view declares for a method, and whether each may come several times.

    None where there is nothing to hold a request against: no such method, or no part of a document.
    """
    handler = getattr(view, {"HEAD": "get"}.get(method, method.lower()), None)
    extended = getattr(handler, "kwargs", {}).get("schema")
    if extended is None:
        return None
    schema = extended()
    schema.view, schema.method = view(), method
    schema.view.request, schema.view.kwargs = None, {}
    if schema.is_excluded():
        return None
    return {
        parameter.name: parameter.many
        for parameter in schema.get_override_parameters()
        if parameter.location == OpenApiParameter.QUERY
    }
