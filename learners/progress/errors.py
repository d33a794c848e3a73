"""What can go wrong with progress."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class LessonNotInEdition(DomainError):
    """A lesson of the batch is not one of the enrolment's edition; nothing of the batch was stored."""

    code, status, title = "lesson_not_in_edition", 400, _("This lesson belongs to another course")
