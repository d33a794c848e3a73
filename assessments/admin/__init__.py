"""The admin of items, quizzes and attempts; it calls the services that the loader and the API call."""

from assessments.admin.accommodations import AccommodationAdmin
from assessments.admin.attempts import AttemptAdmin
from assessments.admin.items import ItemAdmin, ItemRevisionAdmin
from assessments.admin.quizzes import QuizAdmin

__all__ = ["AccommodationAdmin", "AttemptAdmin", "ItemAdmin", "ItemRevisionAdmin", "QuizAdmin"]
