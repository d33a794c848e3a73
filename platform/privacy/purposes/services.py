"""Recording that a person has read a text."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from privacy.audit.services import audit
from privacy.models import PurposeTextReview


@transaction.atomic
def record_review(review: PurposeTextReview, *, recorded_by: UUID) -> None:
    """Keep the review, which a member of staff records; from now on the text is no machine's draft.

    Raises:
        IntegrityError: the text has been reviewed.
    """
    review.recorded_by_id = recorded_by
    review.save(force_insert=True)
    audit(
        actor=str(recorded_by),
        action="purpose_text_reviewed",
        subject_kind="purpose_text",
        subject_id=str(review.text_id),
    )
