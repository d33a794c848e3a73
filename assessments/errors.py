"""What can be refused in assessments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NotRequired, Protocol, TypedDict
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class Prerequisite(TypedDict, total=False):
    """What has to be done before a quiz: pass another (`quiz`, a slug), all lessons, or a level of a skill."""

    quiz: str
    lessons: bool
    skill: str
    level: int


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
    member_types = {"languages": list[str]}


class OutsideWindow(DomainError):
    """The quiz is not open to this learner now.

    `opens_at`, `closes_at` and `time_zone` are of the next window, else of the last; null when none is for the learner.
    """

    code, status, title = "outside_window", 409, _("This assessment is not open at this time")
    member_types = {"opens_at": datetime | None, "closes_at": datetime | None, "time_zone": str | None}


class CoolingDown(DomainError):
    """The last attempt of the quiz ended too short a while ago; `available_at` says when the next may start."""

    code, status, title = "cooling_down", 409, _("Please wait before the next attempt")
    member_types = {"available_at": datetime}


class PrerequisitesMissing(DomainError):
    """Something has to be done first; `missing` lists it: {quiz: slug}, {lessons: true} or {skill, level}."""

    code, status, title = "prerequisites_missing", 409, _("Something else has to be done first")
    member_types = {"missing": list[Prerequisite]}


class AlreadyAccommodated(DomainError):
    """An accommodation for this learner and quiz is in force; it is revoked before another is granted."""

    code, status, title = "already_accommodated", 409, _("The learner already has extra time here")


class AttemptLive(DomainError):
    """Another attempt is under way, of this quiz or one that bears no other beside it; `attempt_id` names it."""

    code, status, title = "attempt_live", 409, _("Another attempt is still under way")
    member_types = {"attempt_id": UUID}


class AttemptsUsedUp(DomainError):
    """The learner has used every attempt of the quiz; `attempt_limit` says how many there were."""

    code, status, title = "attempts_used_up", 409, _("No attempt is left")
    member_types = {"attempt_limit": int}


class AttemptIdReused(DomainError):
    """The attempt's id is taken by an attempt of another quiz or in another language."""

    code, status, title = "attempt_id_reused", 409, _("This id already belongs to another attempt")


class SavedAnswer(TypedDict):
    """An answer that stands: its item, and the client's number under which it was saved; null: under none."""

    item: UUID
    sequence: int | None


class AttemptExpired(DomainError):
    """The time limit and its grace are over; `due_at` says when it was due.

    `saved` lists the answers that had been saved in time: they are graded. What came with this call is not.
    """

    code, status, title = "attempt_expired", 409, _("The time for this attempt is over")
    member_types = {"due_at": datetime, "saved": list[SavedAnswer]}


class AttemptSubmitted(DomainError):
    """The attempt was handed in, and no answer is saved any more; `saved` lists the answers that are final."""

    code, status, title = "attempt_submitted", 409, _("This attempt was already handed in")
    member_types = {"saved": list[SavedAnswer]}


class AlreadySubmitted(DomainError):
    """The attempt was handed in with other answers to these items; they stand."""

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
    """Answers cannot be read; nothing was written and the attempt is still open: have these mended and submit again.

    `errors[]` lists every one of them: where it stands in the body, as `code` why it cannot be read, and as `detail` what
    is wrong in words for the learner. `reason` and `detail` are those of the first.
    """

    code, status, title = "invalid_answer", 400, _("An answer cannot be read")
    member_types = {"reason": str, "file_ids": NotRequired[list[UUID]]}


class FileRefused(DomainError):
    """The body is no PDF, JPEG, PNG or UTF-8 text, is broken, or is another of these than its media type says."""

    code, status, title = "file_refused", 400, _("This kind of file is not taken, or the file is broken")


class FileTooLarge(DomainError):
    """The file is larger than `most_bytes`."""

    code, status, title = "file_too_large", 413, _("This file is too large")
    member_types = {"most_bytes": int}


class FilesNotTaken(DomainError):
    """The attempt is over, asks for no file, or has as many as its tasks take; delete one to hand in another."""

    code, status, title = "files_not_taken", 409, _("This attempt takes no more files")


class FileIdReused(DomainError):
    """The id stands for other bytes or for another attempt."""

    code, status, title = "file_id_reused", 409, _("This id already belongs to another file")


class OwnWork(DomainError):
    """Nobody marks their own work."""

    code, status, title = "own_work", 403, _("You cannot mark your own work")


class AlreadyMarked(DomainError):
    """The marker has given their mark for this work; it stands, and nobody marks twice."""

    code, status, title = "already_marked", 409, _("You have already marked this work")


class TaskTaken(DomainError):
    """Other markers are at this work, or it has all the marks it needs."""

    code, status, title = "task_taken", 409, _("This work needs no further marker at present")


class NotClaimed(DomainError):
    """The marker has not taken this work on."""

    code, status, title = "not_claimed", 409, _("Take this work on before you mark it")


class InvalidMark(DomainError):
    """The points are not those of the rubric, or the reason is missing."""

    code, status, title = "invalid_mark", 400, _("The mark is not complete")


class NothingToAppeal(DomainError):
    """There is no result to dispute (yet), or none that a review could better; `detail` says which."""

    code, status, title = "nothing_to_appeal", 409, _("There is nothing to appeal against")


class AppealOpen(DomainError):
    """An appeal against the same thing is open already; `appeal_id` names it."""

    code, status, title = "appeal_open", 409, _("You have already appealed against this")
    member_types = {"appeal_id": UUID}


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


class InvalidDecision(DomainError):
    """The decision does what an appeal may not do, or nothing where it has to; `reason` is the code, `detail` says why."""

    code, status, title = "unsound_decision", 400, _("This cannot be decided so")
    member_types = {"reason": str, "place": NotRequired[str]}


class InvalidItem(DomainError):
    """An item's texts, key or metadata contradict each other or its edition; `faults` lists where."""

    code, status, title = "unsound_item", 400, _("The item is not sound")
    member_types = {"faults": list[str]}


class OtherMeasure(DomainError):
    """Somebody said that a revision measures the same as the one before, but an answer to it tells something else."""

    code, status, title = "other_measure", 409, _("It does not measure the same as before")


class ApprovedByAuthor(DomainError):
    """The course's authority asks that another person than its author approves a question."""

    code, status, title = "approved_by_author", 403, _("Another person than its author has to approve it")


class InvalidQuiz(DomainError):
    """A blueprint cannot be read, or the bank cannot satisfy it; `faults` lists why."""

    code, status, title = "unsound_quiz", 400, _("The blueprint is not sound")
    member_types = {"faults": list[str]}


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
    "not_a_number": _("Write a number in digits, such as %(example)s."),
    "number_ambiguous": _("“%(written)s” can be read as %(first)s or as %(second)s: write it as one of these."),
    "letter_for_digit": _("“%(letter)s” is a letter: write the digit %(digit)s."),
    "number_out_of_range": _("This number is too large."),
    "not_an_object": _("Give an object."),
    "unknown_member": _("This field is not known."),
    "unknown_left": _("This item has nothing of that id to match."),
    "unknown_gap": _("This text has no such gap."),
    "unknown_region": _("This picture has no such region."),
    "not_a_point": _("Give a region's id, or two numbers from 0 to 1."),
    "not_a_text": _("Give text."),
    "text_too_long": _("This text is too long."),
    "not_a_list_of_files": _("Give a list of file ids."),
    "not_a_file_id": _("Give the id of a file that you uploaded."),
    "file_repeated": _("A file may be named once."),
    "too_many_files": _("These are too many files."),
    "sequence_reused": _("Another answer was saved under this number. Give a higher one."),
    "file_missing": _("A file was not uploaded, or was taken back."),
}


class _Refused(Protocol):
    """An answer that cannot be read."""

    @property
    def pointer(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...


def in_words(refused: _Refused) -> str:
    """Return what is wrong with an answer, in the active language."""
    said = str(REASONS[refused.reason])
    return said % refused.values if refused.values else said


def unreadable(refused: Sequence[_Refused]) -> InvalidAnswer:
    """Return the error that lists these answers, at least one, in the active language."""
    listed = [
        {
            "pointer": answer.pointer,
            "code": answer.reason,
            "detail": in_words(answer),
        }
        for answer in refused
    ]
    return InvalidAnswer(listed[0]["detail"], errors=listed, reason=refused[0].reason)
