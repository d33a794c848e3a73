"""Why a level is what it is, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypedDict
from uuid import UUID

from django.utils.translation import gettext as _

from common.languages import choose
from common.schemas import Keywords
from courses import public as courses
from courses.public import FrameworkView
from learners.decisions.rules import EVIDENCE, Decided, EffectiveLevel, effective_level, is_capped
from learners.decisions.selectors import decisions_and_freezes
from learners.mastery import chains, rules
from learners.mastery.answers import Seen, answers_by_learner
from learners.mastery.framework import scale, scales
from learners.mastery.history import Change, history
from learners.mastery.models import Ability, SkillState
from learners.mastery.selectors import counted_evidence, reportable_skills
from learners.mastery.snapshots import STATED

# The newest answers of each skill are shown one by one.
MAX_EVIDENCE = 50
# What gives a level.
LevelCause = Annotated[str, Keywords(enum=["evidence", "assessors", "appeal", "review"])]
Level = Annotated[int, Keywords(minimum=0, maximum=6)]
CertifiedLevel = Annotated[int, Keywords(minimum=0, maximum=3)]
Share = Annotated[float, Keywords(minimum=0, maximum=1)]


class LearnerAreaView(TypedDict):
    """An area of the framework."""

    code: str
    name: str


class LearnerEvidenceView(TypedDict):
    """An answer, and what it did."""

    id: UUID
    item_id: UUID
    level: Annotated[int, Keywords("Level that the item is written for.")]
    score: Share
    answered_at: datetime
    language: str
    supervised: bool
    moved_by: Annotated[float, Keywords("By how many logits the answer moved the ability in this skill.")]
    of_which_practice: Annotated[
        float,
        Keywords(
            "The part that stands for what was practised since the sitting before, as far as practice was found to help in this "
            "skill. It stands with the first answer of a sitting that moved the ability the same way."
        ),
    ]
    explanation: Annotated[str, Keywords("The same in words, in the caller's language.")]


class NextLevelView(TypedDict):
    """What the next computed level asks."""

    level: int
    name: str
    threshold: Annotated[float, Keywords("Success rate on a reference item that the level asks.")]
    probability_needed: Annotated[float, Keywords("With which the threshold has to be passed.")]
    item_level_needed: Annotated[int, Keywords("An item of this level, answered with credit, is needed.")]
    item_level_shown: Annotated[int, Keywords("Highest level of an item answered with credit so far.")]


class LearnerLevelChangeView(TypedDict):
    """A change of the level."""

    at: datetime
    level: Level
    cause: LevelCause
    explanation: Annotated[str, Keywords("The same in words, in the caller's language.")]
    reason: Annotated[str | None, Keywords("In the words of the people who decided.")]
    evidence_id: Annotated[UUID | None, Keywords("The answer that made the difference.")]
    probability: Annotated[float | None, Keywords("With which the threshold was passed.")]
    decision_id: UUID | None
    rule: Annotated[str | None, Keywords("Version of the rule, or of the assessors' rubric.")]
    framework_version: Annotated[str, Keywords("Of the framework whose threshold or rubric this was.")]


class _Why(TypedDict):
    """Who or what gave the level that counts."""

    level_cause: Annotated[LevelCause | None, Keywords("What gave the level that counts.")]
    frozen: Annotated[bool, Keywords("The level is disputed: it stays what it is until that is decided.")]
    history: Annotated[list[LearnerLevelChangeView], Keywords("Every change, newest first.")]


class LearnerSkillView(_Why):
    """A skill with what is behind its level."""

    code: str
    name: str
    area: LearnerAreaView | None
    level: Annotated[Level, Keywords("0: none yet.")]
    level_name: str | None
    level_since: datetime | None
    framework_version: Annotated[str, Keywords("Of the framework by which the answers were judged last.")]
    certified_level: Annotated[
        CertifiedLevel, Keywords("By a stricter test that is wrong in at most one of twenty cases; 0: none yet.")
    ]
    certified_at: datetime | None
    expected_success: Annotated[Share, Keywords("Expected success rate on a reference item of the skill, today.")]
    review_due: Annotated[
        bool,
        Keywords("The success expected has faded below the level's threshold: time to practise. The level stands."),
    ]
    probability: Annotated[
        float, Keywords("With which the threshold of the level (of the first one, at level 0) is passed.")
    ]
    provisional: Annotated[bool, Keywords("Fewer than five answers: the probability is a rough one.")]
    answers: int
    last_at: Annotated[datetime | None, Keywords("null: nobody has answered yet.")]
    next_level: Annotated[NextLevelView | None, Keywords("null: a higher level is given by people only.")]
    evidence: Annotated[list[LearnerEvidenceView], Keywords("The newest 50 answers, newest first.")]


class LearnerSkillsView(TypedDict):
    """A learner's skills with the evidence behind each, and the versions that they were computed by."""

    items: Annotated[list[LearnerSkillView], Keywords("Skills with evidence; there is nothing to say of the others.")]
    next: Annotated[str | None, Keywords("Always null: it is one page.")]
    rule: Annotated[str, Keywords("Version of the rule that levels were computed by.")]
    snapshot: Annotated[str, Keywords("Version of the item parameters.")]
    framework_version: str


def explained(
    *, learner_id: UUID, accept_language: str, preferred: list[str], now: datetime
) -> tuple[LearnerSkillsView, str]:
    """Return the learner's skills with the evidence behind each, and the language of the names in it; constant queries.

    How much an answer moved the skill is found by going through all evidence again with the rules, so it is true of
    the stored state whatever the order in which the answers came. The sentences are in the active language. What fades
    with time is given as of the day that `now` is in, so that a day has one answer.
    """
    framework = courses.framework()
    ability = Ability.objects.filter(learner_id=learner_id).first()
    states = reportable_skills(learner_id)
    rows = {str(row["id"]): row for row in counted_evidence(learner_id)} if states else {}
    answers = answers_by_learner(
        Seen(
            identifier,
            str(learner_id),
            str(row["item_id"]),
            row["item_revision"],
            row["skills"],
            row["level"],
            row["score"],
            row["guess"],
            row["difficulty"],
            row["answered_at"],
            row["framework_version"],
            row["mode"],
            row["seen_before"],
        )
        for identifier, row in rows.items()
    ).get(str(learner_id), [])
    chain = chains.chain_of(answers)
    moved: list[rules.Movement] = []
    mastery = rules.Mastery()
    by = scales(naming={answer.framework for answer in answers})
    rules.extend(mastery, answers, by, chain, movements=moved)
    for state in states:
        # A decision without answers: mastery is that of an unknown learner.
        mastery.skills.setdefault(state.skill_code, rules.SkillMastery())
    by_skill: dict[str, list[tuple[Mapping[str, Any], rules.Movement]]] = defaultdict(list)
    for movement in moved:
        by_skill[movement.skill].append((rows[movement.evidence_id], movement))
    language = choose(accept_language, preferred, list(framework.level_names[1]), "en")
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    changes = history(learner_id) if states else []
    decided, frozen = decisions_and_freezes([learner_id]) if states else ({}, {})
    document: LearnerSkillsView = {
        "items": [
            _skill(
                state,
                rules.expected_success(mastery, state.skill_code, chain, max(today, state.last_at or today)),
                by_skill[state.skill_code],
                framework,
                language,
                _why(
                    [change for change in changes if change.skill == state.skill_code],
                    decided.get((learner_id, state.skill_code), []),
                    frozen.get((learner_id, state.skill_code)),
                ),
                is_capped=is_capped(decided.get((learner_id, state.skill_code), [])),
            )
            for state in states
        ],
        "next": None,
        "rule": ability.rule_version if ability else rules.RULE,
        "snapshot": ability.snapshot if ability else STATED,
        "framework_version": states[0].framework_version if states else framework.version,
    }
    return document, language


def explanation(*, learner_id: UUID, accept_language: str, now: datetime) -> tuple[LearnerSkillsView, str]:
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
    why: _Why,
    *,
    is_capped: bool,
) -> LearnerSkillView:
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
        "evidence": [_evidence(answer, movement) for answer, movement in reversed(behind[-MAX_EVIDENCE:])],
        **why,
    }


def _why(changes: Sequence[Change], decided: Sequence[Decided], frozen: EffectiveLevel | None) -> _Why:
    """Who or what gave the level that counts, and every change of it, newest first."""
    stands = effective_level(
        [(change.level, change.at) for change in changes if change.cause == EVIDENCE], decided, frozen
    )
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
    """Say in the active language what gave a level, with `%(level)s` to be filled in; whole sentences, for translators."""
    return {
        EVIDENCE: _("Level %(level)s: the answers passed its threshold"),
        "assessors": _("Level %(level)s: decided by assessors who judged the work"),
        "appeal": _("Level %(level)s: decided by a person after an appeal"),
        "review": _("Level %(level)s: decided by a person after a review"),
    }[cause]


def _next_level(state: SkillState, framework: FrameworkView, language: str) -> NextLevelView | None:
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
        "probability_needed": rules.REQUIRED_PROBABILITY,
        "item_level_needed": max(0, level - by.max_jump),
        "item_level_shown": state.shown_level,
    }


def _evidence(answer: Mapping[str, Any], movement: rules.Movement) -> LearnerEvidenceView:
    by = round(movement.by, 4)
    return {
        "id": answer["id"],
        "item_id": answer["item_id"],
        "level": answer["level"],
        "score": answer["score"],
        "answered_at": answer["answered_at"],
        "language": answer["language"],
        "supervised": answer["supervised"],
        "moved_by": by,
        "of_which_practice": round(movement.practice, 4),
        "explanation": explanation_of(difficulty=answer["difficulty"], score=answer["score"], by=by),
    }


def explanation_of(*, difficulty: float, score: float, by: float) -> str:
    """Say in the active language what an answer did: by how many logits it moved the skill in all."""
    return sentence(difficulty=difficulty, score=score) % {"by": f"{by:+.2f}"}


def sentence(*, difficulty: float, score: float) -> str:
    """What an answer did, with `%(by)s` to be filled in; whole sentences, for translators.

    Evidence does not hold whether an answer without credit was given or left open: the words are true of both.
    """
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
        return _("A hard item without credit (wrong or left open): %(by)s")
    if easy:
        return _("An easy item without credit (wrong or left open): %(by)s")
    return _("An item without credit (wrong or left open): %(by)s")
