"""Every model of the app, for one migration history."""

from assessments.accommodations.models import Accommodation
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.models import ItemExposure, Quiz

__all__ = [
    "Accommodation",
    "Attempt",
    "AttemptAllowance",
    "AttemptItem",
    "Item",
    "ItemExposure",
    "ItemRevision",
    "Quiz",
]
