"""What an event is: a class of its own, and how it is stored. No Django here, so that pure rules can make events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec

# An instant without a time zone is none.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class UnreadableEvent(Exception):
    """What is stored is not an event of a known class; the message names the place and quotes no value."""


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value inside an event; reading it refuses wrong types, missing members and unknown ones."""


class Event(Value, frozen=True, kw_only=True):
    """Something that happened, in the past tense: ids, codes, numbers and instants, no free text.

    A subclass sets `kind`, under which it is stored for good; the first line of its docstring says what happened. Whoever
    changes the members raises `version` and keeps the former members as a `FormerEvent` in `former`, as long as such events
    may be stored (`events.services.EVENT_RETENTION`).
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    former: ClassVar[tuple[type[FormerEvent], ...]] = ()


class FormerEvent(Value, frozen=True, kw_only=True):
    """The members that an event had in a former version; it is read, and never recorded."""

    version: ClassVar[int]

    def upgraded(self) -> Event:
        """Return the same event as the class that is recorded today."""
        raise NotImplementedError


E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event as its consumers get it.

    Args:
        id: of the row; the same at every delivery.
        occurred_at: the start of the transaction that recorded it, by the database's clock.
    """

    id: int
    event: E_co
    occurred_at: datetime


@lru_cache(maxsize=256)
def _decoder(form: type[Event] | type[FormerEvent]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(form)


def decode(form: type[Event] | type[FormerEvent], payload: str) -> Event:
    """Return a stored event, one of a former version as it would be recorded today.

    Raises:
        UnreadableEvent: `payload` is not of this form.
    """
    try:
        found = _decoder(form).decode(payload)
    except msgspec.DecodeError as error:
        raise UnreadableEvent(str(error)) from error
    return found.upgraded() if isinstance(found, FormerEvent) else found


def encode(events: Sequence[Event]) -> str:
    """Return events of one class as a JSON array.

    Types are a matter of the type checker here; the suite reads back whatever it records (tests/conftest.py).

    Raises:
        ValueError: they are of several classes.
    """
    form = type(events[0])
    if any(type(event) is not form for event in events):
        raise ValueError("events of several classes")
    return msgspec.json.encode(events).decode()
