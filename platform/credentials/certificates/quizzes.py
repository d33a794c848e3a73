"""Passed quizzes, which achievements may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from credentials.certificates import statements
from credentials.events import QuizOutcome, QuizPassed
from events import public as events
from events.public import Recorded
from learners import public as learners

COUNTED_MODES = frozenset({"assessment", "certification"})


@transaction.atomic
def note_passed_quizzes(recorded: Sequence[Recorded[QuizOutcome]]) -> None:
    """Consumer: notes the earliest pass of each quiz that counts; a first pass is told, for an achievement may ask for it.

    In whatever order they come, and how often. A constant number of statements for the batch.
    """
    earliest: dict[tuple[UUID, UUID], datetime] = {}
    for entry in recorded:
        outcome = entry.event
        if outcome.passed and outcome.mode in COUNTED_MODES:
            key = (outcome.learner_id, outcome.quiz_id)
            earliest[key] = min(outcome.submitted_at, earliest.get(key, outcome.submitted_at))
    if not earliest:
        return
    # A learner who was erased meanwhile is left out.
    present = learners.hold_learners({learner_id for learner_id, _ in earliest})
    new = statements.note_passed({key: at for key, at in earliest.items() if key[0] in present})
    events.record_many([QuizPassed(learner_id=learner_id, quiz_id=quiz_id) for learner_id, quiz_id in new])
