"""Django's PostgreSQL backend; how a kept connection is found to be alive differs, and it keeps prepared statements."""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from common import binary  # noqa: F401 (before the first connection: what it teaches psycopg holds for later ones)
from common.postgresql.statements import PreparedCursor, Statements


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket before it asks the server, for every request begins with this question; runs prepared statements."""

    _statements: Statements

    def get_new_connection(self, conn_params: Any) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        self._statements = Statements(connection, are_kept=conn_params.get("prepare_threshold") is not None)
        return connection

    def run_prepared(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that is prepared at its first call on this connection.

        It is seen by the query log and whatever else watches statements.

        Raises:
            django.db.Error: what the server says, as with a cursor of Django's.
        """
        # As every cursor of Django's does first. This is most requests' first statement.
        self.validate_thread_sharing()
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self.execute_wrappers or self.queries_logged:
            with self._prepare_cursor(PreparedCursor(self._statements)) as cursor:  # type: ignore[attr-defined]
                cursor.execute(sql, parameters)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            return self._statements.run(sql, parameters)

    def is_usable(self) -> bool:
        """Whether the connection can be used.

        An idle connection says something only when the server has closed it or has news. Where nothing waits to be read
        it is as alive as `SELECT 1` could find it, without the round trip; else, and after an error, the server is asked.
        """
        if not self.errors_occurred and self.connection is not None and not self.connection.closed:
            poller = select.poll()
            poller.register(self.connection.fileno(), select.POLLIN | select.POLLPRI)
            if not poller.poll(0):
                return True
        return bool(super().is_usable())
