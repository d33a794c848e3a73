"""Every model of the app, for one migration history."""

from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.cards.models import ScoringRuleCard
from assessments.fairness.models import FairnessGroup, FairnessReport
from assessments.integrity.models import IntegrityHint, IntegrityRun
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.models import Quiz

__all__ = [
    "Attempt",
    "AttemptAllowance",
    "AttemptItem",
    "FairnessGroup",
    "FairnessReport",
    "IntegrityHint",
    "IntegrityRun",
    "Item",
    "ItemRevision",
    "Quiz",
    "ScoringRuleCard",
]
