"""Writing the ledger of disclosures, in the transaction that reads what is disclosed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from common.requests import request_id
from privacy.models import Disclosure, Pull


@transaction.atomic
def record_pull(
    *,
    agency_id: UUID,
    client_id: str,
    purpose: str | None,
    operation: str,
    fields: Sequence[str],
    user_ids: Sequence[UUID],
    row_count: int,
) -> UUID:
    """Write the pull and one disclosure per learner: two statements, whatever their number; return the pull's id.

    Every call is a pull of its own. A learner named twice is disclosed once.
    """
    pull = Pull.objects.create(
        agency_id=agency_id,
        client_id=client_id,
        purpose_id=purpose,
        operation=operation,
        fields=list(fields),
        row_count=row_count,
        request_id=request_id.get(),
    )
    if user_ids:
        Disclosure.objects.bulk_create(
            [Disclosure(pull=pull, user_id=user_id) for user_id in user_ids], ignore_conflicts=True
        )
    return pull.pk
