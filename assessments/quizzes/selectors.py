"""Reads of quizzes."""

from __future__ import annotations

from decimal import Decimal

from assessments.quizzes.models import Quiz
from assessments.quizzes.rules import BLUEPRINT_FIELDS, Blueprint


def blueprint_of(quiz: Quiz) -> Blueprint:
    """The quiz as the rules see it."""
    values = {name: getattr(quiz, name) for name in BLUEPRINT_FIELDS}
    shares = {name: Decimal(str(values[name])) for name in ("pass_share", "max_exposure")}
    return Blueprint(**(values | shares))
