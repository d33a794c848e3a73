"""Every model of the app, for one migration history."""

from assessments.accommodations.models import Accommodation
from assessments.analysis.models import AnalysisRun, DifResult, FormStatistic, ItemStatistic
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.files.models import HandedInFile
from assessments.items.models import Item, ItemRevision
from assessments.marking.models import Claim, Mark, MarkingTask
from assessments.quizzes.models import ItemExposure, Quiz

__all__ = [
    "Accommodation",
    "AnalysisRun",
    "Attempt",
    "AttemptAllowance",
    "AttemptItem",
    "Claim",
    "DifResult",
    "FormStatistic",
    "HandedInFile",
    "Item",
    "ItemExposure",
    "ItemRevision",
    "ItemStatistic",
    "Mark",
    "MarkingTask",
    "Quiz",
]
