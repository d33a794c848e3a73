"""Keyset pagination: a signed cursor names the last row's sort key, unique by its tie-break; nothing is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypedDict, TypeVar
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.response import Response

from common.errors import DomainError, InvalidInput
from common.schemas import Keywords

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
Key = TypeVar("Key")
Key_contra = TypeVar("Key_contra", contravariant=True)
Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


class Page(TypedDict, Generic[Row]):
    """What a list answers; `Page[AppealView]` describes one."""

    items: list[Row]
    next: Annotated[str | None, Keywords("Cursor of the next page; null: this is the last one.")]


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
    """Answer one page: `{"items": […], "next": cursor or null}` and, when there is more, a `Link` to it (RFC 8288).

    A list whose `next` is always there says in the member `more` whether there is more already.
    """
    headers = {}
    if next_cursor is not None and members.get("more", True):
        query = request.GET.copy()
        query["cursor"] = next_cursor
        headers["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return Response({"items": items, "next": next_cursor, **members}, headers=headers)


@dataclass(frozen=True)
class KeyForm(Generic[Key]):
    """How a sort key stands in a cursor: `read` makes it of the parts that `write` takes it into.

    `read` refuses what is no such key with a TypeError or a ValueError.
    """

    read: Callable[..., Key]
    write: Callable[[Key], Sequence[str | int]]


def _number(part: object) -> int:
    if not isinstance(part, int):
        raise TypeError(part)
    return part


NUMBER = KeyForm(_number, lambda number: [number])
ID = KeyForm(UUID, lambda identifier: [str(identifier)])
INSTANT_AND_ID: KeyForm[tuple[datetime, UUID]] = KeyForm(
    lambda instant, identifier: (datetime.fromisoformat(instant), UUID(identifier)),
    lambda key: [key[0].isoformat(), str(key[1])],
)


@dataclass(frozen=True)
class Cursors(Generic[Key]):
    """The cursors of the list named `of`, whose sort key has this form."""

    of: str
    form: KeyForm[Key]

    def after(self, request: HttpRequest) -> Key | None:
        """Return the key in the `cursor` parameter, behind which the page starts; None without one.

        Raises:
            BadCursor: it is not one of this list.
        """
        cursor = request.GET.get("cursor")
        if cursor is None:
            return None
        try:
            return self.form.read(*read_cursor(cursor, of=self.of))
        except (TypeError, ValueError, AttributeError) as error:
            # Signed by us all the same: the list had another order then.
            raise BadCursor() from error

    def write(self, key: Key) -> str:
        """Return the cursor of the page behind `key`."""
        return write_cursor(self.form.write(key), of=self.of)


class Selector(Protocol[Key_contra, Row_co]):
    """Reads at most `limit` rows of a list behind the key `after`, in the list's order."""

    def __call__(self, *, after: Key_contra | None, limit: int) -> Sequence[Row_co]: ...


def read_page(
    request: HttpRequest,
    cursors: Cursors[Key],
    rows: Selector[Key, Row],
    *,
    key: Callable[[Row], Key],
    default: int = DEFAULT_LIMIT,
) -> tuple[Sequence[Row], str | None]:
    """Return the rows of the page asked for, and the cursor of the next one if there is more.

    Raises:
        InvalidInput: the `limit` parameter is not a whole number from 1 to MAX_LIMIT.
        BadCursor: the `cursor` parameter is not one of this list.
    """
    limit = read_limit(request.GET, default=default)
    # One row more than is shown says whether there is more: nothing is counted.
    found = rows(after=cursors.after(request), limit=limit + 1)
    shown = found[:limit]
    return shown, cursors.write(key(shown[-1])) if len(found) > limit else None


def keyset_page(
    request: HttpRequest,
    cursors: Cursors[Key],
    rows: Selector[Key, Row],
    *,
    key: Callable[[Row], Key],
    show: Callable[[Sequence[Row]], Sequence[Any]],
    default: int = DEFAULT_LIMIT,
    **members: Any,
) -> Response:
    """Answer the page asked for, each row as `show` gives it; see `read_page` and `page`."""
    shown, following = read_page(request, cursors, rows, key=key, default=default)
    return page(request, show(shown), following, **members)
