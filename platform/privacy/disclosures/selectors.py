"""Reading the ledger of disclosures."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from privacy.models import Disclosure


def disclosures(*, user_id: UUID, after: int | None, limit: int) -> Sequence[Disclosure]:
    """At most `limit` of the person's disclosures behind the id `after`, newest first."""
    rows = Disclosure.objects.filter(user_id=user_id).select_related("pull__agency").order_by("-id")
    if after is not None:
        rows = rows.filter(id__lt=after)
    return list(rows[:limit])
