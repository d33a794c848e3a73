"""Every model of the app, for one migration history."""

from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem, ScoreCorrection
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.models import Quiz

__all__ = ["Attempt", "AttemptAllowance", "AttemptItem", "Item", "ItemRevision", "Quiz", "ScoreCorrection"]
