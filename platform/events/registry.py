"""Who consumes what. The map itself is `config/flow.py`; it is installed here when Django is ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from events.kinds import Event, FormerEvent, Recorded, UnreadableEvent, decode

E = TypeVar("E")


@dataclass(frozen=True)
class Consumer(Generic[E]):
    """A named effect of some classes of event; which ones is said by `takes`.

    Args:
        name: stable; stands in the deliveries' rows.
        handler: takes a batch; works in sets; runs inside the drain's transaction and may be repeated after a rollback.
        batch: the most events in one transaction.
        purpose: what it is for, in a few words.
    """

    name: str
    handler: Callable[[Sequence[Recorded[E]]], None]
    batch: int = 200
    purpose: str = field(default="", compare=False)
    classes: tuple[type[Any], ...] = ()

    def takes(self, *classes: type[E]) -> Consumer[E]:
        """Return the consumer of events of these classes. One that the handler does not take is an error of types.

        Apart from the constructor, so that the handler alone decides about `E`: a type checker that saw both at a time
        would look for a type that the classes have in common.
        """
        return replace(self, classes=classes)


_consumers: dict[str, Consumer[Any]] = {}
_by_class: dict[type[Event], tuple[str, ...]] = {}
_forms: dict[tuple[str, int], type[Event] | type[FormerEvent]] = {}


def install(consumers: Sequence[Consumer[Any]], classes: Sequence[type[Event]]) -> None:
    """Replace the map. `classes` lists every class that may be recorded, with or without a consumer.

    Raises:
        ValueError: two consumers share a name, two classes a kind and version, or a consumer takes a class that is not
            listed.
    """
    names = [consumer.name for consumer in consumers]
    if len(set(names)) != len(names):
        raise ValueError("two consumers share a name")
    if len({form.kind for form in classes}) != len(classes):
        raise ValueError("two classes share a kind")
    forms: dict[tuple[str, int], type[Event] | type[FormerEvent]] = {}
    for form in classes:
        forms[form.kind, form.version] = form
        for former in form.former:
            if (form.kind, former.version) in forms:
                raise ValueError(f"{form.kind} has two classes of version {former.version}")
            forms[form.kind, former.version] = former
    unknown = {form for consumer in consumers for form in consumer.classes} - set(classes)
    if unknown:
        raise ValueError(f"classes that nothing records: {sorted(form.__qualname__ for form in unknown)}")
    _consumers.clear()
    _consumers.update({consumer.name: consumer for consumer in consumers})
    _by_class.clear()
    _by_class.update({form: tuple(c.name for c in consumers if form in c.classes) for form in classes})
    _forms.clear()
    _forms.update(forms)


def consumers() -> Mapping[str, Consumer[Any]]:
    """All consumers by name."""
    return _consumers


def consumers_of(form: type[Event]) -> tuple[str, ...]:
    """Names of the consumers of a class.

    Raises:
        KeyError: the class is not in the map.
    """
    return _by_class[form]


def read(kind: str, version: int, payload: str, *, for_consumer: Consumer[Any]) -> Event:
    """Return a stored event as the class that its consumer takes.

    Raises:
        UnreadableEvent: nothing of this kind and version is known, `payload` is not of its form, or the consumer does not
            take it.
    """
    form = _forms.get((kind, version))
    if form is None:
        raise UnreadableEvent(f"{kind} version {version}: unknown")
    try:
        event = decode(form, payload)
    except UnreadableEvent as error:
        raise UnreadableEvent(f"{kind} version {version}: {error}") from error.__cause__
    if not isinstance(event, for_consumer.classes):
        raise UnreadableEvent(f"{kind}: {for_consumer.name} does not take it")
    return event
