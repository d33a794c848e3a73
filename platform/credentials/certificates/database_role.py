"""The one role of the database that may write awards and certificates (decision 0043)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

ROLE = "skills_issuer"


@contextmanager
def as_issuer() -> Iterator[None]:
    """Within the block, in the caller's transaction, statements run as the issuer's role.

    Workers may take it, web processes may not: the database refuses them.

    Raises:
        ProgrammingError: this process's own role may not take it.
    """
    with connection.cursor() as cursor:
        # LOCAL: whatever happens, it ends with the transaction, and a failing statement ends with its savepoint.
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")
