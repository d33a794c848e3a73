"""Quizzes take part in publishing: an edition offers the quizzes of its course that are open, each by a version."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from assessments.items.selectors import bank
from assessments.quizzes import services
from assessments.quizzes.models import EditionQuiz, Quiz
from assessments.quizzes.rules import BLUEPRINT_FIELDS, digest_of, document_of
from assessments.quizzes.selectors import blueprint_of
from courses.public import CourseContent, Finding

_ACTOR = "publishing"
# What completes a course; practice and placements do not.
_COMPLETING = frozenset({"assessment", "certification"})


class Quizzes:
    """The contributor of quizzes (`courses.public.Contributor`)."""

    name = "quizzes"

    def check(self, course_id: UUID, content: CourseContent) -> Sequence[Finding]:
        """An open quiz that the bank cannot fill stands against publishing; a course that nobody could complete is told."""
        return list(_findings(course_id, content))

    def digest(self, course_id: UUID) -> str:
        """Of every quiz as its author has it by now, open or not."""
        quizzes = Quiz.objects.filter(course_id=course_id).order_by("pk")
        return digest_of({str(quiz.pk): [quiz.slug, quiz.open, document_of(blueprint_of(quiz))] for quiz in quizzes})

    def freeze(self, edition_id: UUID, course_id: UUID) -> None:
        """Pin every open quiz to the proposed edition."""
        _pin_open(edition_id, course_id)

    def publish(self, edition_id: UUID, course_id: UUID) -> None:
        """Pin what was opened since the proposal; what was pinned then stays what was looked at."""
        pinned = EditionQuiz.objects.filter(edition_id=edition_id).values_list("quiz_id", flat=True)
        _pin_open(edition_id, course_id, besides=set(pinned))

    def restore(self, edition_id: UUID, course_id: UUID) -> None:
        """Make each quiz that the edition offered say what it said; whether it is open, and its windows, stay as they are."""
        for pinned in EditionQuiz.objects.filter(edition_id=edition_id).select_related("quiz", "version"):
            blueprint = pinned.version.read
            for name in BLUEPRINT_FIELDS:
                if name != "windows":
                    setattr(pinned.quiz, name, getattr(blueprint, name))
            pinned.quiz.save()

    def forget(self, edition_id: UUID) -> None:
        """Nobody has taken a quiz of an edition that was never published."""
        EditionQuiz.objects.filter(edition_id=edition_id).delete()


def _pin_open(edition_id: UUID, course_id: UUID, *, besides: Collection[UUID] = ()) -> None:
    open_ones = Quiz.objects.select_for_update(no_key=True).filter(course_id=course_id, open=True)
    for quiz in open_ones.exclude(pk__in=besides).order_by("pk"):
        services.pin(quiz, blueprint_of(quiz), edition_id=edition_id, actor=_ACTOR)


def _findings(course_id: UUID, content: CourseContent) -> Iterator[Finding]:
    quizzes = list(Quiz.objects.filter(course_id=course_id).order_by("slug"))
    open_ones = [quiz for quiz in quizzes if quiz.open]
    if content.requires_assessment and not any(quiz.mode in _COMPLETING for quiz in open_ones):
        yield Finding(
            "no_open_assessment",
            False,
            _("Completing this course needs a passed assessment, and no assessment is open: nobody can complete it."),
        )
    for quiz in open_ones:
        found = services.check(blueprint_of(quiz), course_id=course_id, slug=quiz.slug)
        if found:
            yield Finding(
                "quiz_not_ready",
                True,
                format_lazy(_("Quiz “{quiz}”: {issues}"), quiz=quiz.slug, issues="; ".join(map(str, found))),
            )
    promised = {code for lesson in content.lessons() for code in lesson.skills}
    if open_ones and promised:
        held = {code for entry in bank(course_id=course_id, language=content.source_language) for code in entry.skills}
        for code in sorted(promised - held):
            yield Finding(
                "skill_untested",
                False,
                format_lazy(_("{skill} is taught, and no question of the course tests it."), skill=code),
            )
