"""Who consumes what. The map itself is `config/flow.py`; it is installed here when Django is ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happened:
    """An event as its consumers see it."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    occurred_at: datetime


Handler = Callable[[Sequence[Happened]], None]


@dataclass(frozen=True)
class Consumer:
    """A named effect of some kinds of event.

    Args:
        name: stable; stands in the deliveries' rows.
        kinds: the kinds of event it takes.
        handler: takes a batch; works in sets; runs inside the drain's transaction and may be repeated after a rollback.
        batch: the most events in one transaction.
    """

    name: str
    kinds: tuple[str, ...]
    handler: Handler
    batch: int = 200
    purpose: str = field(default="", compare=False)


_consumers: dict[str, Consumer] = {}
_by_kind: dict[str, tuple[str, ...]] = {}


def install(consumers: Sequence[Consumer], kinds: Sequence[str]) -> None:
    """Replace the map. `kinds` lists every kind that may be recorded, with or without a consumer.

    Raises:
        ValueError: two consumers share a name, or one takes a kind that is not listed.
    """
    names = [consumer.name for consumer in consumers]
    if len(set(names)) != len(names):
        raise ValueError("two consumers share a name")
    unknown = {kind for consumer in consumers for kind in consumer.kinds} - set(kinds)
    if unknown:
        raise ValueError(f"kinds that nothing records: {sorted(unknown)}")
    _consumers.clear()
    _consumers.update({consumer.name: consumer for consumer in consumers})
    _by_kind.clear()
    _by_kind.update({kind: tuple(c.name for c in consumers if kind in c.kinds) for kind in kinds})


def consumers() -> Mapping[str, Consumer]:
    """All consumers by name."""
    return _consumers


def consumers_of(kind: str) -> tuple[str, ...]:
    """Names of the consumers of `kind`.

    Raises:
        KeyError: the kind is not in the map.
    """
    return _by_kind[kind]


def kinds() -> Mapping[str, tuple[str, ...]]:
    """Every kind with the names of its consumers."""
    return _by_kind
