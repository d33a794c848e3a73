"""Reads of quizzes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from assessments.attempts.models import Attempt, AttemptAllowance
from assessments.errors import NotEnrolled
from assessments.quizzes.models import Quiz
from assessments.quizzes.rules import read_pools
from common import languages
from common.errors import NotFound
from courses import public as courses
from learners import public as learners


@dataclass(frozen=True)
class QuizView:
    """A quiz as a learner sees it."""

    id: UUID
    edition_id: UUID
    slug: str
    title: str
    mode: str
    item_count: int
    attempt_limit: int
    attempts_used: int
    live_attempt_id: UUID | None
    passed: bool
    time_limit_s: int
    pass_share: float


def quizzes_of_edition(*, edition_id: UUID, learner_id: UUID, accept_language: str) -> tuple[list[QuizView], str]:
    """Return the open quizzes of an edition with the learner's standing, and the language of the titles.

    Constant queries: learner's enrolment and languages, quizzes, allowances, attempts.

    Raises:
        NotFound: there is no such edition, or it was never published.
        NotEnrolled: the learner does not take it.
    """
    edition = courses.edition(edition_id)
    if edition is None or edition.published_at is None:
        raise NotFound()
    if not learners.is_enrolled(learner_id=learner_id, edition_id=edition_id):
        raise NotEnrolled()
    learner = learners.learner(learner_id)
    language = languages.choose(
        accept_language, learner.languages if learner else (), edition.languages, edition.default_language
    )
    quizzes = list(Quiz.objects.filter(edition_id=edition_id, open=True).order_by("slug"))
    allowances = {row.quiz_id: row for row in AttemptAllowance.objects.filter(learner_id=learner_id, quiz__in=quizzes)}
    live: dict[UUID, UUID] = {}
    passed: set[UUID] = set()
    for attempt_id, quiz_id, has_passed, submitted_at in Attempt.objects.filter(
        learner_id=learner_id, quiz__in=quizzes
    ).values_list("pk", "quiz_id", "passed", "submitted_at"):
        if submitted_at is None:
            live[quiz_id] = attempt_id
        if has_passed:
            passed.add(quiz_id)
    return [
        QuizView(
            id=quiz.pk,
            edition_id=quiz.edition_id,
            slug=quiz.slug,
            title=quiz.titles.get(language) or quiz.titles.get(edition.default_language, quiz.slug),
            mode=quiz.mode,
            item_count=sum(pool.count for pool in read_pools(quiz.pools)),
            attempt_limit=quiz.attempt_limit + (allowances[quiz.pk].granted if quiz.pk in allowances else 0),
            attempts_used=allowances[quiz.pk].used if quiz.pk in allowances else 0,
            live_attempt_id=live.get(quiz.pk),
            passed=quiz.pk in passed,
            time_limit_s=quiz.time_limit_s,
            pass_share=float(quiz.pass_share),
        )
        for quiz in quizzes
    ], language
