"""PostgreSQL's binary formats, for statements over thousands of rows.

A number as text is written digit by digit, read character by character, and costs both sides more than the row's own
work; as binary it is packed for a whole column at once. `Array` is a parameter of `common.database.run_prepared`; rows and
their fields are what `common.database.copy_rows` takes. Formats: PostgreSQL's `array_recv`, `COPY … (FORMAT binary)`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from psycopg.pq import Format

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Before a row's fields: how many there are. A field: its length, -1 for NULL, and its bytes.
NULL = b"\xff\xff\xff\xff"
_length = struct.Struct("!i").pack

# Object ids of element types, and of arrays of them; they are the same in every PostgreSQL.
_BOOL, _INT2, _INT4, _TEXT, _FLOAT8, _TIMESTAMPTZ, _VARCHAR, _UUID, _JSONB = 16, 21, 23, 25, 701, 1184, 1043, 2950, 3802
_ARRAY_OF = {
    _BOOL: 1000,
    _INT2: 1005,
    _INT4: 1007,
    _TEXT: 1009,
    _FLOAT8: 1022,
    _TIMESTAMPTZ: 1185,
    _VARCHAR: 1015,
    _UUID: 2951,
    _JSONB: 3807,
}


class Array(bytes):
    """A one-dimensional array in binary, with the object id of its type."""

    oid: int

    @classmethod
    def of(cls, element: int, count: int, nulls: bool, body: bytes) -> Array:
        """`count` elements of a type; `body` is each one's length and bytes."""
        array = cls(struct.pack("!iiiii", 1, nulls, element, count, 1) + body)
        array.oid = _ARRAY_OF[element]
        return array


class _ArrayDumper(psycopg.adapt.Dumper):
    format = Format.BINARY

    def get_key(self, obj: Array, format: Any) -> Any:
        return Array, obj.oid

    def upgrade(self, obj: Array, format: Any) -> _ArrayDumper:
        dumper = _ArrayDumper(Array)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: Array) -> bytes:
        return obj


psycopg.adapters.register_dumper(Array, _ArrayDumper)


# As many as a large batch names, for each is named several times.
@lru_cache(maxsize=16384)
def uuid(value: UUID | str) -> bytes:
    """The 16 bytes of a UUID."""
    return bytes.fromhex(value.replace("-", "")) if isinstance(value, str) else value.bytes


@lru_cache(maxsize=4096)
def instant(value: datetime | str) -> int:
    """Microseconds since 2000-01-01 UTC of an aware datetime or of its RFC 3339 text."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (at - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)
def text(value: str) -> bytes:
    """A text as a field of a row, or as an array's element."""
    return field(value.encode())


def field(value: bytes) -> bytes:
    """A value of any type as a field of a row."""
    return _length(len(value)) + value


def floats(values: Iterable[float | None]) -> Array:
    """`float8[]`."""
    return _fixed(_FLOAT8, 8, "d", list(values))


def integers(values: Iterable[int]) -> Array:
    """`int4[]`."""
    return _fixed(_INT4, 4, "i", list(values))


def small_integers(values: Iterable[int]) -> Array:
    """`int2[]`."""
    return _fixed(_INT2, 2, "h", list(values))


def instants(values: Iterable[datetime | str | None]) -> Array:
    """`timestamptz[]`."""
    return _fixed(_TIMESTAMPTZ, 8, "q", [None if value is None else instant(value) for value in values])


def uuids(values: Iterable[UUID | str]) -> Array:
    """`uuid[]`."""
    return _fixed(_UUID, 16, "16s", [value.bytes if isinstance(value, UUID) else uuid(value) for value in values])


def texts(values: Iterable[str]) -> Array:
    """`text[]`."""
    packed = [text(value) for value in values]
    return Array.of(_TEXT, len(packed), False, b"".join(packed))


def codes(values: Iterable[str]) -> Array:
    """`varchar[]`."""
    packed = [text(value) for value in values]
    return Array.of(_VARCHAR, len(packed), False, b"".join(packed))


def documents(values: Iterable[bytes | None]) -> Array:
    """`jsonb[]` of JSON texts."""
    # The byte is the format's version.
    packed = [NULL if value is None else field(b"\x01" + value) for value in values]
    return Array.of(_JSONB, len(packed), True, b"".join(packed))


def _fixed(element: int, size: int, code: str, values: Sequence[Any]) -> Array:
    """An array of values that all have `size` bytes."""
    count = len(values)
    if None in values:
        pack = struct.Struct(f"!i{code}").pack
        return Array.of(
            element, count, True, b"".join([NULL if value is None else pack(size, value) for value in values])
        )
    flat: list[Any] = [size] * (2 * count)
    flat[1::2] = values
    return Array.of(element, count, False, struct.pack("!" + f"i{code}" * count, *flat))
