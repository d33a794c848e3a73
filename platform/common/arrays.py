"""PostgreSQL array literals, for statements over thousands of rows: `%s::float8[]` takes them as text.

psycopg adapts a list element by element, which costs more than the database's own work on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import orjson


def numbers(values: Iterable[float | int | bool | None]) -> str:
    """An array of numbers or booleans; a float is written as the shortest text that reads back as the same float.

    JSON's words for numbers, booleans and nothing are those of an array literal.
    """
    return "{" + orjson.dumps(list(values)).decode()[1:-1] + "}"


def ids(values: Iterable[UUID | str | None]) -> str:
    """An array of UUIDs."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def instants(values: Iterable[datetime | str | None]) -> str:
    """An array of aware datetimes, or of their RFC 3339 texts."""
    return "{" + ",".join(["NULL" if value is None else _instant(value) for value in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """An array of any texts."""
    return "{" + ",".join(["NULL" if value is None else quoted(value) for value in values]) + "}"


def nested(values: Iterable[str]) -> str:
    """An array of texts that are themselves array literals of numbers or UUIDs."""
    return "{" + ",".join([f'"{value}"' for value in values]) + "}"


@lru_cache(maxsize=4096)
def quoted(text: str) -> str:
    """A text as an array literal's element."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=4096)
def _instant(value: datetime | str) -> str:
    return f'"{value}"' if isinstance(value, str) else value.isoformat()
