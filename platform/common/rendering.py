"""JSON in and out: fast, UTF-8, and strict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from common.errors import BodyTooLarge


def _plain(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def to_json(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON; instants as RFC 3339 in UTC with `Z`."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class OrjsonRenderer(BaseRenderer):
    """Renders application/json."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8; RFC 8259 defines no charset parameter
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else to_json(data)


class StrictJSONParser(BaseParser):
    """Parses application/json by RFC 8259: no NaN, valid UTF-8; U+0000, which PostgreSQL cannot store, is refused."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise BodyTooLarge()
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"not valid JSON: {error}") from error
        if b"\\u0000" in raw and _has_nul(data):
            raise ParseError("the character U+0000 cannot be stored")
        return data


def _has_nul(data: Any) -> bool:
    """Whether a text or a key in `data` has U+0000; without recursion, for a caller decides how deep `data` is."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\x00" in value:
                return True
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
    return False
