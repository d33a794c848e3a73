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


class UnsoundItem(DomainError):
    """An item's texts, key or metadata contradict each other or its edition; `faults` lists where."""

    code, status, title = "unsound_item", 400, _("The item is not sound")


class UnsoundQuiz(DomainError):
    """A blueprint cannot be read, or the bank cannot satisfy it; `faults` lists why."""

    code, status, title = "unsound_quiz", 400, _("The blueprint is not sound")


class ReasonMissing(DomainError):
    """A decision about a hint needs a reason in words."""

    code, status, title = "reason_missing", 400, _("Give a reason")


class HintOnOneself(DomainError):
    """Nobody decides about a hint on an attempt of their own."""

    code, status, title = "hint_on_oneself", 403, _("This is about an attempt of your own")


class HintDecided(DomainError):
    """The hint was closed already, in another way or by another person; that stands."""

    code, status, title = "hint_decided", 409, _("Somebody has decided this already")


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
