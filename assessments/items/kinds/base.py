"""What every kind of item answers for itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Fault:
    """Something wrong with an item: where (JSON pointer into the revision) and what, in words for its author."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message}"


class ResponseRefused(Exception):
    """A learner's response has not the form its item's kind takes.

    Args:
        reason: a code that `assessments.attempts.errors` has a text for; never anything of the key.
        place: JSON pointer within the response; empty for the response itself.
    """

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place


class ItemKind(ABC):
    """One kind of item: the form of its key and of its responses, and how a response is scored.

    Keys and responses are JSON values. A response that `read` returned is canonical: equal responses are equal values.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    has_options: ClassVar[bool]
    fewest_options: ClassVar[int] = 2
    # How the author writes the key in the admin, by example.
    key_example: ClassVar[str]
    # The response's form in OpenAPI.
    response_schema: ClassVar[Mapping[str, Any]]

    @abstractmethod
    def key_faults(self, key: Mapping[str, Any], options: Sequence[str]) -> Iterator[Fault]:
        """Yield what is wrong with `key`, given the item's option ids; pointers start with /key."""

    @abstractmethod
    def guess_range(self, key: Mapping[str, Any], options: int) -> tuple[float, float]:
        """Return the plausible guess rates of a sound key: blind chance, and what poor distractors may make of it."""

    @abstractmethod
    def read(self, raw: Any, options: Sequence[str]) -> Any:
        """Return the canonical form of a response.

        Raises:
            ResponseRefused: it has another form, or names an option the item does not have.
        """

    @abstractmethod
    def score(self, key: Mapping[str, Any], response: Any) -> float:
        """Return the score, 0 to 1, of a canonical response."""

    @abstractmethod
    def key_text(self, key: Mapping[str, Any]) -> str:
        """Return the key as its author writes it."""

    @abstractmethod
    def key_from_text(self, text: str) -> dict[str, Any]:
        """Return the key that `text` says; `key_faults` finds what is wrong with it."""


def words(text: str) -> list[str]:
    """Return the comma-separated words of `text`."""
    return [word.strip() for word in text.split(",") if word.strip()]


def only_members(key: Mapping[str, Any], *names: str) -> Iterator[Fault]:
    """Yield a fault for every member of a key but `names`."""
    for name in sorted(set(key) - set(names)):
        yield Fault(f"/key/{name}", "is not part of this kind's key")


def option_list(value: Any, options: Sequence[str], pointer: str) -> Iterator[Fault]:
    """Yield what is wrong with a list of option ids in a key."""
    if not isinstance(value, list) or not value:
        yield Fault(pointer, "must be a list of option ids")
        return
    for option in value:
        if option not in options:
            yield Fault(pointer, f"{option!r} is none of the options ({', '.join(options)})")
    if len({str(option) for option in value}) < len(value):
        yield Fault(pointer, "names an option twice")


def read_options(raw: Any, options: Sequence[str]) -> list[str]:
    """Return a response that lists option ids, each at most once.

    Raises:
        ResponseRefused: it is no such list.
    """
    if not isinstance(raw, list):
        raise ResponseRefused("not_a_list_of_options")
    for index, option in enumerate(raw):
        if not isinstance(option, str):
            raise ResponseRefused("not_an_option_id", f"/{index}")
        if option not in options:
            raise ResponseRefused("unknown_option", f"/{index}")
        if option in raw[:index]:
            raise ResponseRefused("option_repeated", f"/{index}")
    return list(raw)
