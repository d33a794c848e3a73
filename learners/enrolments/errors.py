"""What can go wrong with enrolments."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class EditionNotOpen(DomainError):
    """There is no edition of this id, it is not published yet, or its course has none that can be taken now."""

    code, status, title = "edition_not_open", 404, _("This course cannot be taken at present")


class AlreadyEnrolled(DomainError):
    """The learner takes this course already, under the id in `enrolment_id`: go on with that one."""

    code, status, title = "already_enrolled", 409, _("You take this course already")
    member_types = {"enrolment_id": UUID}


class EnrolmentIdTaken(DomainError):
    """The id stands for another enrolment: make a new one for a new enrolment."""

    code, status, title = "enrolment_id_taken", 409, _("This id stands for something else")
