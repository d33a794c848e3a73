"""What the ORM has no words for: the few statements that every request runs."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection, models
from django.db.backends.utils import CursorWrapper


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


def plain_fields(model: type[models.Model], *leaving_out: str) -> list[str]:
    """Return the columns that `model.from_db` takes as a raw cursor gives them: all but JSON, and but `leaving_out`."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.JSONField) and field.attname not in leaving_out
    ]
