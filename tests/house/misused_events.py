"""Planted mistakes: never run, read by mypy alone (`make check-types`).

Each has a `type: ignore` with its error; mypy fails on one that is not needed (`warn_unused_ignores`), so a mistake that passes
unnoticed fails the check.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from agencies import public as agencies
from assessments.events import MarkingNeeded, OutcomeCorrected, OutcomeRecorded
from courses.events import EditionPublished
from events import public as events
from events.kinds import Recorded
from events.registry import Consumer
from learners import public as learners
from learners.events import Enrolled, MasteryChanged, ProfileChanged


def consumers_of_the_wrong_class() -> None:
    Consumer("mastery", learners.absorb_outcomes).takes(OutcomeRecorded, OutcomeCorrected)
    Consumer("mastery", learners.absorb_outcomes).takes(MasteryChanged)  # type: ignore[arg-type]
    Consumer("waivers", learners.waive_lessons).takes(OutcomeRecorded, MasteryChanged)
    Consumer("waivers", learners.waive_lessons).takes(OutcomeRecorded, Enrolled)  # type: ignore[arg-type]
    Consumer("agency_feed", agencies.update_feed).takes(Enrolled, MarkingNeeded)
    Consumer("agency_feed", agencies.update_feed).takes(EditionPublished)  # type: ignore[arg-type]


def events_made_wrongly(learner_id: UUID) -> None:
    events.record(ProfileChanged(learner_id=learner_id, member_state="JP"))
    events.record(ProfileChanged(learner_id=str(learner_id), member_state="JP"))  # type: ignore[arg-type]
    events.record(ProfileChanged(learner_id=learner_id))  # type: ignore[call-arg]
    events.record(ProfileChanged(learner_id=learner_id, member_state="JP", state="JP"))  # type: ignore[call-arg]
    events.record("learners.profile_changed")  # type: ignore[arg-type]


def members_used_wrongly(recorded: Sequence[Recorded[OutcomeRecorded]]) -> None:
    for entry in recorded:
        _ = entry.event.answers[0].score
        _ = entry.event.answers[0].mode  # type: ignore[attr-defined]
        _ = entry.event.kind_of_quiz  # type: ignore[attr-defined]
        entry.event.passed = True  # type: ignore[misc]
