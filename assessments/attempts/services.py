"""Starting attempts: who may, what is drawn."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from assessments.attempts.grading import close_overdue
from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import TooFewItems, draw, due, option_order
from assessments.attempts.selectors import AttemptView, questions_of, view
from assessments.errors import (
    AttemptIdReused,
    AttemptLive,
    AttemptsUsedUp,
    LanguageNotOffered,
    NotEnrolled,
    QuizClosed,
    QuizNotReady,
)
from assessments.items.rules import option_ids
from assessments.items.selectors import bank, revisions
from assessments.quizzes.models import Quiz
from assessments.quizzes.rules import read_pools
from common import languages
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
    *, attempt_id: UUID, learner_id: UUID, quiz_id: UUID, language: str | None, accept_language: str, now: datetime,
    device_class: str = "",
) -> Started:  # fmt: skip
    """Start an attempt under the client's id; a second call returns the same attempt.

    A live attempt of the quiz that is overdue is closed first, in a transaction of its own.

    Raises:
        NotFound: no such quiz, or the id belongs to somebody else's attempt.
        ConsentMissing: nothing of the learning may be recorded.
        NotEnrolled, QuizClosed, LanguageNotOffered, QuizNotReady: the quiz cannot be taken so.
        AttemptIdReused: the id is an attempt at another quiz or in another language.
        AttemptLive: another attempt is under way.
        AttemptsUsedUp: no attempt is left.
    """

    def before() -> AttemptView | None:
        return _repeated(
            attempt_id=attempt_id, learner_id=learner_id, quiz_id=quiz_id, language=language, now=now
        )  # fmt: skip

    repeated = before()
    if repeated is not None:
        return Started(repeated, is_new=False)
    quiz = Quiz.objects.filter(pk=quiz_id).first()
    edition = courses.edition(quiz.edition_id) if quiz else None
    if quiz is None or edition is None:
        raise NotFound(pointer="/quiz_id")
    if not learners.is_enrolled(learner_id=learner_id, edition_id=edition.id):
        raise NotEnrolled()
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    if not quiz.open:
        raise QuizClosed()
    spoken = _language(edition, learner_id, language, accept_language)
    close_overdue(learner_id=learner_id, quiz_id=quiz_id, now=now)
    try:
        return Started(_start(attempt_id, learner_id, quiz, spoken, now, device_class), is_new=True)
    except (AttemptLive, AttemptsUsedUp, IntegrityError) as error:
        # The same call may have come twice at a time, or the id may have been taken in the meantime.
        repeated = before()
        if repeated is None:
            raise error
        return Started(repeated, is_new=False)


def _repeated(
    *, attempt_id: UUID, learner_id: UUID, quiz_id: UUID, language: str | None, now: datetime
) -> AttemptView | None:
    """Return the attempt when the id is already that of this learner, quiz and language.

    Raises:
        NotFound: it is somebody else's.
        AttemptIdReused: it is another attempt of this learner's.
    """
    row = Attempt.objects.select_related("quiz").filter(pk=attempt_id).first()
    if row is None:
        return None
    if row.learner_id != learner_id:
        raise NotFound()
    if row.quiz_id != quiz_id or (language is not None and languages.lookup([language], [row.language]) is None):
        raise AttemptIdReused()
    return view(row, questions_of([row])[row.pk], now=now)


def _language(edition: courses.EditionView, learner_id: UUID, asked: str | None, accept_language: str) -> str:
    if asked is not None:
        found = languages.lookup([asked], edition.languages)
        if found is None:
            raise LanguageNotOffered(pointer="/language", languages=list(edition.languages))
        return found
    learner = learners.learner(learner_id)
    return languages.choose(
        accept_language, learner.languages if learner else (), edition.languages, edition.default_language
    )


@transaction.atomic
def _start(
    attempt_id: UUID, learner_id: UUID, quiz: Quiz, language: str, now: datetime, device_class: str
) -> AttemptView:  # fmt: skip
    # This row's lock also makes the learner's starts of this quiz wait for one another.
    number = _use_one(quiz, learner_id)
    live = Attempt.objects.filter(quiz=quiz, learner_id=learner_id, submitted_at__isnull=True).first()
    if live is not None:
        raise AttemptLive(attempt_id=str(live.pk))
    if number is None:
        raise AttemptsUsedUp(attempt_limit=quiz.attempt_limit)
    seed = secrets.randbits(63)
    try:
        drawn = draw(seed=seed, pools=read_pools(quiz.pools), bank=bank(edition_id=quiz.edition_id, language=language))
    except TooFewItems as error:
        raise QuizNotReady() from error
    row = Attempt.objects.create(
        pk=attempt_id,
        quiz=quiz,
        learner_id=learner_id,
        number=number,
        seed=seed,
        language=language,
        started_at=now,
        due_at=due(started_at=now, time_limit_s=quiz.time_limit_s),
        device_class=device_class,
    )
    shown = revisions([one.revision_id for one in drawn])
    items = AttemptItem.objects.bulk_create(
        AttemptItem(
            pk=new_id(),
            attempt=row,
            position=position,
            revision=shown[one.revision_id],
            option_order=option_order(
                seed=seed, item_id=one.item_id, options=option_ids(shown[one.revision_id].content)
            ),
        )
        for position, one in enumerate(drawn)
    )
    privacy.audit(
        actor=str(learner_id), action="attempt.started", subject_kind="attempt", subject_id=str(row.pk), number=number
    )
    return view(row, items, now=now)


def _use_one(quiz: Quiz, learner_id: UUID) -> int | None:
    """Count one attempt up and return its number, or None at the limit: one statement, so that no two pass it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO assessments_attemptallowance AS allowance (quiz_id, learner_id, used) VALUES (%s, %s, 1)
            ON CONFLICT (quiz_id, learner_id) DO UPDATE SET used = allowance.used + 1 WHERE allowance.used < %s
            RETURNING used
            """,
            [quiz.pk, learner_id, quiz.attempt_limit],
        )
        counted = cursor.fetchone()
    return counted[0] if counted else None
