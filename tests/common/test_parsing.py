"""What comes in is JSON by RFC 8259 that PostgreSQL can store, or a problem; never a 5xx."""

from __future__ import annotations

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from common.rendering import StrictJSONParser, to_json
from common.serializers import StrictSerializer


class ThingInput(StrictSerializer):
    name = serializers.CharField(max_length=20)
    count = serializers.IntegerField(min_value=0, max_value=100, required=False)
    agreed = serializers.BooleanField(required=False)
    thing = serializers.UUIDField(required=False)
    names = serializers.ListField(child=serializers.CharField(), required=False)


class ThingView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def put(self, request: Request) -> Response:
        given = ThingInput(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(given.validated_data)


def _put(body: bytes, content_type: str = "application/json") -> Any:
    answer = ThingView.as_view()(APIRequestFactory().put("/api/v1/thing", body, content_type=content_type))
    return answer.render() if hasattr(answer, "render") else answer


MALFORMED = {
    "nothing": b"",
    "text": b"name",
    "cut off": b'{"name": "a"',
    "a comma too many": b'{"name": "a",}',
    "NaN": b'{"name": "a", "count": NaN}',
    "Infinity": b'{"name": "a", "count": -Infinity}',
    "a comment": b'{"name": "a" /* b */}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "an escaped lone surrogate": b'{"name": "\\ud800"}',
    "an encoded lone surrogate": b'{"name": "\xed\xa0\x80"}',
    "a control character": b'{"name": "a\nb"}',
    "an escaped NUL": b'{"name": "a\\u0000b"}',
    "an escaped NUL in a key": b'{"na\\u0000me": "a"}',
    "an escaped NUL deep inside": b"[" * 900 + b'"\\u0000"' + b"]" * 900,
    "nesting without end": b"[" * 100_000,
    "a number beyond any machine's": b'{"name": "a", "count": 1' + b"0" * 400 + b"}",
}


@pytest.mark.parametrize("body", list(MALFORMED.values()), ids=list(MALFORMED))
def test_what_cannot_be_read_is_a_problem(body: bytes) -> None:
    answer = _put(body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] in ("malformed", "invalid_input")


INVALID: dict[str, tuple[bytes, str, str]] = {
    "a list": (b"[]", "", "invalid"),
    "null": (b"null", "", "null"),
    "a number": (b"7", "", "invalid"),
    "an unknown field": (b'{"name": "a", "naem": 1}', "/naem", "unknown_field"),
    "an unknown field with a slash": (b'{"name": "a", "a/b~c": 1}', "/a~1b~0c", "unknown_field"),
    "a missing field": (b"{}", "/name", "required"),
    "a wrong type": (b'{"name": {"a": 1}}', "/name", "invalid"),
    "a number as text": (b'{"name": "a", "count": "1"}', "/count", "invalid"),
    "a text as number": (b'{"name": 5}', "/name", "invalid"),
    "no as text": (b'{"name": "a", "agreed": "off"}', "/agreed", "invalid"),
    "yes as number": (b'{"name": "a", "agreed": 1}', "/agreed", "invalid"),
    "a UUID as number": (b'{"name": "a", "thing": 5}', "/thing", "invalid"),
    "a wrong type in a list": (b'{"name": "a", "names": ["b", 5]}', "/names/1", "invalid"),
    "a number beyond 64 bits": (b'{"name": "a", "count": 18446744073709551616}', "/count", ""),
    "a number of thousands of digits": (b'{"name": "a", "count": "' + b"1" * 5000 + b'"}', "/count", ""),
}


@pytest.mark.parametrize(("body", "pointer", "code"), list(INVALID.values()), ids=list(INVALID))
def test_what_is_not_valid_is_pointed_at(body: bytes, pointer: str, code: str) -> None:
    answer = _put(body)
    assert answer.status_code == 400
    found = json.loads(answer.content)
    assert found["code"] == "invalid_input"
    assert [entry["pointer"] for entry in found["errors"]] == [pointer]
    assert not code or found["errors"][0]["code"] == code


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        (b"[]", "", "An object with named members is expected here."),
        (b'"a"', "", "An object with named members is expected here."),
        (b"true", "", "An object with named members is expected here."),
        (b'{"name": "a", "names": "b"}', "/names", "A list is expected here."),
        (b'{"name": "a", "names": {"0": "b"}}', "/names", "A list is expected here."),
        (b'{"name": "a", "names": 5}', "/names", "A list is expected here."),
    ],
)
def test_a_refusal_speaks_of_json_and_not_of_python(body: bytes, pointer: str, words: str) -> None:
    found = json.loads(_put(body).content)
    assert [(entry["pointer"], entry["detail"]) for entry in found["errors"]] == [(pointer, words)]
    assert not re.search(r"\b(dictionary|dict|str|int|bool|NoneType|tuple)\b", json.dumps(found))


def test_another_kind_of_content_is_refused() -> None:
    answer = _put(b"name=a", "application/x-www-form-urlencoded")
    assert (answer.status_code, json.loads(answer.content)["code"]) == (415, "unsupported_media_type")


def test_a_body_at_the_limit_is_read_and_a_larger_one_is_413() -> None:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    answer = _put(b'{"name": "' + b"a" * most + b'"}')
    assert (answer.status_code, json.loads(answer.content)["code"]) == (413, "body_too_large")
    body = b'"' + b"a" * (most - 2) + b'"'
    assert StrictJSONParser().parse(io.BytesIO(body)) == "a" * (most - 2)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1)), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert StrictJSONParser().parse(io.BytesIO(to_json(value))) == value
    # Escapes instead of characters make no difference.
    assert StrictJSONParser().parse(io.BytesIO(json.dumps(value).encode())) == value


@given(st.binary(max_size=200))
def test_no_bytes_make_the_server_fail(body: bytes) -> None:
    assert _put(body).status_code in (200, 400)


class _Line(StrictSerializer):
    number = serializers.IntegerField(min_value=1)


class _Lines(StrictSerializer):
    name = serializers.CharField()
    lines = serializers.ListField(child=_Line(), max_length=50)


def test_calls_share_the_fields_of_an_input_and_nothing_else() -> None:
    """Threads with valid and invalid bodies at a time: each has its own values and its own errors."""

    def read(number: int) -> bool:
        given = _Lines(data={"name": str(number), "lines": [{"number": number}] * 20})
        if number == 0:
            return not given.is_valid() and given.errors["lines"].keys() == set(range(20))
        return given.is_valid() and given.validated_data["lines"] == [{"number": number}] * 20 and not given.errors

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, [0, 1, 2, 3, 0, 5] * 50))
    assert _Lines(data={}).fields is _Lines(data={"name": "x"}).fields
