"""The admin of items, quizzes, attempts, marking, appeals and what is learned from them; it calls the API's services."""

from assessments.admin.accommodations import AccommodationAdmin
from assessments.admin.analysis import FormStatisticAdmin, ItemStatisticAdmin
from assessments.admin.appeals import AppealAdmin, ReviewerAdmin
from assessments.admin.attempts import AttemptAdmin
from assessments.admin.cards import ScoringRuleCardAdmin
from assessments.admin.fairness import FairnessReportAdmin
from assessments.admin.integrity import IntegrityHintAdmin, IntegrityRunAdmin
from assessments.admin.items import ItemAdmin, ItemRevisionAdmin
from assessments.admin.marking import MarkingTaskAdmin
from assessments.admin.quizzes import QuizAdmin

__all__ = [
    "AccommodationAdmin",
    "AppealAdmin",
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
    "ReviewerAdmin",
    "ScoringRuleCardAdmin",
]
