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


class NotGraded(DomainError):
    """The attempt has no score yet, or expired without answers: there is nothing to correct."""

    code, status, title = "not_graded", 409, _("This attempt has no score that could be corrected")


class InvalidMarks(DomainError):
    """Marks or corrected scores do not fit the attempt: an unknown item, a missing mark, a score outside 0 to 1."""

    code, status, title = "invalid_marks", 400, _("The marks do not fit the attempt")


class NothingCounts(DomainError):
    """Every item of the attempt would be struck; one at least must count."""

    code, status, title = "nothing_counts", 409, _("At least one item must count")


class InvalidAnswer(DomainError):
    """An answer has not the form its item takes; nothing was written and the attempt is still open."""

    code, status, title = "invalid_answer", 400, _("An answer cannot be read")


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
