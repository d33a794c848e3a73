"""Reads of accommodations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from assessments.accommodations.models import Accommodation


def in_force(*, learner_id: UUID, quiz_ids: Iterable[UUID]) -> Mapping[UUID, list[tuple[Decimal, int]]]:
    """(factor, extra seconds) of the learner's accommodations that apply to each quiz; one query."""
    found: dict[UUID, list[tuple[Decimal, int]]] = {quiz_id: [] for quiz_id in quiz_ids}
    for quiz_id, factor, extra_s in Accommodation.objects.filter(
        Q(quiz__isnull=True) | Q(quiz__in=list(found)), learner_id=learner_id, revoked_at__isnull=True
    ).values_list("quiz_id", "factor", "extra_s"):
        for row in found if quiz_id is None else (quiz_id,):
            found[row].append((factor, extra_s))
    return found


def is_granted(*, learner_id: UUID, quiz_id: UUID | None) -> bool:
    """Whether an accommodation for exactly this (a quiz, or all of them) is in force; one query."""
    of_quiz = Q(quiz__isnull=True) if quiz_id is None else Q(quiz=quiz_id)
    return Accommodation.objects.filter(of_quiz, learner_id=learner_id, revoked_at__isnull=True).exists()
