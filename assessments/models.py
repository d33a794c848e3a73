"""Every model of the app, for one migration history."""

from assessments.appeals.models import Appeal, AppealDecision, AppealStep, Reviewer
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.models import Quiz

__all__ = [
    "Appeal",
    "AppealDecision",
    "AppealStep",
    "Attempt",
    "AttemptAllowance",
    "AttemptItem",
    "Item",
    "ItemRevision",
    "Quiz",
    "Reviewer",
]
