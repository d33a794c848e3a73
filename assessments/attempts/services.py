"""Starting attempts: who may start one, and which items are drawn."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from assessments.accommodations.rules import extra_seconds
from assessments.accommodations.selectors import in_force
from assessments.attempts.choosing import choose
from assessments.attempts.grading import close_overdue, publish_withheld_outcomes
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.attempts.offered import missing_prerequisites
from assessments.attempts.rules import TooFewItems, due, shown_options
from assessments.attempts.selectors import AttemptView, attempts_for_update, questions_of, view
from assessments.attempts.statements import count_exposures, use_attempt
from assessments.errors import (
    AttemptIdReused,
    AttemptLive,
    AttemptsUsedUp,
    CoolingDown,
    LanguageNotOffered,
    NotEnrolled,
    OutsideWindow,
    PrerequisitesMissing,
    QuizClosed,
    QuizNotReady,
)
from assessments.items.rules import option_ids
from assessments.items.selectors import bank, revisions
from assessments.quizzes.models import EditionQuiz, Quiz
from assessments.quizzes.rules import EXCLUSIVE_MODES, available_at
from assessments.quizzes.windows import opening, read_windows
from common import languages
from common.clock import rfc3339
from common.database import lock_for_transaction
from common.errors import NotFound
from common.ids import new_id
from courses import public as courses
from learners import public as learners
from privacy import public as privacy


@dataclass(frozen=True)
class Started:
    """An attempt, and whether this call made it."""

    attempt: AttemptView
    is_new: bool


def start(
    *,
    attempt_id: UUID,
    learner_id: UUID,
    quiz_id: UUID,
    language: str | None,
    accept_language: str,
    now: datetime,
    device_class: str = "",
) -> Started:
    """Start an attempt under the client's id; a second call returns the same attempt.

    Live attempts of the learner that are overdue are closed first, in a transaction of their own.

    Raises:
        NotFound: no such quiz, or the id belongs to somebody else's attempt.
        ConsentMissing: nothing of the learning may be recorded.
        NotEnrolled, QuizClosed, OutsideWindow, PrerequisitesMissing, LanguageNotOffered, QuizNotReady: the quiz cannot be
            taken so.
        AttemptIdReused: the id is an attempt at another quiz or in another language.
        AttemptLive: another attempt is under way.
        CoolingDown: the last attempt is not long enough ago.
        AttemptsUsedUp: no attempt is left.
    """

    def before() -> AttemptView | None:
        return _repeated(attempt_id=attempt_id, learner_id=learner_id, quiz_id=quiz_id, language=language, now=now)

    repeated = before()
    if repeated is not None:
        return Started(repeated, is_new=False)
    # The edition that the learner is enrolled in offers one version of it, once it was frozen.
    pinned = (
        EditionQuiz.objects.select_related("quiz", "version")
        .filter(quiz_id=quiz_id, edition_id__in=learners.editions_taken(learner_id))
        .first()
    )
    if pinned is None:
        raise _not_offered(quiz_id, learner_id)
    quiz = pinned.quiz
    edition = courses.edition(pinned.edition_id)
    participation = learners.participation(learner_id=learner_id, edition_id=pinned.edition_id)
    if edition is None or participation is None:
        raise NotEnrolled()
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    if not quiz.open:
        raise QuizClosed()
    blueprint = pinned.version.read
    closes_at = _closing(quiz, participation.cohorts, now)
    missing = missing_prerequisites([pinned], learner_id=learner_id, participation=participation)[quiz.pk]
    if missing:
        raise PrerequisitesMissing(missing=list(missing))
    spoken = _language(edition, participation.languages, language, accept_language)
    granted = in_force(learner_id=learner_id, quiz_ids=[quiz_id])[quiz_id]
    due_at = due(
        started_at=now,
        time_limit_s=blueprint.time_limit_s,
        extra_s=extra_seconds(time_limit_s=blueprint.time_limit_s, granted=granted),
        closes_at=closes_at if blueprint.cut_at_close else None,
    )
    close_overdue(learner_id=learner_id, now=now)
    publish_withheld_outcomes(learner_id=learner_id, now=now)
    try:
        return Started(_start(attempt_id, learner_id, pinned, spoken, now, due_at, device_class), is_new=True)
    except (AttemptLive, AttemptsUsedUp, CoolingDown, IntegrityError) as error:
        # The same call may have come twice at a time, or the id may have been taken in the meantime.
        repeated = before()
        if repeated is None:
            raise error
        return Started(repeated, is_new=False)


def _not_offered(quiz_id: UUID, learner_id: UUID) -> NotFound | NotEnrolled | QuizClosed:
    """Why no edition that the learner takes offers the quiz."""
    course_id = Quiz.objects.filter(pk=quiz_id).values_list("course", flat=True).first()
    if course_id is None:
        return NotFound(pointer="/quiz_id")
    taken = learners.taken_courses(learner_ids=[learner_id], course_ids=[course_id])
    return QuizClosed() if taken else NotEnrolled()


def _closing(quiz: Quiz, cohorts: Sequence[str], now: datetime) -> datetime | None:
    """Return when the window that is open to the learner closes; None without windows.

    Raises:
        OutsideWindow: none is open.
    """
    found = opening(read_windows(quiz.windows), cohorts=cohorts, now=now)
    window = found.window
    if not found.is_open:
        raise OutsideWindow(
            opens_at=rfc3339(window.opens_at) if window else None,
            closes_at=rfc3339(window.closes_at) if window else None,
            time_zone=window.zone if window else None,
        )
    return window.closes_at if window else None


def _repeated(
    *, attempt_id: UUID, learner_id: UUID, quiz_id: UUID, language: str | None, now: datetime
) -> AttemptView | None:
    """Return the attempt when the id is already that of this learner, quiz and language.

    Raises:
        NotFound: it is somebody else's.
        AttemptIdReused: it is another attempt of this learner's.
    """
    row = Attempt.objects.select_related("quiz", "quiz_version").filter(pk=attempt_id).first()
    if row is None:
        return None
    if row.learner_id != learner_id:
        raise NotFound()
    if row.quiz_id != quiz_id or (language is not None and languages.lookup([language], [row.language]) is None):
        raise AttemptIdReused()
    return view(row, questions_of([row])[row.pk], now=now)


def _language(edition: courses.EditionView, preferred: Sequence[str], asked: str | None, accept_language: str) -> str:
    if asked is not None:
        found = languages.lookup([asked], edition.languages)
        if found is None:
            raise LanguageNotOffered(pointer="/language", languages=list(edition.languages))
        return found
    return languages.choose(accept_language, preferred, edition.languages, edition.default_language)


@transaction.atomic
def _start(
    attempt_id: UUID,
    learner_id: UUID,
    pinned: EditionQuiz,
    language: str,
    now: datetime,
    due_at: datetime,
    device_class: str,
) -> AttemptView:
    quiz, blueprint = pinned.quiz, pinned.version.read
    one_start_at_a_time(learner_id)
    # The learner may have moved to another edition since, and moves no more until this ends.
    if not learners.is_enrolled(learner_id=learner_id, edition_id=pinned.edition_id):
        raise NotEnrolled()
    number = use_attempt(quiz_id=quiz.pk, learner_id=learner_id, limit=blueprint.attempt_limit)
    exclusive = blueprint.mode in EXCLUSIVE_MODES
    # The attempts of this quiz, and the live ones that allow no other at the same time.
    live = Q(submitted_at__isnull=True)
    known = list(
        Attempt.objects.filter(Q(quiz=quiz) | (live if exclusive else live & Q(exclusive=True)), learner_id=learner_id)
        .order_by("started_at", "pk")
        .only("quiz_id", "submitted_at", "form")
    )
    for earlier in known:
        if earlier.submitted_at is None:
            raise AttemptLive(attempt_id=str(earlier.pk))
    if number is None:
        raise AttemptsUsedUp(attempt_limit=blueprint.attempt_limit)
    ends = [earlier.submitted_at for earlier in known if earlier.submitted_at is not None]
    _require_cooled_down(quiz, learner_id, ends, now, cool_down_s=blueprint.cool_down_s)
    seed = secrets.randbits(63)
    held = bank(course_id=quiz.course_id, language=language)
    try:
        chosen = choose(
            quiz=quiz,
            blueprint=blueprint,
            held=held,
            learner_id=learner_id,
            seed=seed,
            forms_used=[earlier.form for earlier in known],
        )
    except TooFewItems as error:
        raise QuizNotReady() from error
    row = Attempt.objects.create(
        edition_id=pinned.edition_id,
        pk=attempt_id,
        quiz=quiz,
        quiz_version=pinned.version,
        learner_id=learner_id,
        number=number,
        seed=seed,
        language=language,
        started_at=now,
        due_at=due_at,
        exclusive=exclusive,
        form=chosen.form,
        selection=chosen.note,
        device_class=device_class,
    )
    shown = revisions([candidate.revision_id for _, candidate in chosen.items])
    seen_before = _seen_before(learner_id, [candidate.item_id for _, candidate in chosen.items])
    items = AttemptItem.objects.bulk_create(
        AttemptItem(
            pk=new_id(),
            attempt=row,
            position=position,
            section=section,
            revision=shown[candidate.revision_id],
            seen_before=candidate.item_id in seen_before,
            option_order=shown_options(
                seed=seed,
                item_id=candidate.item_id,
                kind=shown[candidate.revision_id].kind,
                options=option_ids(shown[candidate.revision_id].content),
                text=shown[candidate.revision_id].content[language],
                shuffled=blueprint.shuffle_options and candidate.code not in blueprint.options_in_order,
            ),
        )
        for position, (section, candidate) in enumerate(chosen.items)
    )
    privacy.audit(
        actor=str(learner_id), action="attempt.started", subject_kind="attempt", subject_id=str(row.pk), number=number
    )
    if blueprint.mode == "certification":
        count_exposures(quiz_id=quiz.pk, item_ids=[candidate.item_id for _, candidate in chosen.items])
    return view(row, items, now=now)


def _require_cooled_down(
    quiz: Quiz, learner_id: UUID, ends: Sequence[datetime], now: datetime, *, cool_down_s: int
) -> None:
    """Refuse a start too soon after the last of these ends, unless an attempt was granted since; one query with a cool-down.

    Raises:
        CoolingDown: it is too soon.
    """
    if not cool_down_s or not ends:
        return
    granted_at = AttemptAllowance.objects.values_list("granted_at", flat=True).get(quiz=quiz, learner_id=learner_id)
    available = available_at(last_end=max(ends), cool_down_s=cool_down_s, now=now, granted_at=granted_at)
    if available is not None:
        raise CoolingDown(available_at=rfc3339(available))


def _seen_before(learner_id: UUID, item_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these items the learner was asked before, in any course, edition and mode; four queries at most.

    Those of another live attempt are marked as seen there too: the new attempt may show how they are answered before the
    other is submitted.
    """
    asked = AttemptItem.objects.filter(attempt__learner_id=learner_id, revision__item_id__in=item_ids)
    seen_before = set(asked.values_list("revision__item_id", flat=True))
    if seen_before:
        live = asked.filter(attempt__submitted_at__isnull=True, seen_before=False)
        attempts = set(live.values_list("attempt_id", flat=True))
        if attempts:
            # Who saves an answer holds the attempt first and then items: so does this, or each could wait for the other.
            list(attempts_for_update().filter(pk__in=attempts).order_by("pk"))
            AttemptItem.objects.filter(pk__in=live.values("pk")).update(seen_before=True)
    return seen_before


def one_start_at_a_time(learner_id: UUID) -> None:
    """Make the learner's starts, of whatever quiz, wait for one another until the transaction ends."""
    lock_for_transaction(f"attempts of {learner_id}")
