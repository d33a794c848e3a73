"""The admin of items, quizzes and attempts; it calls the services that the loader and the API call."""

from assessments.admin.attempts import AttemptAdmin
from assessments.admin.cards import ScoringRuleCardAdmin
from assessments.admin.fairness import FairnessReportAdmin
from assessments.admin.integrity import IntegrityHintAdmin, IntegrityRunAdmin
from assessments.admin.items import ItemAdmin, ItemRevisionAdmin
from assessments.admin.quizzes import QuizAdmin

__all__ = [
    "AttemptAdmin",
    "FairnessReportAdmin",
    "IntegrityHintAdmin",
    "IntegrityRunAdmin",
    "ItemAdmin",
    "ItemRevisionAdmin",
    "QuizAdmin",
    "ScoringRuleCardAdmin",
]
