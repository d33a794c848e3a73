"""Absorbing answers, and rebuilding what follows from them.

Whoever changes a learner's mastery first locks the learner's `Ability` row, learners in the order of their ids; so two
workers never extend the same state, and never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from events import public as events
from events.public import Recorded
from learners.events import CorrectedAnswer, CorrectedOutcome, MasteryChanged, Outcome
from learners.mastery import certification, chains, evidence, levels, locks, rules, states, traces
from learners.mastery.answers import NewEvidence, Seen, answers_by_learner
from learners.mastery.certification import Certification
from learners.mastery.framework import scale, scales
from learners.mastery.models import Ability
from learners.mastery.rules import Answer, LevelReached, Mastery, Scales, Trace
from learners.mastery.snapshots import Chain
from learners.mastery.states import StoredMastery

PRACTICE = "practice"


@transaction.atomic
def absorb_outcomes(recorded: Sequence[Recorded[Outcome]]) -> None:
    """Consumer: answers become evidence rows, and the mastery of every learner concerned follows.

    A constant number of statements for the batch. An answer absorbed before changes nothing, nor does a practice
    answer or one of a learner who was erased. New evidence that is later than all a learner has extends the state;
    other evidence, and what a review corrected, rebuilds it, with the same result.
    """
    given = [new for delivery in recorded if delivery.event.mode != PRACTICE for new in _evidence(delivery.event)]
    if not given:
        return
    locks.share_chain()
    held = locks.lock({answer.seen.learner_id for answer in given})
    inserted, corrected = evidence.insert_evidence(answer for answer in given if answer.seen.learner_id in held)
    if not inserted:
        return
    new = answers_by_learner(inserted)
    # Also of what was voided: it counts for nothing, and by that moves its skills.
    moved: dict[str, set[str]] = {learner: set() for learner in new}
    for seen in inserted:
        moved[seen.learner_id].update(seen.skills)
    known = states.load({learner: held[learner] for learner in new}, skills=moved)
    extended = {
        learner
        for learner, stored in known.items()
        if stored.current
        and not stored.keeps_levels
        and learner not in corrected
        and stored.mastery.last_at is not None
        and all(answer.at > stored.mastery.last_at for answer in new[learner])
    }
    rebuilt = set(new) - extended
    _replay(
        {learner: new[learner] for learner in extended} | evidence.evidence_of(rebuilt),
        start={learner: known[learner] for learner in extended},
        fresh=rebuilt,
        forget={learner for learner in rebuilt if held[learner].last_at is not None or known[learner].stored},
    )
    events.record_many(
        [MasteryChanged(learner_id=UUID(learner), skills=tuple(sorted(moved[learner]))) for learner in sorted(new)]
    )


def _evidence(outcome: Outcome) -> Iterator[NewEvidence]:
    """The answers of an outcome as rows of evidence."""
    learner_id = str(outcome.learner_id)
    corrected_at = outcome.corrected_at if isinstance(outcome, CorrectedOutcome) else None
    for answer in outcome.answers:
        if not answer.skills:
            continue
        seen = Seen(
            id=str(answer.id),
            learner_id=learner_id,
            item_id=str(answer.item_id),
            item_revision=answer.item_revision,
            skills=answer.skills if len(answer.skills) == 1 else sorted(set(answer.skills)),
            level=answer.level,
            score=answer.score,
            guess=answer.guess,
            difficulty=answer.difficulty,
            at=outcome.answered_at,
            framework_version=outcome.framework_version,
            mode=outcome.mode,
            seen_before=answer.seen_before,
            voided=answer.voided,
            lapsed=answer.lapsed,
        )
        yield NewEvidence(
            seen,
            supervised=outcome.supervised,
            language=outcome.language,
            rule_version=outcome.rule_version,
            corrects=str(answer.corrects) if isinstance(answer, CorrectedAnswer) else None,
            corrected_at=corrected_at,
        )


def _replay(
    answers: Mapping[str, Sequence[Answer]], *, start: Mapping[str, StoredMastery], fresh: set[str], forget: set[str]
) -> None:
    """Extend the states in `start`, compute those of `fresh` learners from nothing, and write them."""
    chain = chains.chain_of(answer for of_learner in answers.values() for answer in of_learner)
    # Another worker may know of a later version, and have judged by it.
    by = scales(
        naming={answer.framework for of_learner in answers.values() for answer in of_learner}.union(
            *(known.frameworks() for known in start.values())
        )
    )
    before = _earlier(fresh, states.level_changes(forget) if forget else {})
    reached: dict[str, list[LevelReached]] = {}
    masteries: dict[str, Mastery] = {}
    tests: dict[str, Certification] = {}
    changed_skills: dict[str, set[str]] = {}
    made: dict[str, list[Trace]] = {}
    for learner in [*start, *sorted(fresh)]:
        of_learner = answers.get(learner, ())
        known = start.get(learner)
        masteries[learner] = known.mastery if known else Mastery()
        tests[learner] = known.tests if known else Certification()
        made[learner] = []
        reached[learner] = rules.extend(masteries[learner], of_learner, by, chain, traces=made[learner])
        certification.extend(tests[learner], of_learner, by, chain)
        if learner in before:
            before[learner].keep(masteries[learner], tests[learner], reached[learner], by, chain)
        changed_skills[learner] = {code for answer in of_learner for code in answer.skills} | {
            c.skill for c in reached[learner]
        }
    states.delete_derived(forget)
    stored = {learner: known.stored for learner, known in start.items()}
    states.write(masteries, tests, changed_skills, reached, scale(), chain, stored=stored)
    levels.write_levels(levels.decided_about({UUID(learner) for learner in masteries}))
    # An answer later than all that a learner has is of a sitting that nothing was written of.
    traces.write_traces(made, {learner: answers.get(learner, ()) for learner in masteries}, chain, new=start.keys())


@dataclass(frozen=True)
class _Earlier:
    """What a learner had reached by evidence that a review corrected since, or by an earlier version of the rules."""

    levels: Sequence[LevelReached]
    tests: Sequence[Certification]

    def keep(
        self, mastery: Mastery, tests: Certification, reached: list[LevelReached], by: Scales, chain: Chain
    ) -> None:
        rules.keep(mastery, reached, self.levels, by, chain)
        for earlier in self.tests:
            certification.keep(tests, earlier)


def _earlier(learner_ids: Iterable[str], stored: Mapping[str, Sequence[LevelReached]]) -> dict[str, _Earlier]:
    """What learners had reached before; those without corrections and without a level by an earlier rule are missing.

    Args:
        stored: the levels reached, as stored, by learner.
    """
    found: dict[str, _Earlier] = {}
    for learner, changes in stored.items():
        if by_earlier_rules := [change for change in changes if change.rule != rules.RULE]:
            found[learner] = _Earlier(by_earlier_rules, [])
    for learner, stages in evidence.evidence_before_corrections(learner_ids).items():
        levels_reached: list[LevelReached] = []
        tests = []
        for answers in stages:
            chain = chains.chain_of(answers)
            by = scales(naming={answer.framework for answer in answers})
            levels_reached += rules.extend(Mastery(), answers, by, chain)
            tests.append(Certification())
            certification.extend(tests[-1], answers, by, chain)
        known = found.get(learner)
        found[learner] = _Earlier([*levels_reached, *(known.levels if known else ())], tests)
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
        write: replace a state that differed by the rebuilt one. A second call finds no drift.
    """
    locks.share_chain()
    held = locks.lock(str(learner_id) for learner_id in learner_ids)
    known = states.load(held)
    stored_changes = states.level_changes(held)
    answers = evidence.evidence_of(held)
    chain = chains.chain_of(answer for of_learner in answers.values() for answer in of_learner)
    by = scales(naming={answer.framework for of_learner in answers.values() for answer in of_learner})
    before = _earlier(held, stored_changes)
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
        skills = {
            learner: {code for answer in answers.get(learner, ()) for code in answer.skills} for learner in drifted
        }
        events.record_many(
            [
                MasteryChanged(learner_id=UUID(learner), skills=tuple(sorted(skills[learner])))
                for learner in sorted(skills)
            ]
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
        computed.mean,
        computed.variance,
        computed.count,
        computed.last_at,
    ):
        parts.append("ability")
    parts += [
        code
        for code in sorted(stored.skills.keys() | computed.skills.keys())
        if stored.skills.get(code) != computed.skills.get(code)
    ]
    return parts
