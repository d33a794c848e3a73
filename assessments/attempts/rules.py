"""Drawing, timing and reading an attempt. Pure: no Django, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from assessments.items.kinds import KINDS, ResponseRefused
from assessments.quizzes.filling import Filling, ItemClass
from assessments.quizzes.rules import Pool
from assessments.quizzes.selection import rank

# A slow network must not cost a learner the answers that were given in time.
GRACE = timedelta(seconds=30)
# Kinds whose options, in the order their author wrote them, would give the answer away.
ORDER_IS_ASKED = frozenset({"ordering", "matching"})
DEVICE_CLASSES = ("phone", "tablet", "computer")
# The largest integer that JavaScript holds exactly (ECMA-262, Number.MAX_SAFE_INTEGER).
MAX_SEQUENCE = 2**53 - 1


class _Drawable(Protocol):
    @property
    def item_id(self) -> UUID: ...
    @property
    def skill(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def difficulty(self) -> str: ...


D = TypeVar("D", bound=_Drawable)


class TooFewItems(Exception):
    """A pool asks for more items than the bank has left."""


class AnswerRefused(Exception):
    """An answer of a submission cannot be read: `pointer` into the body, the reason's code, and what the reason's text names."""

    def __init__(self, pointer: str, reason: str, values: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(f"{pointer}: {reason}")
        self.pointer, self.reason, self.values = pointer, reason, values


class AnswersRefused(Exception):
    """Answers of a submission cannot be read: `refused` lists every one of them, in the submission's order; never empty."""

    def __init__(self, refused: Sequence[AnswerRefused]) -> None:
        super().__init__("; ".join(map(str, refused)))
        self.refused = tuple(refused)


class AskedItem(NamedTuple):
    """What reading a response needs to know of an item of the attempt; its text in the attempt's language, and which that
    is.
    """

    kind: str
    options: Sequence[str]
    text: Mapping[str, Any] = MappingProxyType({})
    language: str | None = None


def random_order(seed: int) -> Callable[[str, Sequence[D]], list[D]]:
    """Return the order of a pool in which every item has the same chance of every position."""
    return lambda purpose, items: sorted(items, key=lambda item: rank(seed, f"draw {purpose}", str(item.item_id)))


def fill_pools(
    *, pools: Iterable[Pool], bank: Iterable[D], order: Callable[[str, Sequence[D]], list[D]]
) -> list[tuple[Pool, D]]:
    """Fill each pool with as many items as it asks for, each item once; the same whatever the order of pools and bank.

    Pools draw one after the other, those that ask more of an item first, each along its order; an item is skipped
    only where without it another pool could not be filled any more. Where no pool overlaps another without lying in it,
    that never happens, and a pool's items all have the same chance when the order is a lot.

    Args:
        order: of a pool's items, given what the draw is for; must not depend on the order that it gets them in.

    Raises:
        TooFewItems: see `quizzes.filling.shortages`.
    """
    left = {candidate.item_id: candidate for candidate in bank}
    ordered = sorted(pools, key=lambda pool: pool.breadth)
    filling = Filling(ordered, Counter(map(_class, left.values())))
    for pool, missing in zip(ordered, filling.missing, strict=True):
        if missing:
            raise TooFewItems(str(pool))
    drawn: list[tuple[Pool, D]] = []
    for index, pool in enumerate(ordered):
        within = [
            candidate
            for candidate in left.values()
            if pool.takes(skill=candidate.skill, level=candidate.level, difficulty=candidate.difficulty)
        ]
        still = pool.count
        # What a class could not give this pool once, it cannot give later: the others only need it more.
        spent: set[ItemClass] = set()
        for candidate in order(pool.purpose, within):
            if not still:
                break
            if _class(candidate) not in spent and filling.take(index, _class(candidate)):
                drawn.append((pool, left.pop(candidate.item_id)))
                still -= 1
            else:
                spent.add(_class(candidate))
    return drawn


def draw(
    *,
    seed: int,
    pools: Iterable[Pool],
    bank: Iterable[D],
    order: Callable[[str, Sequence[D]], list[D]] | None = None,
    shuffled: Collection[int] | None = None,
) -> list[tuple[int, D]]:
    """Return the items of an attempt in the order they are asked, each with the number of its section.

    Args:
        order: of each pool's items; by lot unless given.
        shuffled: sections whose items are shuffled, all unless given; those of others come pool by pool, as drawn.

    Raises:
        TooFewItems: see `quizzes.filling.shortages`.
    """
    pools = list(pools)
    drawn = fill_pools(pools=pools, bank=bank, order=order or random_order(seed))
    pool_index = {pool: index for index, pool in enumerate(pools)}

    def sort_key(entry: tuple[int, tuple[Pool, D]]) -> tuple[Any, ...]:
        index, (pool, drawable) = entry
        if shuffled is None or pool.section in shuffled:
            return pool.section, rank(seed, "position", str(drawable.item_id))
        return pool.section, pool_index[pool], index

    return [(pool.section, drawable) for _, (pool, drawable) in sorted(enumerate(drawn), key=sort_key)]


def option_order(*, seed: int, item_id: UUID, options: Iterable[str]) -> list[str]:
    """Return the order in which an item's options are shown; every order has the same chance."""
    return sorted(options, key=lambda option: rank(seed, f"options {item_id}", option))


def shown_options(
    *, seed: int, item_id: UUID, kind: str, options: Collection[str], text: Mapping[str, Any], shuffled: bool
) -> list[str]:
    """Return the order in which an item's options are shown: as its author listed them in a language, or shuffled.

    Where the order is what is asked, the author's may be the answer: those are shuffled whatever the quiz says.
    """
    listed = [option["id"] for option in text.get("options", ()) if option["id"] in options]
    if shuffled or kind in ORDER_IS_ASKED or len(listed) < len(options):
        return option_order(seed=seed, item_id=item_id, options=options)
    return listed


def _class(drawable: _Drawable) -> ItemClass:
    return drawable.skill, drawable.level, drawable.difficulty


def due(*, started_at: datetime, time_limit_s: int, extra_s: int = 0, closes_at: datetime | None = None) -> datetime:
    """Return the instant until which answers are taken.

    Args:
        extra_s: the learner's extra time.
        closes_at: the window's end, when it cuts attempts; extra time moves it too, or it would have no effect there.
    """
    at = started_at + timedelta(seconds=time_limit_s + extra_s)
    return at if closes_at is None else min(at, closes_at + timedelta(seconds=extra_s))


def is_late(*, due_at: datetime, now: datetime) -> bool:
    """Whether the time limit and its grace are over."""
    return now > due_at + GRACE


def read_answers(answers: Sequence[Mapping[str, Any]], items: Mapping[UUID, AskedItem]) -> dict[UUID, Any]:
    """Return the canonical response to each answered item; null and missing are the same: left open.

    Args:
        answers: `{"item": UUID, "response": JSON}` as submitted.
        items: the attempt's items by id.

    Raises:
        AnswersRefused: some cannot be read.
    """
    responses: dict[UUID, Any] = {}
    refused: list[AnswerRefused] = []
    left = dict(items)
    for index, answer in enumerate(answers):
        item_id, raw = answer["item"], answer["response"]
        item = left.pop(item_id, None)
        if item is None:
            reason = "item_repeated" if item_id in items else "unknown_item"
            refused.append(AnswerRefused(f"/answers/{index}/item", reason))
            continue
        try:
            response = read_response(raw, item, index)
        except AnswerRefused as refusal:
            refused.append(refusal)
            continue
        if response is not None:
            responses[item_id] = response
    if refused:
        raise AnswersRefused(refused)
    return responses


def read_response(raw: Any, item: AskedItem, index: int) -> Any:
    """Return the canonical response to an item; None: it was left open.

    Args:
        index: of the answer in its list.

    Raises:
        AnswerRefused: it cannot be read.
    """
    if raw is None:
        return None
    try:
        response = KINDS[item.kind].read(raw, item.options, item.text, language=item.language)
    except ResponseRefused as refused:
        raise AnswerRefused(f"/answers/{index}/response{refused.place}", refused.reason, refused.values) from refused
    # An item where nothing was typed, matched or handed in was left open, and needs no marks.
    return None if response in ("", {}) else response


@dataclass(frozen=True, slots=True)
class NumberedAnswer:
    """An answer to be saved: `index` in its list, the client's number, and the canonical response; None: left open."""

    index: int
    sequence: int
    response: Any
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ReadAnswers:
    """What of a list of answers can be saved, by item, and what is refused; an item may be in both."""

    kept: Mapping[UUID, NumberedAnswer]
    refused: Sequence[tuple[UUID, AnswerRefused]]


def read_numbered(
    answers: Sequence[Mapping[str, Any]], items: Mapping[UUID, AskedItem], *, most_seconds: float
) -> ReadAnswers:
    """Read answers that are to be saved: of several to an item the one with the highest number is kept.

    An answer that cannot be read is refused and costs no other: an earlier one to the same item is kept.

    Args:
        answers: `{"item": UUID, "sequence": int, "response": JSON, "seconds": float, optional}`.
        items: the attempt's items by id.
        most_seconds: for how long the attempt has lasted; see `read_seconds`.
    """
    kept: dict[UUID, NumberedAnswer] = {}
    refused: list[tuple[UUID, AnswerRefused]] = []
    for index, answer in enumerate(answers):
        item_id = answer["item"]
        item = items.get(item_id)
        if item is None:
            refused.append((item_id, AnswerRefused(f"/answers/{index}/item", "unknown_item")))
            continue
        try:
            response = read_response(answer["response"], item, index)
        except AnswerRefused as refusal:
            refused.append((item_id, refusal))
            continue
        before, sequence = kept.get(item_id), answer["sequence"]
        if before is not None and before.sequence == sequence and before.response != response:
            refused.append((item_id, AnswerRefused(f"/answers/{index}/sequence", "sequence_reused")))
        elif before is None or before.sequence < sequence:
            kept[item_id] = NumberedAnswer(
                index, sequence, response, read_seconds([answer], most=most_seconds).get(item_id)
            )
    return ReadAnswers(kept, refused)


def read_seconds(answers: Sequence[Mapping[str, Any]], *, most: float) -> dict[UUID, float]:
    """Return for how many seconds the learner was on each item, as far as the frontend measured it.

    Nobody can have been on an item for less than no time, nor for longer than the attempt has lasted (`most`): a clock that
    runs wrong is held to that rather than costing the learner the submission.
    """
    return {
        answer["item"]: max(0.0, min(answer["seconds"], most))
        for answer in answers
        if answer.get("seconds") is not None
    }
