"""Every model of the app, for one migration history."""

from assessments.accommodations.models import Accommodation
from assessments.analysis.models import AnalysisRun, DifResult, FormStatistic, ItemStatistic
from assessments.appeals.models import Appeal, AppealDecision, AppealStep, Reviewer
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem, ScoreCorrection
from assessments.cards.models import ScoringRuleCard
from assessments.fairness.models import FairnessGroup, FairnessReport
from assessments.files.models import HandedInFile
from assessments.integrity.models import IntegrityHint, IntegrityRun
from assessments.items.models import Bank, BankUse, Item, ItemRevision
from assessments.marking.models import Claim, Mark, MarkingTask
from assessments.quizzes.models import EditionQuiz, ItemExposure, Quiz, QuizVersion

__all__ = [
    "Accommodation",
    "AnalysisRun",
    "Appeal",
    "AppealDecision",
    "AppealStep",
    "Attempt",
    "AttemptAllowance",
    "AttemptItem",
    "Bank",
    "BankUse",
    "Claim",
    "DifResult",
    "EditionQuiz",
    "FairnessGroup",
    "FairnessReport",
    "FormStatistic",
    "HandedInFile",
    "IntegrityHint",
    "IntegrityRun",
    "Item",
    "ItemExposure",
    "ItemRevision",
    "ItemStatistic",
    "Mark",
    "MarkingTask",
    "Quiz",
    "QuizVersion",
    "Reviewer",
    "ScoreCorrection",
    "ScoringRuleCard",
]
