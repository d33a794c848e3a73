"""What can go wrong with moving to another edition."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class EditionOfAnotherCourse(DomainError):
    """The edition is one of another course than the enrolment's: enrol there instead."""

    code, status, title = "edition_of_another_course", 409, _("This edition belongs to another course")


class AttemptUnderWay(DomainError):
    """An attempt at a quiz of the present edition is under way, `attempt_id`: hand it in before moving."""

    code, status, title = "attempt_under_way", 409, _("Finish the quiz that you have begun first")
    member_types = {"attempt_id": UUID}


class LanguageMissing(DomainError):
    """The edition is not offered in the language that the learner reads now, but in `languages`. Say so to move all the same."""

    code, status, title = "language_missing", 409, _("This edition is not there in your language")
    member_types = {"languages": list[str]}
