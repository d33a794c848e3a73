"""Keyset pagination: a signed cursor names the last row's sort key, unique by its tie-break; nothing is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.response import Response

from common.errors import DomainError, InvalidInput

DEFAULT_LIMIT, MAX_LIMIT = 50, 500


class BadCursor(DomainError):
    """The cursor is not one this list handed out."""

    code, status, title = "bad_cursor", 400, _("The page marker is not valid")


def write_cursor(key: Sequence[str | int], *, of: str) -> str:
    """Return an opaque, signed cursor for the list named `of`: the same key gives the same cursor, and a page its ETag."""
    return signing.Signer(salt=f"cursor:{of}").sign_object(list(key))


def read_cursor(cursor: str, *, of: str) -> list[Any]:
    """Return the sort key in `cursor`.

    Raises:
        BadCursor: it was altered, or belongs to another list.
    """
    try:
        key = signing.Signer(salt=f"cursor:{of}").unsign_object(cursor)
    except signing.BadSignature as error:
        raise BadCursor() from error
    return list(key)


def read_limit(query: Mapping[str, Any], *, default: int = DEFAULT_LIMIT, most: int = MAX_LIMIT) -> int:
    """Return the `limit` parameter, 1 to `most`.

    Raises:
        InvalidInput: it is not a whole number in that range.
    """
    text = query.get("limit")
    if text is None:
        return default
    # Nine digits at most: Python refuses to read a number of thousands of them.
    if not (str(text).isascii() and str(text).isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise InvalidInput(_("limit must be a whole number from 1 to %(most)d") % {"most": most}, pointer="/limit")
    return int(text)


def page(request: HttpRequest, items: Sequence[Any], next_cursor: str | None, **members: Any) -> Response:
    """Answer one page: `{"items": […], "next": cursor or null}` and, when there is more, a `Link` to it (RFC 8288)."""
    headers = {}
    if next_cursor is not None:
        query = request.GET.copy()
        query["cursor"] = next_cursor
        headers["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return Response({"items": items, "next": next_cursor, **members}, headers=headers)
