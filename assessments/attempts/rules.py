"""Drawing, timing and reading an attempt. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol, TypeVar
from uuid import UUID

from assessments.items.kinds import KINDS, ResponseRefused
from assessments.quizzes.rules import Pool

# A slow network must not cost a learner the answers that were given in time.
GRACE = timedelta(seconds=30)
DEVICE_CLASSES = ("phone", "tablet", "computer")


class _Drawable(Protocol):
    @property
    def item_id(self) -> UUID: ...
    @property
    def skill(self) -> str: ...
    @property
    def level(self) -> int: ...


D = TypeVar("D", bound=_Drawable)


class TooFewItems(Exception):
    """A pool asks for more items than the bank has left."""


class AnswerRefused(Exception):
    """An answer of a submission cannot be read: `pointer` into the body, and the reason's code."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer}: {reason}")
        self.pointer, self.reason = pointer, reason


@dataclass(frozen=True)
class AskedItem:
    """What reading a response needs to know of an item of the attempt."""

    kind: str
    options: Sequence[str]


def _rank(seed: int, purpose: str, thing: str) -> bytes:
    """Return a number that is as good as random, and the same for the same seed on every machine and version."""
    return sha256(f"{seed}\x1f{purpose}\x1f{thing}".encode()).digest()


def draw(*, seed: int, pools: Iterable[Pool], bank: Iterable[D]) -> list[D]:
    """Return the items of an attempt in the order they are asked, each once; the same whatever the bank's order.

    In each pool every item has the same chance. Pools with a level draw before the pool of their skill without one, so
    that these cannot take what the narrower ones need.

    Raises:
        TooFewItems: see `quizzes.rules.shortages`.
    """
    left = {one.item_id: one for one in bank}
    drawn: list[D] = []
    for pool in sorted(pools, key=lambda pool: (pool.level is None, pool.skill, pool.level or 0)):
        within = [one for one in left.values() if pool.takes(skill=one.skill, level=one.level)]
        if len(within) < pool.count:
            raise TooFewItems(str(pool))
        # The pool is part of the purpose: what one pool passed over has the same chance as the rest in the next.
        within.sort(key=lambda one: _rank(seed, f"draw {pool}", str(one.item_id)))
        for one in within[: pool.count]:
            drawn.append(left.pop(one.item_id))
    drawn.sort(key=lambda one: _rank(seed, "position", str(one.item_id)))
    return drawn


def option_order(*, seed: int, item_id: UUID, options: Iterable[str]) -> list[str]:
    """Return the order in which an item's options are shown; every order has the same chance."""
    return sorted(options, key=lambda option: _rank(seed, f"options {item_id}", option))


def due(*, started_at: datetime, time_limit_s: int) -> datetime:
    """Return the instant until which answers are taken."""
    return started_at + timedelta(seconds=time_limit_s)


def is_late(*, due_at: datetime, now: datetime) -> bool:
    """Whether the time limit and its grace are over."""
    return now > due_at + GRACE


def read_answers(answers: Sequence[Mapping[str, Any]], items: Mapping[UUID, AskedItem]) -> dict[UUID, Any]:
    """Return the canonical response to each answered item; null and missing are the same: left open.

    Args:
        answers: `{"item": UUID, "response": JSON}` as submitted.
        items: the attempt's items by id.

    Raises:
        AnswerRefused: for the first answer that cannot be read.
    """
    responses: dict[UUID, Any] = {}
    seen: set[UUID] = set()
    for index, answer in enumerate(answers):
        item_id, raw = answer["item"], answer["response"]
        item = items.get(item_id)
        if item is None:
            raise AnswerRefused(f"/answers/{index}/item", "unknown_item")
        if item_id in seen:
            raise AnswerRefused(f"/answers/{index}/item", "item_repeated")
        seen.add(item_id)
        if raw is None:
            continue
        try:
            responses[item_id] = KINDS[item.kind].read(raw, item.options)
        except ResponseRefused as refused:
            raise AnswerRefused(f"/answers/{index}/response{refused.place}", refused.reason) from refused
    return responses


def read_seconds(answers: Sequence[Mapping[str, Any]], *, most: float) -> dict[UUID, float]:
    """Return for how many seconds the learner was on each item, as far as the frontend measured it.

    Nobody can have been on an item for longer than the attempt has lasted (`most`): a clock that runs wrong is held to
    that rather than costing the learner the submission.
    """
    return {
        answer["item"]: min(answer["seconds"], max(0.0, most))
        for answer in answers
        if answer.get("seconds") is not None
    }
