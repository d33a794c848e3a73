"""What the ORM has no words for: the few statements that every request runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, transaction


def run_prepared(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that PostgreSQL parses and plans once per connection rather than at each call.

    The server binds the parameters, so each must say its type where that does not follow from its place
    (`%s::text`). Only statements whose text never changes belong here; everything else takes `connection.cursor()`.

    Raises:
        django.db.Error: what the server says, as with a cursor of Django's.
    """
    found: list[tuple[Any, ...]] = connection.run_prepared(sql, parameters)  # type: ignore[attr-defined]
    return found


def set_for_transaction(name: str, value: str) -> None:
    """Set a setting of the session, which triggers and row-level security read, until the transaction ends."""
    run_prepared("SELECT set_config(%s::text, %s::text, true)", [name, value])


def lock_for_transaction(of: str) -> None:
    """Wait for whoever holds the lock of this name, and hold it until the transaction ends."""
    run_prepared("SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))", [of])


@dataclass(frozen=True)
class Fragment:
    """What one piece of code has to write, as entries of a `WITH`, to be executed together with what others have.

    `sql` never changes from call to call. In it `{n}` stands for a number that no other fragment has, to make names unique,
    and `{if_changed}` where a fragment behind the first must write nothing when the first one wrote nothing.
    """

    sql: str
    values: tuple[Any, ...]
    after_commit: Callable[[], object] | None = None


def execute_together(*fragments: Fragment) -> int:
    """Run the fragments as one statement; return how many rows the first one changed, if it has an entry `changed`.

    One statement is one transaction by itself: all of it takes place or nothing (decision 0038). Where the first fragment
    has an entry `changed` (an update with `RETURNING id`), it decides about the others: when another transaction was
    faster and it finds nothing to change any more, they write nothing either.
    """
    ((changed,),) = run_prepared(
        _together(tuple(fragment.sql for fragment in fragments)),
        [value for fragment in fragments for value in fragment.values],
    )
    for fragment in fragments:
        if fragment.after_commit is not None:
            transaction.on_commit(fragment.after_commit)
    return int(changed)


@lru_cache(maxsize=256)
def _together(sqls: tuple[str, ...]) -> str:
    decides = sqls[0].lstrip().startswith("changed AS")
    condition = "WHERE EXISTS (SELECT FROM changed)" if decides else ""
    # An entry sees nothing of what the others write, whatever their order.
    entries = [sql.replace("{n}", str(n)).replace("{if_changed}", condition) for n, sql in enumerate(sqls)]
    return f"WITH {', '.join(entries)} SELECT {'count(*) FROM changed' if decides else '0'}"  # noqa: S608 (fragments are constants)


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
