"""What the ORM has no words for: the few statements that every request runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection, models
from django.db.backends.utils import CursorWrapper

from common import binary  # noqa: F401 (before the first connection: what it teaches psycopg holds for later ones)


class _Prepared(psycopg.Cursor[Any]):
    """psycopg's cursor with parameters bound by the server; it tells Django's query log what it ran also then."""

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)
        return self._query


def prepared() -> CursorWrapper:
    """Return a cursor whose statements PostgreSQL parses and plans once per connection rather than at each call.

    The server binds the parameters, so each must say its type where that does not follow from its place
    (`%s::text`). Only statements whose text never changes belong here; everything else takes `connection.cursor()`.
    """
    connection.ensure_connection()
    raw = _Prepared(connection.connection)
    # The way every cursor of Django's is dressed: errors become Django's, and query budgets see the statement.
    cursor: CursorWrapper = connection._prepare_cursor(raw)  # type: ignore[attr-defined]
    return cursor


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def copy_rows(table: str, columns: str, packed: Iterable[bytes]) -> None:
    """COPY rows into a table: a fifth of what the same rows cost by INSERT, and no ON CONFLICT.

    Args:
        columns: names, separated by commas.
        packed: each row as the number of its fields (two bytes) and its fields (`common.binary`), in the columns' order
            and of exactly their types.
    """
    statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.write(_COPY_HEADER + b"".join(packed) + b"\xff\xff")


_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def plain_fields(model: type[models.Model], *leaving_out: str) -> list[str]:
    """Return the columns that `model.from_db` takes as a raw cursor gives them: all but JSON, and but `leaving_out`."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.JSONField) and field.attname not in leaving_out
    ]
