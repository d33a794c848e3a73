"""Reads of cohorts."""

from __future__ import annotations

from uuid import UUID

from learners.cohorts.models import Cohort


def cohort_codes(course_id: UUID) -> frozenset[str]:
    """Codes of the cohorts of a course; one query."""
    return frozenset(Cohort.objects.filter(course=course_id).values_list("code", flat=True))
