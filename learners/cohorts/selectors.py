"""Reads of cohorts."""

from __future__ import annotations

from uuid import UUID

from learners.cohorts.models import Cohort


def cohort_codes(edition_id: UUID) -> frozenset[str]:
    """Codes of the edition's cohorts; one query."""
    return frozenset(Cohort.objects.filter(edition_id=edition_id).values_list("code", flat=True))
