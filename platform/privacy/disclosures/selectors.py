"""Reading the ledger of disclosures."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from privacy.models import Disclosure


def disclosures(*, user_id: UUID, before: int | None, limit: int) -> tuple[Sequence[Disclosure], int | None]:
    """At most `limit` of the person's disclosures, newest first, older than id `before`; and where the next page starts."""
    rows = Disclosure.objects.filter(user_id=user_id).select_related("pull__agency").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None
