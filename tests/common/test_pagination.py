"""A cursor is opaque, belongs to one list, and cannot be made up."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.response import Response

from common.errors import InvalidInput
from common.pagination import (
    ID,
    INSTANT_AND_ID,
    NUMBER,
    BadCursor,
    Cursors,
    KeyForm,
    keyset_page,
    page,
    read_cursor,
    read_limit,
    write_cursor,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(TEXT | st.integers(-(2**53), 2**53), max_size=4))
def test_a_cursor_gives_back_its_key_and_is_the_same_each_time(key: list[Any]) -> None:
    cursor = write_cursor(key, of="things")
    assert read_cursor(cursor, of="things") == key
    assert write_cursor(key, of="things") == cursor
    with pytest.raises(BadCursor):
        read_cursor(cursor, of="other things")


@given(st.data())
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    cursor = write_cursor(["2026-01-01", 7], of="things")
    at = data.draw(st.integers(0, len(cursor) - 1))
    altered = cursor[:at] + data.draw(st.characters(exclude_categories=["Cs"])) + cursor[at + 1 :]
    if altered != cursor:
        with pytest.raises(BadCursor):
            read_cursor(altered, of="things")
    with pytest.raises(BadCursor):
        read_cursor(cursor[:at], of="things")


@given(TEXT)
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(cursor, of="things")


@pytest.mark.parametrize("text", ["0", "-1", "501", "1.5", "1e2", "", " 5", "٥", "五", "²", "\x00", "1" * 5000, "0x10"])
def test_a_limit_that_is_none_is_pointed_at(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_limit({"limit": text})
    assert caught.value.pointer == "/limit"


@given(st.text(max_size=20))
def test_any_limit_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert 1 <= read_limit({"limit": text}) <= 500


def test_limits() -> None:
    assert read_limit({}) == 50
    assert read_limit({"limit": "1"}) == 1
    assert read_limit({"limit": "500"}) == 500
    assert read_limit({}, default=10, most=20) == 10


def test_a_page_links_to_the_next_one_and_keeps_the_other_parameters() -> None:
    request = RequestFactory().get("/api/v1/things", {"limit": "2", "skill": "A&B", "cursor": "old"})
    cursor = write_cursor([7], of="things")
    answer = page(request, [1, 2], cursor, as_of="2026-01-01")
    assert answer.data == {"items": [1, 2], "next": cursor, "as_of": "2026-01-01"}
    link = answer.headers["Link"]
    assert link.startswith("</api/v1/things?")
    assert link.endswith('>; rel="next"')
    followed = RequestFactory().get(link[1 : link.index(">")])
    assert followed.GET.dict() == {"limit": "2", "skill": "A&B", "cursor": cursor}


def test_the_last_page_links_nowhere() -> None:
    answer = page(RequestFactory().get("/api/v1/things"), [], None)
    assert answer.data == {"items": [], "next": None}
    assert "Link" not in answer.headers


LEARNT = [(datetime(2026, 1, day, tzinfo=UTC), UUID(int=day)) for day in range(1, 8)]


def learnt(*, after: tuple[datetime, UUID] | None, limit: int) -> list[tuple[datetime, UUID]]:
    return [row for row in LEARNT if after is None or row > after][:limit]


def ask(**parameters: str) -> Response:
    return keyset_page(
        RequestFactory().get("/api/v1/things", parameters),
        Cursors("things", INSTANT_AND_ID),
        learnt,
        key=lambda row: row,
        show=lambda rows: [day.day for day, _ in rows],
        as_of="today",
    )


@pytest.mark.parametrize("limit", range(1, 9))
def test_page_by_page_every_row_is_shown_once(limit: int) -> None:
    shown: list[int] = []
    answer = ask(limit=str(limit))
    while True:
        shown += answer.data["items"]
        assert answer.data["as_of"] == "today"
        if answer.data["next"] is None:
            break
        assert len(answer.data["items"]) == limit
        answer = ask(limit=str(limit), cursor=answer.data["next"])
    assert shown == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "key", [[], [7], ["2026-01-01"], ["yesterday", str(UUID(int=1))], ["2026-01-01", 7], [1, 2, 3]]
)
def test_a_cursor_from_when_the_list_had_another_order_is_refused(key: list[Any]) -> None:
    with pytest.raises(BadCursor):
        ask(cursor=write_cursor(key, of="things"))


@pytest.mark.parametrize(("form", "key"), [(NUMBER, ["7"]), (NUMBER, []), (NUMBER, [7, 7]), (ID, [7]), (ID, ["me"])])
def test_a_key_of_another_form_is_refused(form: KeyForm[Any], key: list[Any]) -> None:
    request = RequestFactory().get("/api/v1/things", {"cursor": write_cursor(key, of="things")})
    with pytest.raises(BadCursor):
        Cursors("things", form).after(request)


@pytest.mark.parametrize(("form", "key"), [(NUMBER, 7), (ID, UUID(int=7)), (INSTANT_AND_ID, LEARNT[0])])
def test_a_key_comes_back_from_its_cursor(form: KeyForm[Any], key: object) -> None:
    cursors = Cursors("things", form)
    assert cursors.after(RequestFactory().get("/api/v1/things", {"cursor": cursors.write(key)})) == key
