"""The one role of the database that may write awards and certificates (decision 0043)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from common.database import set_for_transaction

ROLE = "skills_issuer"


@contextmanager
def as_issuer() -> Iterator[None]:
    """Within the block, in the caller's transaction, statements run as the issuer's role.

    Workers may take it, web processes may not: the database refuses them.

    Raises:
        ProgrammingError: this process's own role may not take it.
    """
    # It ends with the transaction in any case; when a statement fails, it ends with the savepoint.
    set_for_transaction("role", ROLE)
    yield
    set_for_transaction("role", "none")
