"""Reads of the item banks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from assessments.items.models import Bank, BankUse, Item, ItemRevision


@dataclass(frozen=True)
class Candidate:
    """An item that may be drawn: its newest approved revision. `skill` is the first of its skills.

    measured_as: number of the first revision that measures the same; answers to all of these make its learned difficulty.
    """

    revision_id: int
    item_id: UUID
    skill: str
    level: int
    difficulty: str
    code: str
    measured_as: int
    skills: tuple[str, ...]
    guess: float


def banks_of(*, also_ended: bool = False, **course: Any) -> QuerySet[Bank, Any]:
    """The ids of the banks that courses draw from, their own and those they share; `course` is a condition on the course.

    Args:
        also_ended: also those that a course drew from once.
    """
    own = Bank.objects.filter(**course).order_by().values("pk")
    shared = BankUse.objects.filter(**course) if also_ended else BankUse.objects.filter(**course, ended_at__isnull=True)
    return own.union(shared.order_by().values("bank"), all=True)


def bank(*, course_id: UUID, language: str) -> Sequence[Candidate]:
    """The items that a course may draw in a language; one query. Retired and withdrawn items are missing."""
    newest = (
        ItemRevision.objects.filter(
            item__bank__in=banks_of(course=course_id),
            item__retired=False,
            item__withdrawn_at__isnull=True,
            approved_at__isnull=False,
        )
        .order_by("item_id", "-number")
        .distinct("item_id")
        .annotate(speaks=ExpressionWrapper(Q(content__has_key=language), output_field=BooleanField()))
        .values_list("pk", "item_id", "skills", "level", "difficulty", "item__code", "measured_as", "guess", "speaks")
    )
    return [
        Candidate(pk, item, skills[0], level, difficulty, code, measured_as, tuple(skills), guess)
        for pk, item, skills, level, difficulty, code, measured_as, guess, speaks in newest
        if speaks
    ]


def taken_codes(bank: Bank, codes: Collection[str]) -> list[str]:
    """Which of these codes another bank has that a course draws from together with this one; sorted, one query."""
    courses: Any = [bank.course_id]
    if bank.course_id is None:
        courses = BankUse.objects.filter(bank=bank, ended_at__isnull=True).values("course")
    others = Item.objects.filter(code__in=codes, bank__in=banks_of(course__in=courses)).exclude(bank=bank)
    return sorted(set(others.values_list("code", flat=True)))


def revisions(ids: Collection[int]) -> Mapping[int, ItemRevision]:
    """Revisions by id, with what showing and scoring needs; one query."""
    return ItemRevision.objects.in_bulk(ids)
