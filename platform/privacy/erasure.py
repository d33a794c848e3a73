"""The one way in which a person's consents and disclosures may be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from common.database import set_for_transaction

_ERASING = "privacy.erasing"


@contextmanager
def erasing(user_id: UUID) -> Iterator[None]:
    """Within the block, in one transaction, the rows of this one person may be deleted; the triggers refuse all others.

    Deleting the account inside it cascades: `with erasing(user.pk): user.delete()`.
    """
    with transaction.atomic():
        set_for_transaction(_ERASING, str(user_id))
        yield
        # A failure inside rolls the setting back with everything else.
        set_for_transaction(_ERASING, "")
