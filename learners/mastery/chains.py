"""The snapshots that answers are judged by, from the database."""

from __future__ import annotations

from collections.abc import Iterable

from learners.mastery import snapshot_statements
from learners.mastery.rules import Answer
from learners.mastery.snapshots import Chain


def chain_of(answers: Iterable[Answer]) -> Chain:
    """The snapshots that held when these answers were given, with the parameters of their items and skills.

    Three statements. Each looks up one row for every item or skill and instant, however many snapshots there are.
    """
    asked = list(answers)
    instants = sorted({answer.at for answer in asked})
    if not instants:
        return Chain()
    versions = snapshot_statements.versions_at(instants)
    if not versions:
        return Chain()
    return Chain(
        versions=versions,
        items=snapshot_statements.items_at({(answer.item, answer.at) for answer in asked}),
        skills=snapshot_statements.skills_at({(code, answer.at) for answer in asked for code in answer.skills}),
    )
