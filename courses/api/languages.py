"""Which languages a reader asks for."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from common.errors import DomainError
from common.languages import accepted, canonical, lookup
from courses.publishing.selectors import known_languages

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")

LANGUAGE = OpenApiParameter(
    "language",
    {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$"},
    description=(
        "BCP 47 tag, in place of `Accept-Language`. Content that is not offered in it comes in its own default language; "
        "`Content-Language` tells which."
    ),
)
ACCEPT_LANGUAGE = OpenApiParameter(
    "Accept-Language",
    str,
    OpenApiParameter.HEADER,
    description="The language that fits best (decision 0073); the content's default otherwise.",
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag read before.")


class UnknownLanguage(DomainError):
    """`language` is no tag of a language that the platform knows."""

    code, status, title = "unknown_language", 400, _("The platform does not know this language")


def wanted_languages(request: Request) -> list[str]:
    """Return the reader's languages, best first: the `language` parameter's, else the header's.

    Raises:
        UnknownLanguage: the parameter names none of the platform's languages.
    """
    given = request.query_params.get("language")
    if given is None:
        return accepted(request.headers.get("Accept-Language", ""))
    if not _TAG.fullmatch(given) or lookup([given], known_languages()) is None:
        raise UnknownLanguage(pointer="/language")
    return [canonical(given)]
