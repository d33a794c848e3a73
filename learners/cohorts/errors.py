"""What can go wrong with cohorts."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class CohortOfAnotherCourse(DomainError):
    """The enrolment is in another course than the cohort."""

    code, status, title = "cohort_of_another_course", 409, _("This group belongs to another course")
