"""What the database holds when a test begins: the reference data of every installation, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg.sql import SQL, Identifier

from config.local import session
from config.reference_data import load

# A binary copy of an empty table: the signature, no flags, no extension, the end.
_NO_ROWS = len(b"PGCOPY\n\xff\r\n\x00") + 4 + 4 + 2


class Beginning:
    """The rows of a fresh installation, kept, and put back after every test that commits.

    Django's own way, TRUNCATE of every table and then permissions and reference data anew, takes 1.3 s. Here the
    administrator of the embedded server, whom neither triggers nor row-level security bind, deletes what there is and
    copies the rows back as they were. A server that DATABASE_URL names has no such administrator: there it is Django's way.
    """

    def __init__(self) -> None:
        """Load the reference data, committed, so that a test in a transaction does not pay for it; keep every row."""
        load()
        self._rows: dict[str, bytes] = {}
        if session.postgres_of_this_process() is None:
            return
        with self._as_administrator() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
            )
            for (table,) in cursor.fetchall():
                with cursor.copy(SQL("COPY {} TO STDOUT (FORMAT binary)").format(Identifier(table))) as rows:
                    self._rows[table] = b"".join(bytes(part) for part in rows)

    def put_back(self) -> None:
        """Leave the rows of the beginning only, with the ids that they had."""
        if not self._rows:
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
            load()
            return
        with self._as_administrator() as cursor:
            # A connection that a test left in a transaction fails that test rather than holding up all.
            cursor.execute("SET LOCAL lock_timeout = '60s'")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(SQL("; ").join(SQL("DELETE FROM {}").format(Identifier(table)) for table in self._rows))
            for table, kept in self._rows.items():
                if len(kept) > _NO_ROWS:
                    with cursor.copy(SQL("COPY {} FROM STDIN (FORMAT binary)").format(Identifier(table))) as rows:
                        rows.write(kept)

    @contextmanager
    def _as_administrator(self) -> Iterator[psycopg.Cursor[Any]]:
        """One transaction; a connection for each, for a test may kill the server."""
        server = session.postgres_of_this_process()
        assert server is not None
        url = server.url("postgres", connection.settings_dict["NAME"])
        with psycopg.connect(url) as administrator, administrator.cursor() as cursor:
            yield cursor
