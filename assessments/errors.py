"""What can be refused in assessments."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NotEnrolled(DomainError):
    """The learner is not enrolled in this edition."""

    code, status, title = "not_enrolled", 403, _("You are not enrolled in this course")


class QuizClosed(DomainError):
    """The quiz takes no new attempts at present."""

    code, status, title = "quiz_closed", 409, _("This assessment is not open")


class QuizNotReady(DomainError):
    """The bank holds too few approved items in the attempt's language; a trainer must add some."""

    code, status, title = "quiz_not_ready", 409, _("This assessment is not ready in this language")


class LanguageNotOffered(DomainError):
    """The edition is not offered in the language asked for; `languages` lists those it has."""

    code, status, title = "language_not_offered", 400, _("This assessment is not offered in that language")


class AttemptLive(DomainError):
    """Another attempt of the quiz is under way; `attempt_id` names it."""

    code, status, title = "attempt_live", 409, _("Another attempt is still under way")


class AttemptsUsedUp(DomainError):
    """The learner has used every attempt of the quiz; `attempt_limit` says how many there were."""

    code, status, title = "attempts_used_up", 409, _("No attempt is left")


class AttemptIdReused(DomainError):
    """The attempt's id is taken by an attempt of another quiz or in another language."""

    code, status, title = "attempt_id_reused", 409, _("This id already belongs to another attempt")


class AttemptExpired(DomainError):
    """The time limit and its grace are over: the attempt was closed without answers; `due_at` says when it was due."""

    code, status, title = "attempt_expired", 409, _("The time for this attempt is over")


class AlreadySubmitted(DomainError):
    """The attempt was graded with other answers; they stand."""

    code, status, title = "already_submitted", 409, _("This attempt was already submitted with other answers")


class InvalidAnswer(DomainError):
    """An answer has not the form its item takes; nothing was written and the attempt is still open."""

    code, status, title = "invalid_answer", 400, _("An answer cannot be read")


class NothingToAppeal(DomainError):
    """There is no result to dispute (yet), or none that a review could better; `detail` says which."""

    code, status, title = "nothing_to_appeal", 409, _("There is nothing to appeal against")


class AppealOpen(DomainError):
    """An appeal against the same thing is open already; `appeal_id` names it."""

    code, status, title = "appeal_open", 409, _("You have already appealed against this")


class AppealIdReused(DomainError):
    """The appeal's id is taken by an appeal of yours about something else or in other words."""

    code, status, title = "appeal_id_reused", 409, _("This id already belongs to another appeal")


class AppealClosed(DomainError):
    """The appeal was decided or withdrawn; nothing about it changes any more."""

    code, status, title = "appeal_closed", 409, _("This appeal is closed")


class NotReviewer(DomainError):
    """This person does not review appeals, or not those of this learner's state."""

    code, status, title = "not_reviewer", 403, _("You do not review this appeal")


class ReviewerInvolved(DomainError):
    """The person marked, decided or reviewed what is disputed before, or is the learner: somebody else has to review."""

    code, status, title = "reviewer_involved", 409, _("Somebody who was not involved has to review this")


class ReviewerUnnamed(DomainError):
    """The learner is told who reviews, and this person has no public name yet; give one."""

    code, status, title = "reviewer_unnamed", 400, _("A name that the learner can be told is missing")


class AppealTaken(DomainError):
    """Another person reviews the appeal."""

    code, status, title = "appeal_taken", 409, _("Somebody else is reviewing this appeal")


class UnsoundDecision(DomainError):
    """The decision does what an appeal may not do, or nothing where it has to; `reason` is the code, `detail` says why."""

    code, status, title = "unsound_decision", 400, _("This cannot be decided so")


class UnsoundItem(DomainError):
    """An item's texts, key or metadata contradict each other or its edition; `faults` lists where."""

    code, status, title = "unsound_item", 400, _("The item is not sound")


class UnsoundQuiz(DomainError):
    """A blueprint cannot be read, or the bank cannot satisfy it; `faults` lists why."""

    code, status, title = "unsound_quiz", 400, _("The blueprint is not sound")


REASONS: Mapping[str, str | Promise] = {
    "unknown_item": _("This attempt has no such item."),
    "item_repeated": _("This item was answered before in the same list."),
    "not_an_option_id": _("Give the id of an option, as text."),
    "not_a_list_of_options": _("Give a list of option ids."),
    "unknown_option": _("This item has no such option."),
    "option_repeated": _("An option may be named once."),
    "not_every_option": _("Name every option, in order."),
    "not_a_number": _("Give a number, with a point for decimals."),
    "number_out_of_range": _("This number is too large."),
}
