"""Absorbing answers, and rebuilding what follows from them.

Whoever changes a learner's mastery first locks the learner's `Ability` row, learners in the order of their ids; so two
workers never extend the same state, and never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from events import public as events
from events.public import Happened
from learners.mastery import certification, chains, evidence, levels, locks, rules, states, traces
from learners.mastery.answers import Seen, answers_by_learner
from learners.mastery.certification import Certification
from learners.mastery.evidence import NewEvidence
from learners.mastery.framework import scale, scales
from learners.mastery.models import Ability
from learners.mastery.rules import Answer, LevelReached, Mastery, Scales, Trace
from learners.mastery.snapshots import Chain
from learners.mastery.states import Known

# Members of each entry of `answers` in assessments.outcome_recorded and assessments.outcome_corrected; those that all entries
# have alike may stand once, in `in_common`.
ANSWER_FIELDS = (
    "id", "item_id", "item_revision", "skills", "level", "score", "guess", "difficulty", "supervised", "language",
    "answered_at", "framework_version", "rule_version", "met_before",
)  # fmt: skip
# Further members: `lapsed` (true: left until the time was over); and of a correction `corrects` (an id), `corrected_at`, and
# `struck` (when true, the score is null).


@transaction.atomic
def absorb_outcomes(happened: Sequence[Happened]) -> None:
    """Consumer: answers become evidence rows, and the mastery of every learner concerned follows.

    A constant number of statements for the batch. An answer absorbed before changes nothing, nor does a practice
    answer or one of a learner who was erased. New evidence that is later than all a learner has extends the state;
    other evidence, and what a review corrected, rebuilds it, with the same result.
    """
    told = [answer for event in happened if event.payload["mode"] != "practice" for answer in _evidence(event.payload)]
    if not told:
        return
    locks.share_chain()
    held = locks.lock({answer.seen.learner_id for answer in told})
    inserted, corrected = evidence.insert_evidence(answer for answer in told if answer.seen.learner_id in held)
    if not inserted:
        return
    new = answers_by_learner(inserted)
    # Also of what was struck: it counts for nothing, and by that moves its skills.
    moved: dict[str, set[str]] = {learner: set() for learner in new}
    for one in inserted:
        moved[one.learner_id].update(one.skills)
    known = states.load({learner: held[learner] for learner in new}, skills=moved)
    extended = {
        learner
        for learner, one in known.items()
        if one.current and not one.reviewed and learner not in corrected
        and one.mastery.last_at is not None and all(answer.at > one.mastery.last_at for answer in new[learner])
    }  # fmt: skip
    rebuilt = set(new) - extended
    _replay(
        {learner: new[learner] for learner in extended} | evidence.evidence_of(rebuilt),
        start={learner: known[learner] for learner in extended},
        fresh=rebuilt,
        forget={learner for learner in rebuilt if held[learner].last_at is not None or known[learner].stored},
    )
    events.record_many(
        "learners.mastery_changed",
        [{"learner_id": learner, "skills": sorted(moved[learner])} for learner in sorted(new)],
    )


# What every answer has, of a row of evidence.
_told = itemgetter(
    "id", "item_id", "item_revision", "skills", "level", "guess", "difficulty", "answered_at",
    "supervised", "language", "framework_version", "rule_version",
)  # fmt: skip


# The answers of an attempt share one instant: as one object it is hashed and compared once.
_instant = lru_cache(maxsize=4096)(datetime.fromisoformat)


def _evidence(outcome: Mapping[str, Any]) -> Iterator[NewEvidence]:
    """The answers of an outcome as rows of evidence."""
    learner_id, mode = outcome["learner_id"], outcome["mode"]
    in_common = outcome.get("in_common", {})
    for told_apart in outcome["answers"]:
        answer = {**in_common, **told_apart}
        (
            identifier, item, revision, skills, level, guess, difficulty, at, supervised, language, framework, rule,
        ) = _told(answer)  # fmt: skip
        if not skills:
            continue
        told = answer.get
        struck = told("struck", False)
        seen = Seen(
            identifier, learner_id, item, revision, skills if len(skills) == 1 else sorted(set(skills)), level,
            0.0 if struck else answer["score"], guess, difficulty, _instant(at), framework, mode,
            told("met_before", False), struck, told("lapsed", False),
        )  # fmt: skip
        yield NewEvidence(seen, supervised, language, rule, told("corrects"), told("corrected_at"))


def _replay(
    answers: Mapping[str, Sequence[Answer]], *, start: Mapping[str, Known], fresh: set[str], forget: set[str]
) -> None:  # fmt: skip
    """Extend the states in `start`, compute those of `fresh` learners from nothing, and write them."""
    chain = chains.chain_of(answer for listed in answers.values() for answer in listed)
    # Another worker may know of a later version, and have judged by it.
    by = scales(
        naming={answer.framework for listed in answers.values() for answer in listed}.union(
            *(known.frameworks() for known in start.values())
        )
    )
    before = _before_corrections(fresh)
    reached: dict[str, list[LevelReached]] = {}
    masteries: dict[str, Mastery] = {}
    tests: dict[str, Certification] = {}
    touched: dict[str, set[str]] = {}
    made: dict[str, list[Trace]] = {}
    for learner in [*start, *sorted(fresh)]:
        listed = answers.get(learner, ())
        known = start.get(learner)
        masteries[learner] = known.mastery if known else Mastery()
        tests[learner] = known.tests if known else Certification()
        made[learner] = []
        reached[learner] = rules.extend(masteries[learner], listed, by, chain, traces=made[learner])
        certification.extend(tests[learner], listed, by, chain)
        if learner in before:
            before[learner].keep(masteries[learner], tests[learner], reached[learner], by, chain)
        touched[learner] = {code for answer in listed for code in answer.skills} | {c.skill for c in reached[learner]}
    states.forget(forget)
    stored = {learner: known.stored for learner, known in start.items()}
    states.write(masteries, tests, touched, reached, scale(), chain, stored=stored)
    levels.write_levels(levels.decided_about({UUID(learner) for learner in masteries}))
    # An answer later than all that a learner has is of a sitting that nothing was written of.
    traces.write_traces(made, {learner: answers.get(learner, ()) for learner in masteries}, chain, new=start.keys())


@dataclass(frozen=True)
class _Earlier:
    """What a learner had reached by the evidence that counted before a review corrected some of it."""

    levels: Sequence[LevelReached]
    tests: Sequence[Certification]

    def keep(
        self, mastery: Mastery, tests: Certification, reached: list[LevelReached], by: Scales, chain: Chain
    ) -> None:
        rules.keep(mastery, reached, self.levels, by, chain)
        for earlier in self.tests:
            certification.keep(tests, earlier)


def _before_corrections(learner_ids: Iterable[str]) -> dict[str, _Earlier]:
    found = {}
    for learner, stages in evidence.evidence_before_corrections(learner_ids).items():
        levels_reached: list[LevelReached] = []
        tests = []
        for answers in stages:
            chain = chains.chain_of(answers)
            by = scales(naming={answer.framework for answer in answers})
            levels_reached += rules.extend(Mastery(), answers, by, chain)
            tests.append(Certification())
            certification.extend(tests[-1], answers, by, chain)
        found[learner] = _Earlier(levels_reached, tests)
    return found


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
    locks.share_chain()
    held = locks.lock(str(one) for one in learner_ids)
    known = states.load(held)
    stored_changes = states.level_changes(held)
    answers = evidence.evidence_of(held)
    chain = chains.chain_of(answer for listed in answers.values() for answer in listed)
    by = scales(naming={answer.framework for listed in answers.values() for answer in listed})
    before = _before_corrections(held)
    levels_drifted = levels.drifted(UUID(learner) for learner in held)
    drifts: list[Drift] = []
    for learner in sorted(held):
        mastery, tests = Mastery(), Certification()
        changes = rules.extend(mastery, answers.get(learner, []), by, chain)
        certification.extend(tests, answers.get(learner, []), by, chain)
        if learner in before:
            before[learner].keep(mastery, tests, changes, by, chain)
        parts = _differences(known[learner].mastery, mastery)
        if known[learner].tests.skills != tests.skills:
            parts.append("certified mastery")
        if mastery.count and not (
            known[learner].current and mastery.last_at and held[learner].snapshot == chain.version(mastery.last_at)
        ):
            parts.append("version")
        if sorted(stored_changes.get(learner, []), key=_change_key) != sorted(changes, key=_change_key):
            parts.append("level changes")
        parts += [f"level of {code}" for code in levels_drifted.get(UUID(learner), [])]
        if parts:
            drifts.append(Drift(UUID(learner), tuple(parts)))
    drifted = {str(drift.learner_id) for drift in drifts}
    if write and drifted:
        _replay({learner: answers.get(learner, []) for learner in drifted}, start={}, fresh=drifted, forget=drifted)
        events.record_many(
            "learners.mastery_changed",
            [
                {
                    "learner_id": learner,
                    "skills": sorted({code for answer in answers.get(learner, ()) for code in answer.skills}),
                }
                for learner in sorted(drifted)
            ],
        )
    if write:
        # Those without evidence or decisions have no mastery; their row was the lock.
        Ability.objects.filter(learner_id__in=list(held), count=0, learner__skill_states=None).delete()
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
