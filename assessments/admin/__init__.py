"""The admin of items, quizzes, attempts and marking; it calls the services that the loader and the API call."""

from assessments.admin.accommodations import AccommodationAdmin
from assessments.admin.analysis import FormStatisticAdmin, ItemStatisticAdmin
from assessments.admin.attempts import AttemptAdmin
from assessments.admin.cards import ScoringRuleCardAdmin
from assessments.admin.fairness import FairnessReportAdmin
from assessments.admin.integrity import IntegrityHintAdmin, IntegrityRunAdmin
from assessments.admin.items import ItemAdmin, ItemRevisionAdmin
from assessments.admin.marking import MarkingTaskAdmin
from assessments.admin.quizzes import QuizAdmin

__all__ = [
    "AccommodationAdmin",
    "AttemptAdmin",
    "FairnessReportAdmin",
    "FormStatisticAdmin",
    "IntegrityHintAdmin",
    "IntegrityRunAdmin",
    "ItemAdmin",
    "ItemRevisionAdmin",
    "ItemStatisticAdmin",
    "MarkingTaskAdmin",
    "QuizAdmin",
    "ScoringRuleCardAdmin",
]
