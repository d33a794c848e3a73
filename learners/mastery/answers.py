"""Which answers count, of what is known of a learner's evidence, and in which order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from learners.mastery.rules import Answer

_SUMMATIVE_MODES = ("assessment", "certification")


class Seen(NamedTuple):
    """A row of evidence as the rules need it; ids are texts.

    seen_before: the learner had met the item before. voided: the answer does not count, but the item was met. lapsed:
    it was left open when the time was over.
    """

    id: str
    learner_id: str
    item_id: str
    item_revision: int
    skills: Sequence[str]
    level: int
    score: float
    guess: float
    difficulty: float
    at: datetime
    framework_version: str
    mode: str
    seen_before: bool
    voided: bool = False
    lapsed: bool = False


class NewEvidence(NamedTuple):
    """A row of evidence to be stored."""

    seen: Seen
    supervised: bool
    language: str
    rule_version: str
    corrects: str | None
    corrected_at: datetime | None


class Correctable(NamedTuple):
    """A row of evidence, which evidence it corrects, and when that was decided."""

    seen: Seen
    corrects: str | None
    corrected_at: datetime | None


def answers_by_learner(found: Iterable[Seen]) -> dict[str, list[Answer]]:
    """Evidence as the rules take it, each learner's in order."""
    grouped: dict[str, list[Seen]] = defaultdict(list)
    for seen in found:
        grouped[seen.learner_id].append(seen)
    return {learner: _answers(sorted(of_learner, key=_in_order)) for learner, of_learner in grouped.items()}


_in_order = itemgetter(Seen._fields.index("at"), Seen._fields.index("id"))


def _answers(ordered: Iterable[Seen]) -> list[Answer]:
    answers = []
    seen_items: set[str] = set()
    for (
        identifier,
        _,
        item,
        revision,
        skills,
        level,
        score,
        guess,
        difficulty,
        at,
        framework,
        mode,
        seen_before,
        voided,
        lapsed,
    ) in ordered:
        # Whoever has met the item may remember it: that shows no mastery beyond chance.
        certifying = mode in _SUMMATIVE_MODES and len(skills) == 1 and not seen_before and item not in seen_items
        seen_items.add(item)
        if voided:
            continue
        answers.append(
            Answer(
                identifier,
                (item, revision),
                tuple(skills),
                level,
                score,
                guess,
                difficulty,
                at,
                framework,
                certifying,
                lapsed,
            )
        )
    return answers


def before_corrections(rows: Sequence[Correctable]) -> list[list[Answer]]:
    """For each instant at which a learner's evidence was corrected: what counted just before it, in order."""
    instants = sorted({row.corrected_at for row in rows if row.corrects and row.corrected_at})
    return [_known_before(instant, rows) for instant in instants]


def _known_before(instant: datetime, rows: Sequence[Correctable]) -> list[Answer]:
    known = [row for row in rows if (row.corrected_at or row.seen.at) < instant and row.seen.at < instant]
    replaced = {row.corrects for row in known if row.corrects}
    return _answers(sorted((row.seen for row in known if row.seen.id not in replaced), key=_in_order))
