"""The admin of items, quizzes, attempts and appeals; it calls the services that the loader and the API call."""

from assessments.admin.appeals import AppealAdmin, ReviewerAdmin
from assessments.admin.attempts import AttemptAdmin
from assessments.admin.items import ItemAdmin, ItemRevisionAdmin
from assessments.admin.quizzes import QuizAdmin

__all__ = ["AppealAdmin", "AttemptAdmin", "ItemAdmin", "ItemRevisionAdmin", "QuizAdmin", "ReviewerAdmin"]
