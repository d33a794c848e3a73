"""The one way in which a person's consents and disclosures may be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction


@contextmanager
def erasing(user_id: UUID) -> Iterator[None]:
    """Within the block, in one transaction, the rows of this one person may be deleted; the triggers refuse all others.

    Deleting the account inside it cascades: `with erasing(user.pk): user.delete()`.
    """
    with transaction.atomic():
        _allow(str(user_id))
        yield
        # A failure inside rolls the setting back with everything else.
        _allow("")


def _allow(user_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('privacy.erasing', %s, true)", [user_id])
