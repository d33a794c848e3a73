"""Absorbing answers, and rebuilding what follows from them.

Whoever changes a learner's mastery first locks the learner's `Ability` row, learners in the order of their ids; so two
workers never extend the same state, and never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from courses import public as courses
from events import public as events
from events.registry import Happened
from learners.mastery import rules, store
from learners.mastery.models import Ability
from learners.mastery.rules import Answer, LevelReached, Mastery, Scale, Trace

# Members of each entry of `answers` in assessments.outcome_recorded and assessments.outcome_corrected.
ANSWER_FIELDS = (
    "id", "item_id", "item_revision", "skills", "level", "score", "guess", "difficulty", "supervised", "language",
    "answered_at", "framework_version", "rule_version",
)  # fmt: skip
# Further members, with what a missing one means. A struck answer has score null.
OPTIONAL_ANSWER_FIELDS: Mapping[str, Any] = {"met_before": False, "corrects": None, "struck": False}


def scale() -> Scale:
    """What the current framework says of computed levels."""
    framework = courses.framework()
    return Scale(
        version=framework.version,
        thresholds=framework.thresholds,
        ranges={code: (skill.min_level, skill.max_level) for code, skill in framework.skills.items()},
        max_jump=int(framework.award_rules.get("max_inferred_jump", 1)),
    )


@transaction.atomic
def absorb_outcomes(happened: Sequence[Happened]) -> None:
    """Consumer: answers become evidence rows, and the mastery of every learner concerned follows.

    A constant number of statements for the batch. An answer absorbed before changes nothing, nor does a practice
    answer or one of a learner who was erased. New evidence that is later than all a learner has extends the state;
    other evidence, and what a review corrected, rebuilds it, with the same result.
    """
    answers = [
        _evidence(answer, event.payload)
        for event in happened
        if event.payload["mode"] != "practice"
        for answer in event.payload["answers"]
        if answer["skills"]
    ]
    if not answers:
        return
    store.share_chain()
    held = store.lock({UUID(str(answer["learner_id"])) for answer in answers})
    inserted = store.insert_evidence([answer for answer in answers if UUID(str(answer["learner_id"])) in held])
    if not inserted:
        return
    by = scale()
    new = store.answers_by_learner(inserted)
    corrected = {row["learner_id"] for row in inserted if row["corrects"] or row["corrected"] or row["struck"]}
    known = store.load({learner: held[learner] for learner in new}, by)
    extended = {
        learner
        for learner, (mastery, is_current) in known.items()
        if is_current and learner not in corrected
        and mastery.last_at is not None and all(answer.at > mastery.last_at for answer in new[learner])
    }  # fmt: skip
    rebuilt = set(new) - extended
    _replay(
        {learner: new[learner] for learner in extended} | store.evidence_of(rebuilt),
        start={learner: known[learner][0] for learner in extended},
        fresh=rebuilt,
        by=by,
        forget={learner for learner in rebuilt if held[learner]["last_at"] is not None},
    )
    events.record_many(
        "learners.mastery_changed",
        [
            {"learner_id": str(learner), "skills": sorted({code for answer in new[learner] for code in answer.skills})}
            for learner in sorted(new)
        ],
    )


def _evidence(answer: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: answer[name] for name in ANSWER_FIELDS}
    row |= {name: answer.get(name, default) for name, default in OPTIONAL_ANSWER_FIELDS.items()}
    row["skills"] = sorted(set(answer["skills"]))
    row["score"] = 0.0 if row["struck"] else answer["score"]
    return {**row, "learner_id": outcome["learner_id"], "mode": outcome["mode"]}


def _replay(
    answers: Mapping[UUID, Sequence[Answer]], *, start: Mapping[UUID, Mastery], fresh: set[UUID], by: Scale,
    forget: set[UUID],
) -> None:  # fmt: skip
    """Extend the states in `start`, compute those of `fresh` learners from nothing, and write them."""
    chain = store.chain_of(answer for listed in answers.values() for answer in listed)
    reached: dict[UUID, list[LevelReached]] = {}
    states: dict[UUID, Mastery] = {}
    touched: dict[UUID, set[str]] = {}
    traces: list[Trace] = []
    for learner in [*start, *sorted(fresh)]:
        listed = answers.get(learner, ())
        states[learner] = mastery = start[learner] if learner in start else Mastery()
        reached[learner] = rules.extend(mastery, listed, by, chain, traces=traces)
        touched[learner] = {code for answer in listed for code in answer.skills}
    store.forget(forget)
    store.write(states, touched, reached, by, chain)
    store.write_traces(traces, {answer.id: answer for listed in answers.values() for answer in listed}, chain)


@dataclass(frozen=True)
class Drift:
    """A learner whose stored mastery was not what the evidence gives; `parts` names what differed."""

    learner_id: UUID
    parts: tuple[str, ...]


@transaction.atomic
def rebuild(*, learner_ids: Iterable[UUID], write: bool = True) -> list[Drift]:
    """Compute the mastery of these learners from their evidence alone; return where the stored one differed.

    Args:
        write: put the rebuilt state in the place of one that differed. A second call finds no drift.
    """
    by = scale()
    store.share_chain()
    held = store.lock(learner_ids)
    known = store.load(held, by)
    stored_changes = store.level_changes(held)
    evidence = store.evidence_of(held)
    chain = store.chain_of(answer for listed in evidence.values() for answer in listed)
    drifts: list[Drift] = []
    for learner in sorted(held):
        mastery = Mastery()
        changes = rules.extend(mastery, evidence.get(learner, []), by, chain)
        parts = _differences(known[learner][0], mastery)
        if mastery.count and not (
            known[learner][1] and mastery.last_at and held[learner]["snapshot"] == chain.version(mastery.last_at)
        ):
            parts.append("version")
        if sorted(stored_changes.get(learner, []), key=_change_key) != sorted(changes, key=_change_key):
            parts.append("level changes")
        if parts:
            drifts.append(Drift(learner, tuple(parts)))
    drifted = {drift.learner_id for drift in drifts}
    if write and drifted:
        _replay(
            {learner: evidence.get(learner, []) for learner in drifted}, start={}, fresh=drifted, by=by, forget=drifted
        )
        events.record_many(
            "learners.mastery_changed",
            [
                {
                    "learner_id": str(learner),
                    "skills": sorted({code for answer in evidence.get(learner, ()) for code in answer.skills}),
                }
                for learner in sorted(drifted)
            ],
        )
    if write:
        # Those without evidence have no mastery; their row was the lock.
        Ability.objects.filter(learner_id__in=list(held), count=0).delete()
    else:
        transaction.set_rollback(True)
    return drifts


def _change_key(change: LevelReached) -> tuple[str, int]:
    return change.skill, change.level


def _differences(stored: Mastery, computed: Mastery) -> list[str]:
    parts = []
    if (stored.mean, stored.variance, stored.count, stored.last_at) != (
        computed.mean, computed.variance, computed.count, computed.last_at,
    ):  # fmt: skip
        parts.append("ability")
    parts += [
        code
        for code in sorted(stored.skills.keys() | computed.skills.keys())
        if stored.skills.get(code) != computed.skills.get(code)
    ]
    return parts
