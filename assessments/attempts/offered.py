"""The quizzes that a learner may take, with what their attempts so far leave of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from assessments.accommodations.rules import extra_seconds
from assessments.accommodations.selectors import in_force
from assessments.attempts.models import Attempt, AttemptAllowance
from assessments.errors import NotEnrolled
from assessments.quizzes.models import EditionQuiz
from assessments.quizzes.rules import (
    MissingView,
    QuizMode,
    ReviewDetail,
    ReviewPolicy,
    available_at,
    item_count,
    review_shown,
    unmet,
)
from assessments.quizzes.windows import are_over, opening, read_windows
from common import languages
from common.errors import NotFound
from common.schemas import Keywords
from courses import public as courses
from learners import public as learners


@dataclass(frozen=True)
class QuizView:
    """A quiz as a learner sees it.

    `opens_at` and `closes_at` are None when the quiz has no window or none for the learner (`is_open` tells apart).
    `passed` is false as long as the review policy keeps it back.
    """

    id: UUID
    edition_id: UUID
    slug: str
    title: str
    mode: Annotated[
        QuizMode,
        Keywords(
            "assessment and certification count for completion; placement lets lessons be skipped; practice does nothing"
        ),
    ]
    item_count: int
    attempt_limit: int
    attempts_used: int
    live_attempt_id: UUID | None
    passed: bool
    time_limit_s: Annotated[int, Keywords("seconds from the start, by the server's clock; your extra time included")]
    pass_share: Annotated[float, Keywords("score needed to pass, 0 to 1")]
    is_open: Annotated[bool, Keywords("no window keeps you from starting now")]
    opens_at: Annotated[datetime | None, Keywords("of the window that is open, else of the next, else of the last")]
    closes_at: datetime | None
    time_zone: Annotated[str | None, Keywords("IANA zone that the window is meant in")]
    available_at: Annotated[datetime | None, Keywords("until then the next attempt has to wait")]
    missing: Annotated[list[MissingView], Keywords("what has to be done first")]


def missing_prerequisites(
    quizzes: Sequence[EditionQuiz], *, learner_id: UUID, participation: learners.Participation
) -> Mapping[UUID, list[MissingView]]:
    """Return what a learner has to do before each of these quizzes of one edition; at most three queries, if any asks."""
    asked = [prerequisite for pinned in quizzes for prerequisite in pinned.version.read.prerequisites]
    passed: set[str] = set()
    levels: dict[str, int] = {}
    if any("quiz" in prerequisite for prerequisite in asked):
        passed = set(
            Attempt.objects.filter(learner_id=learner_id, passed=True, quiz__course_id=quizzes[0].quiz.course_id)
            .values_list("quiz__slug", flat=True)
            .distinct()
        )
    if any("skill" in prerequisite for prerequisite in asked):
        estimates = learners.ability_estimates(learner_id)
        levels = {
            prerequisite["skill"]: estimates.of(prerequisite["skill"]).level
            for prerequisite in asked
            if "skill" in prerequisite
        }
    return {
        pinned.quiz_id: [
            cast(MissingView, dict(prerequisite))
            for prerequisite in unmet(
                pinned.version.read.prerequisites,
                passed_quizzes=passed,
                lessons_done=participation.lessons_done,
                levels=levels,
            )
        ]
        for pinned in quizzes
    }


def quizzes_of_edition(
    *, edition_id: UUID, learner_id: UUID, accept_language: str, now: datetime
) -> tuple[list[QuizView], str]:
    """Return the open quizzes of an edition with the learner's progress, and the language of the titles.

    Constant queries: enrolment and languages, quizzes, allowances, attempts, extra time, what prerequisites ask.

    Raises:
        NotFound: there is no such edition, or it was never published.
        NotEnrolled: the learner is not enrolled in it.
    """
    edition = courses.edition(edition_id)
    if edition is None or edition.published_at is None:
        raise NotFound()
    participation = learners.participation(learner_id=learner_id, edition_id=edition_id)
    if participation is None:
        raise NotEnrolled()
    learner = learners.learner(learner_id)
    language = languages.choose(
        accept_language, learner.languages if learner else (), edition.languages, edition.default_language
    )
    quizzes = list(
        EditionQuiz.objects.select_related("quiz", "version")
        .filter(edition_id=edition_id, quiz__open=True)
        .order_by("quiz__slug")
    )
    attempts: dict[UUID, list[Attempt]] = {pinned.quiz_id: [] for pinned in quizzes}
    allowances = {
        row.quiz_id: row for row in AttemptAllowance.objects.filter(learner_id=learner_id, quiz__in=list(attempts))
    }
    made = Attempt.objects.select_related("quiz_version").filter(learner_id=learner_id, quiz__in=list(attempts))
    for attempt in made.only("quiz_id", "number", "passed", "submitted_at", "quiz_version__blueprint"):
        attempts[attempt.quiz_id].append(attempt)
    granted = in_force(learner_id=learner_id, quiz_ids=list(attempts))
    missing = missing_prerequisites(quizzes, learner_id=learner_id, participation=participation)
    found = []
    for pinned in quizzes:
        quiz, blueprint = pinned.quiz, pinned.version.read
        title = blueprint.titles.get(language) or blueprint.titles.get(edition.default_language, quiz.slug)
        windows = read_windows(quiz.windows)
        access = opening(windows, cohorts=participation.cohorts, now=now)
        mine = attempts[quiz.pk]
        ends = [row.submitted_at for row in mine if row.submitted_at is not None]
        allowance = allowances.get(quiz.pk)
        found.append(
            QuizView(
                id=quiz.pk,
                edition_id=edition_id,
                slug=quiz.slug,
                title=title,
                mode=blueprint.mode,
                item_count=item_count(blueprint),
                attempt_limit=blueprint.attempt_limit + (allowance.granted if allowance else 0),
                attempts_used=allowance.used if allowance else 0,
                live_attempt_id=next((row.pk for row in mine if row.submitted_at is None), None),
                passed=_passed(mine, windows_over=are_over(windows, now=now)),
                time_limit_s=blueprint.time_limit_s
                + extra_seconds(time_limit_s=blueprint.time_limit_s, granted=granted[quiz.pk]),
                pass_share=float(blueprint.pass_share),
                is_open=access.is_open,
                opens_at=access.window.opens_at if access.window else None,
                closes_at=access.window.closes_at if access.window else None,
                time_zone=access.window.zone if access.window else None,
                available_at=available_at(
                    last_end=max(ends, default=None),
                    cool_down_s=blueprint.cool_down_s,
                    now=now,
                    granted_at=allowance.granted_at if allowance else None,
                ),
                missing=missing[quiz.pk],
            )
        )
    return found, language


def _passed(attempts: Sequence[Attempt], *, windows_over: bool) -> bool:
    """Whether the learner has passed and may know it, each attempt by its own version of the quiz."""
    policies = [
        ReviewPolicy(attempt.blueprint.review_what, attempt.blueprint.review_when)
        for attempt in attempts
        if attempt.passed
    ]
    return any(
        review_shown(policy, windows_over=windows_over, attempts_over=True) != ReviewDetail.NOTHING
        for policy in policies
    )
