"""Reads of the item bank."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from assessments.items.models import ItemRevision


@dataclass(frozen=True)
class Candidate:
    """An item that may be drawn: its newest approved revision. `skill` is the first of its skills."""

    revision_id: int
    item_id: UUID
    skill: str
    level: int
    difficulty: str
    code: str
    number: int
    skills: tuple[str, ...]
    guess: float


def bank(*, edition_id: UUID, language: str) -> Sequence[Candidate]:
    """The items of an edition that may be drawn in a language; one query. Retired items are missing."""
    newest = (
        ItemRevision.objects.filter(item__edition_id=edition_id, item__retired=False, approved_at__isnull=False)
        .order_by("item_id", "-number")
        .distinct("item_id")
        .annotate(speaks=ExpressionWrapper(Q(content__has_key=language), output_field=BooleanField()))
        .values_list("pk", "item_id", "skills", "level", "difficulty", "item__code", "number", "guess", "speaks")
    )
    return [
        Candidate(pk, item, skills[0], level, difficulty, code, number, tuple(skills), guess)
        for pk, item, skills, level, difficulty, code, number, guess, speaks in newest
        if speaks
    ]


def revisions(ids: Collection[int]) -> Mapping[int, ItemRevision]:
    """Revisions by id, with what showing and scoring needs; one query."""
    return ItemRevision.objects.in_bulk(ids)
