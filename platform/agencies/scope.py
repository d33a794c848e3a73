"""For whom the current transaction reads the feed: what row-level security goes by (migration 0003).

Outside these blocks a session sees no progress row at all. The settings are local to the transaction (`SET LOCAL`), so
a pooled connection never carries one agency's scope into another's request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from common.database import set_for_transaction

_AGENCY = "app.agency_id"
_PUBLISHER = "app.feed_publisher"


@contextmanager
def agency_scope(agency_id: UUID) -> Iterator[None]:
    """Within the block, in one transaction, the rows of this agency can be read and nothing can be written."""
    with _local(_AGENCY, str(agency_id)):
        yield


@contextmanager
def publisher_scope() -> Iterator[None]:
    """Within the block, in one transaction, every agency's rows can be read and written: publishing, purge, erasure."""
    with _local(_PUBLISHER, "on"):
        yield


@contextmanager
def _local(name: str, value: str) -> Iterator[None]:
    with transaction.atomic():
        set_for_transaction(name, value)
        yield
        # The scope ends with its block, not with the transaction around it. After an error the rollback takes it back.
        set_for_transaction(name, "")
