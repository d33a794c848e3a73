"""A cursor is opaque, belongs to one list, and cannot be made up."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from common.pagination import BadCursor, page, read_cursor, read_limit, write_cursor

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
