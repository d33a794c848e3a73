"""Every model of the app, for one migration history."""

from assessments.analysis.models import AnalysisRun, DifResult, FormStatistic, ItemStatistic
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.models import Quiz

__all__ = [
    "AnalysisRun",
    "Attempt",
    "AttemptAllowance",
    "AttemptItem",
    "DifResult",
    "FormStatistic",
    "Item",
    "ItemRevision",
    "ItemStatistic",
    "Quiz",
]
