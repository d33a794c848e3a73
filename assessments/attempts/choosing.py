"""Choosing the items of an attempt: reads what the choice depends on, and notes it with the attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from assessments.attempts.models import AttemptItem
from assessments.attempts.rules import TooFewItems, draw
from assessments.items.selectors import Candidate
from assessments.outcomes.rules import LOGITS
from assessments.quizzes import selection
from assessments.quizzes.models import ItemExposure, Quiz
from assessments.quizzes.rules import Blueprint, choose_form, pools_of, shuffled_sections
from assessments.quizzes.selection import Estimate, Exposure, Inputs
from common.rendering import to_json
from courses import public as courses
from learners import public as learners

# Of a difficulty that only its trainer has stated, in logits².
STATED_VARIANCE = 1.15


@dataclass(frozen=True)
class Chosen:
    """The items of an attempt in the order they are asked, each with its section; the form, and what to note of it."""

    items: list[tuple[int, Candidate]]
    form: str
    note: dict[str, Any]


def choose(
    *,
    quiz: Quiz,
    blueprint: Blueprint,
    held: Sequence[Candidate],
    learner_id: UUID,
    seed: int,
    forms_used: Sequence[str],
) -> Chosen:
    """Draw an attempt's items from what the bank holds in its language; at most five queries.

    Args:
        forms_used: the forms of the learner's earlier attempts at the quiz.

    Raises:
        TooFewItems: the bank cannot fill the blueprint.
    """
    if blueprint.forms:
        return _form(blueprint, held, seed, forms_used)
    inputs = _inputs(quiz, blueprint, held, learner_id, seed)
    items = draw(
        seed=seed,
        pools=pools_of(blueprint),
        bank=held,
        order=lambda purpose, within: selection.in_order(inputs, purpose, within),
        shuffled=shuffled_sections(blueprint),
    )
    return Chosen(items, "", _note(inputs, held, items))


def _form(blueprint: Blueprint, held: Sequence[Candidate], seed: int, used: Sequence[str]) -> Chosen:
    by_name = {form["name"]: form["items"] for form in blueprint.forms}
    name = choose_form(list(by_name), used=used, seed=seed)
    by_code = {candidate.code: candidate for candidate in held}
    missing = [code for code in by_name[name] if code not in by_code]
    if missing:
        raise TooFewItems(f"form {name}")
    listed = [by_code[code] for code in by_name[name]]
    if blueprint.shuffle_items:
        listed.sort(key=lambda candidate: selection.rank(seed, "position", str(candidate.item_id)))
    return Chosen([(0, candidate) for candidate in listed], name, {"rule": selection.RULE})


def _inputs(quiz: Quiz, blueprint: Blueprint, held: Sequence[Candidate], learner_id: UUID, seed: int) -> Inputs:
    mode = blueprint.mode
    measured = (
        {}
        if mode == "assessment"
        else learners.item_difficulties([(candidate.item_id, candidate.measured_as) for candidate in held])
    )
    estimates = learners.ability_estimates(learner_id) if mode in ("practice", "placement") else None

    def ability(skill: str) -> Estimate:
        assert estimates is not None
        estimate = estimates.of(skill)
        return Estimate(estimate.mean, estimate.variance)

    def difficulty(candidate: Candidate) -> Estimate:
        found = measured.get((candidate.item_id, candidate.measured_as))
        if found is None:
            return Estimate(LOGITS[candidate.difficulty], STATED_VARIANCE)
        return Estimate(found.mean, found.variance)

    cut = None
    if mode == "certification" and blueprint.certified_level is not None:
        cut = selection.logit(courses.framework().thresholds[blueprint.certified_level])
    return Inputs(
        mode=mode,
        seed=seed,
        ability=ability,
        difficulties={candidate.item_id: difficulty(candidate) for candidate in held},
        seen=_seen(learner_id, held),
        cut=cut,
        exposure=_exposure(quiz, most=float(blueprint.max_exposure)) if mode == "certification" else None,
    )


def _seen(learner_id: UUID, held: Sequence[Candidate]) -> frozenset[UUID]:
    """The items of the bank that the learner was asked before, in any attempt of any course."""
    asked = AttemptItem.objects.filter(attempt__learner_id=learner_id)
    return frozenset(asked.order_by().values_list("revision__item_id", flat=True)) & {
        candidate.item_id for candidate in held
    }


def _exposure(quiz: Quiz, *, most: float) -> Exposure:
    attempts, drawn = 0, {}
    for item_id, count in ItemExposure.objects.filter(quiz=quiz).values_list("item_id", "drawn"):
        if item_id is None:
            attempts = count
        else:
            drawn[item_id] = count
    return Exposure(attempts, drawn, most)


def _note(inputs: Inputs, held: Sequence[Candidate], items: Sequence[tuple[int, Candidate]]) -> dict[str, Any]:
    note: dict[str, Any] = {"rule": selection.RULE}
    skills: Mapping[str, list[float]] = {}
    if inputs.mode in ("practice", "placement"):
        named = sorted({skill for candidate in held for skill in candidate.skills})
        skills = {skill: [round(x, 4) for x in _pair(inputs.ability(skill))] for skill in named}
        note["ability"] = skills
    if inputs.cut is not None:
        note["cut"] = round(inputs.cut, 4)
    if inputs.exposure is not None:
        note["exposure"] = {"attempts": inputs.exposure.attempts, "most": inputs.exposure.most}
    note["seen"] = len(inputs.seen)
    note["worth"] = [round(selection.worth(inputs, candidate), 4) for _, candidate in items]
    drawn = inputs.exposure.drawn if inputs.exposure else {}
    all_of_it = [
        inputs.mode,
        skills,
        inputs.cut,
        [
            (
                str(candidate.item_id),
                candidate.measured_as,
                candidate.guess,
                *_pair(inputs.difficulties[candidate.item_id]),
                candidate.item_id in inputs.seen,
                drawn.get(candidate.item_id, 0),
            )
            for candidate in sorted(held, key=lambda candidate: candidate.item_id)
        ],
    ]
    note["inputs"] = sha256(to_json(all_of_it)).hexdigest()
    return note


def _pair(estimate: Estimate) -> tuple[float, float]:
    return estimate.mean, estimate.variance
