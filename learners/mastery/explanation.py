"""Why a level is what it is, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from common.languages import choose
from courses import public as courses
from courses.public import FrameworkView
from learners.decisions.rules import EVIDENCE, Decided, Standing, is_capped, standing
from learners.decisions.selectors import what_people_said
from learners.mastery import chains, rules
from learners.mastery.answers import Seen, answers_by_learner
from learners.mastery.framework import scale, scales
from learners.mastery.history import Change, history
from learners.mastery.models import Ability, SkillState
from learners.mastery.selectors import counting, told
from learners.mastery.snapshots import STATED

# The newest answers of each skill are shown one by one.
MOST_EVIDENCE = 50


def explained(
    *, learner_id: UUID, accept_language: str, preferred: list[str], now: datetime
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """Return the learner's skills with the evidence behind each, and the language of the names in it; constant queries.

    How much an answer moved the skill is found by going through all evidence again with the rules, so it is true of
    the stored state whatever the order in which the answers came. The sentences are in the active language. What fades
    with time is told as of the day that `now` is in, so that a day has one answer.
    """
    framework = courses.framework()
    ability = Ability.objects.filter(learner_id=learner_id).first()
    states = told(learner_id)
    rows = {str(row["id"]): row for row in counting(learner_id)} if states else {}
    answers = answers_by_learner(
        Seen(
            identifier, str(learner_id), str(row["item_id"]), row["item_revision"], row["skills"], row["level"],
            row["score"], row["guess"], row["difficulty"], row["answered_at"], row["framework_version"], row["mode"],
            row["met_before"],
        )
        for identifier, row in rows.items()
    ).get(str(learner_id), [])  # fmt: skip
    chain = chains.chain_of(answers)
    moved: list[rules.Movement] = []
    mastery = rules.Mastery()
    by = scales(naming={answer.framework for answer in answers})
    rules.extend(mastery, answers, by, chain, movements=moved)
    for state in states:
        # People decided about it, and nobody answered: what holds of somebody unknown.
        mastery.skills.setdefault(state.skill_code, rules.SkillMastery())
    by_skill: dict[str, list[tuple[Mapping[str, Any], rules.Movement]]] = defaultdict(list)
    for movement in moved:
        by_skill[movement.skill].append((rows[movement.evidence_id], movement))
    language = choose(accept_language, preferred, list(framework.level_names[1]), "en")
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    changes = history(learner_id) if states else []
    decided, frozen = what_people_said([learner_id]) if states else ({}, {})
    document = {
        "items": [
            _skill(
                state,
                rules.expected_success(mastery, state.skill_code, chain, max(today, state.last_at or today)),
                by_skill[state.skill_code],
                framework,
                language,
                is_capped=is_capped(decided.get((learner_id, state.skill_code), [])),
            )
            | _why(
                [change for change in changes if change.skill == state.skill_code],
                decided.get((learner_id, state.skill_code), []),
                frozen.get((learner_id, state.skill_code)),
            )
            for state in states
        ],
        "next": None,
        "rule": ability.rule_version if ability else rules.RULE,
        "snapshot": ability.snapshot if ability else STATED,
        "framework_version": states[0].framework_version if states else framework.version,
    }
    return document, language


def explanation(*, learner_id: UUID, accept_language: str, now: datetime) -> tuple[dict[str, Any], str]:
    """The same for whoever else may see it: without the learner's own preferences of languages."""
    return explained(learner_id=learner_id, accept_language=accept_language, preferred=[], now=now)


def _name(names: Any, language: str) -> str:
    return str(names.get(language) or names["en"])


def _skill(
    state: SkillState,
    success: float,
    behind: list[tuple[Mapping[str, Any], rules.Movement]],
    framework: FrameworkView,
    language: str,
    *,
    is_capped: bool,
) -> dict[str, Any]:
    skill = framework.skills.get(state.skill_code)
    return {
        "code": state.skill_code,
        "name": skill.name if skill else state.skill_code,
        "area": {"code": skill.area, "name": _name(framework.area_names[skill.area], language)} if skill else None,
        "level": state.level,
        "level_name": _name(framework.level_names[state.level], language) if state.level else None,
        "level_since": state.level_since,
        "framework_version": state.framework_version,
        "certified_level": state.certified_level,
        "certified_at": state.certified_at,
        "expected_success": round(success, 3),
        # Advice and no more: a level is never lowered by time.
        "review_due": success < framework.thresholds.get(state.level, 0.0),
        "probability": round(state.probability, 3),
        "provisional": state.count < rules.PROVISIONAL_BELOW,
        "answers": state.count,
        "last_at": state.last_at,
        "next_level": None if is_capped else _next_level(state, framework, language),
        "evidence": [_evidence(entry, movement) for entry, movement in reversed(behind[-MOST_EVIDENCE:])],
    }


def _why(changes: Sequence[Change], decided: Sequence[Decided], frozen: Standing | None) -> dict[str, Any]:
    """Who or what gave the level that counts, and every change of it, newest first."""
    stands = standing([(change.level, change.at) for change in changes if change.cause == EVIDENCE], decided, frozen)
    return {
        "level_cause": stands.cause if stands.level or stands.decision_id else None,
        "frozen": frozen is not None,
        "history": [
            {
                "at": change.at,
                "level": change.level,
                "cause": change.cause,
                "explanation": _cause_sentence(change.cause) % {"level": change.level},
                "reason": change.reason or None,
                "evidence_id": change.evidence_id,
                "probability": None if change.probability is None else round(change.probability, 3),
                "decision_id": change.decision_id,
                "rule": change.rule,
                "framework_version": change.framework_version,
            }
            for change in reversed(changes)
        ],
    }


def _cause_sentence(cause: str) -> str:
    """Say in the active language what gave a level, with a place `%(level)s`; whole sentences, for translators."""
    return {
        EVIDENCE: _("Level %(level)s: the answers passed its threshold"),
        "assessors": _("Level %(level)s: decided by assessors who judged the work"),
        "appeal": _("Level %(level)s: decided by a person after an appeal"),
        "review": _("Level %(level)s: decided by a person after a review"),
    }[cause]


def _next_level(state: SkillState, framework: FrameworkView, language: str) -> dict[str, Any] | None:
    """What the next computed level asks; None where only assessors give a higher one."""
    by = scale()
    following = [level for level in rules.computable(by, state.skill_code) if level > state.level]
    if not following:
        return None
    level = following[0]
    return {
        "level": level,
        "name": _name(framework.level_names[level], language),
        "threshold": by.thresholds[level],
        "probability_needed": rules.SURE,
        "item_level_needed": max(0, level - by.max_jump),
        "item_level_shown": state.shown_level,
    }


def _evidence(entry: Mapping[str, Any], movement: rules.Movement) -> dict[str, Any]:
    by = round(movement.by, 4)
    return {
        **{name: entry[name] for name in ("id", "item_id", "level", "score", "answered_at", "language", "supervised")},
        "moved_by": by,
        "of_which_practice": round(movement.practice, 4),
        "explanation": sentence(difficulty=entry["difficulty"], score=entry["score"]) % {"by": f"{by:+.2f}"},
    }


def sentence(*, difficulty: float, score: float) -> str:
    """Say in the active language what an answer did, with a place `%(by)s` for how much; whole sentences, for translators."""
    hard, easy = difficulty > 0.5, difficulty < -0.5
    if score >= 1.0:
        if hard:
            return _("Answered a hard item right: %(by)s")
        return _("Answered an easy item right: %(by)s") if easy else _("Answered an item right: %(by)s")
    if score > 0.0:
        if hard:
            return _("Answered a hard item partly right: %(by)s")
        return _("Answered an easy item partly right: %(by)s") if easy else _("Answered an item partly right: %(by)s")
    if hard:
        return _("Answered a hard item wrong: %(by)s")
    return _("Answered an easy item wrong: %(by)s") if easy else _("Answered an item wrong: %(by)s")
