"""Prepared statements over psycopg's own libpq wrapper, for the few statements that nearly every request or batch runs.

psycopg's cursor does the same and much more besides; composed anew for each statement, and dressed by Django's, it costs several
times what the driver's part in it does (docs/decisions/0037).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.datetime import TimestamptzLoader

_AUTO = [PyFormat.AUTO]
# The server has dropped it (26000), or a table that it reads was altered (0A000): the next call prepares it anew.
_GONE = ("26000", "0A000")


class _Context:
    """How values are written and read: as on the connection, but for instants.

    Django reads them by a class in Python, for zones other than the connection's, which is UTC.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.adapters = AdaptersMap(connection.adapters)
        self.adapters.register_loader("timestamptz", TimestamptzLoader)


class Statements:
    """The statements that one connection has prepared, each at its first call there."""

    def __init__(self, connection: psycopg.Connection[Any], *, are_kept: bool) -> None:
        """With `are_kept` false nothing stays on the server, where the next of a pooler's clients would not know of it."""
        self._connection, self._are_kept = connection, are_kept
        self._transformer = Transformer(_Context(connection))
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._made = 0

    def run(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return a statement's rows, once the server has bound the parameters.

        As with a cursor of psycopg's, a connection that is to commit by itself begins its transaction with this.

        Args:
            sql: with `%s` for each parameter, and `%%` for a percent sign.

        Raises:
            psycopg.Error: psycopg's class for what the server says.
        """
        pgconn = self._connection.pgconn
        if pgconn.transaction_status == TransactionStatus.IDLE and not self._connection.autocommit:
            self._begin()
        values: Sequence[Any] | None = None
        types: tuple[int, ...] = ()
        formats: Sequence[Format] | None = None
        if parameters:
            values = self._transformer.dump_sequence(parameters, _AUTO * len(parameters))
            types, formats = self._transformer.types or (), self._transformer.formats
        result = (
            self._prepared(sql, values, types, formats) if self._are_kept else self._once(sql, values, types, formats)
        )
        if not result.ntuples:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _begin(self) -> None:
        own = self._connection
        if own.isolation_level is None and own.read_only is None and own.deferrable is None:
            own.pgconn.send_query(b"BEGIN")
            self._result()
        else:
            # psycopg knows how such a transaction begins, and begins it before anything that it is asked to run.
            own.execute("SELECT 1")

    def _prepared(self, sql: str, values: Any, types: tuple[int, ...], formats: Any) -> PGresult:
        pgconn, key = self._connection.pgconn, (sql, types)
        name = self._names.get(key)
        if name is None:
            self._made += 1
            name = b"common_%d" % self._made
            pgconn.send_prepare(name, numbered(sql).encode(), types)
            self._result()
            self._names[key] = name
        pgconn.send_query_prepared(name, values, formats)
        try:
            return self._result()
        except psycopg.Error as error:
            if error.sqlstate in _GONE:
                del self._names[key]
            raise

    def _once(self, sql: str, values: Any, types: tuple[int, ...], formats: Any) -> PGresult:
        self._connection.pgconn.send_query_params(numbered(sql).encode(), values, types, formats)
        return self._result()

    def _result(self) -> PGresult:
        (result,) = self._connection.wait(execute(self._connection.pgconn))
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result)
        return result


class PreparedCursor:
    """A statement as a cursor, for what Django has watch cursors: the query log, `execute_wrapper`."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._rows: list[tuple[Any, ...]] = []
        # Where Django's query log looks for what was sent.
        self._query: Any = None

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement and keep its rows until the next."""
        self._query = SimpleNamespace(query=numbered(sql).encode())
        self._rows = self._statements.run(sql, parameters)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the last statement."""
        return self._rows

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []


def numbered(sql: str) -> str:
    """Return a statement with parameters as the server counts them: `%s` becomes `$1`, `$2`, …, and `%%` a percent sign."""
    first, *rest = sql.replace("%%", "\0").split("%s")
    return (first + "".join(f"${n}{text}" for n, text in enumerate(rest, 1))).replace("\0", "%")
