"""What can go wrong with cases for assessors."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class LevelIsComputed(DomainError):
    """Levels of this height follow from answers; assessors give higher ones only."""

    code, status, title = "level_is_computed", 422, _("This level follows from your answers and cannot be asked for")


class LevelOutOfReach(DomainError):
    """The skill has no such level, or the learner has it already, or it is more than one above theirs (`level` now)."""

    code, status, title = "level_out_of_reach", 422, _("This level cannot be asked for at present")
    member_types = {"level": int}


class CaseOpen(DomainError):
    """The learner has an open case on this skill already, under the id in `assessment_id`."""

    code, status, title = "case_open", 409, _("Your work on this skill is being looked at already")
    member_types = {"assessment_id": UUID}


class CaseIdTaken(DomainError):
    """The id stands for another case: make a new one for a new case."""

    code, status, title = "case_id_taken", 409, _("This id stands for something else")


class CaseClosed(DomainError):
    """The case is decided or withdrawn."""

    code, status, title = "case_closed", 409, _("This case is closed")


class VerdictGiven(DomainError):
    """The assessor has judged this case already; a verdict is not changed."""

    code, status, title = "verdict_given", 409, _("You have judged this case already")


class VerdictIncomplete(DomainError):
    """Points for a criterion are missing, unknown or out of range."""

    code, status, title = "verdict_incomplete", 422, _("Please give points for every criterion")


class VerdictContradictsPoints(DomainError):
    """A recommendation needs every criterion shown; a refusal needs one that is not."""

    code, status, title = "verdict_contradicts_points", 422, _("The recommendation does not follow from the points")
