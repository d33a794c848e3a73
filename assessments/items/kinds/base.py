"""What every kind of item answers for itself."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from assessments.items.kinds.writing import with_ascii_digits
from common import languages

MAX_OPTIONS, MAX_OPTION_LENGTH = 12, 1000
OPTION_ID = re.compile(r"[A-Za-z0-9_-]{1,20}")
# What poor distractors may make of a choice: never more than this, whatever the number of options.
MAX_GUESSED = 0.75
_HALF_WIDTH: dict[int, int | str] = {**{0xFF01 + step: 0x21 + step for step in range(94)}, 0x3000: " ", 0x061B: ";"}
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_COMMA = re.compile("[,\u3001\uff64\u060c]")


@dataclass(frozen=True)
class Issue:
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
        values: what the text of that reason names; never anything of the key either.
    """

    def __init__(self, reason: str, place: str = "", values: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(reason)
        self.reason, self.place, self.values = reason, place, values


Text = Mapping[str, Any]
Content = Mapping[str, Text]
NO_TEXT: Text = MappingProxyType({})
NO_CONTENT: Content = MappingProxyType({})


class ItemKind(ABC):
    """One kind of item: the form of its texts, its key and its responses, and how a response is scored.

    Keys and responses are JSON values. A response that `read` returned is canonical: equal responses are equal values,
    and reading it again, without a language, changes nothing. A response that gets more right never scores less.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    has_options: ClassVar[bool]
    fewest_options: ClassVar[int] = 2
    # The one member of a language's text that only this kind has; its author writes it in a text box of that name.
    part: ClassVar[str] = ""
    part_example: ClassVar[str] = ""
    # Scored by markers with the key's rubric, never by `score`.
    marked_by_people: ClassVar[bool] = False
    # How the author writes the key in the admin, by example, and what else may stand in it.
    key_example: ClassVar[str]
    key_hint: ClassVar[str] = ""
    # The response's form in OpenAPI.
    response_schema: ClassVar[Mapping[str, Any]]
    # The form of what `shown` returns.
    shown_schema: ClassVar[Mapping[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}

    @abstractmethod
    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        """Yield what is wrong with `key`, given the item's option ids and its texts; pointers start with /key."""

    @abstractmethod
    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        """Return the plausible guess rates of a valid key: blind chance, and what poor distractors may make of it.

        A guess rate is the expected score of somebody who knows nothing; with partial credit that is more than how
        often such a person is wholly right.

        Args:
            text: the item's text in any language; what guessing depends on is the same in all.
        """

    @abstractmethod
    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None) -> Any:
        """Return the canonical form of a response.

        Args:
            text: the item's text in the attempt's language.
            language: the attempt's, by which numbers are read; None: in their language-free form, as they are kept.

        Raises:
            ResponseRefused: it has another form, or names something the item does not have.
        """

    @abstractmethod
    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        """Return the score, 0 to 1, of a canonical response.

        Args:
            language: the attempt's, where an answer is right in one language only; None: in whichever it is right.
        """

    def part_issues(self, text: Text, at: str) -> Iterator[Issue]:
        """Yield what is wrong with the text's own part; pointers start with `at`."""
        return iter(())

    def part_shape(self, text: Text) -> Any:
        """Return what of the text's part must be the same in every language: its ids, not its words."""
        return None

    def part_text(self, text: Text) -> str:
        """Return the part as its author writes it."""
        return ""

    def part_from_text(self, written: str) -> Any:
        """Return the part that the author wrote; `part_faults` finds what is wrong with it."""
        return None

    def shown(self, text: Text, order: Sequence[str]) -> Mapping[str, object]:
        """Return what a learner sees of the item's text besides prompt, options and unit; nothing that tells the key.

        Args:
            order: the attempt's option order.
        """
        return {}

    @abstractmethod
    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        """Return the key as its author writes it, numbers as a language has them."""

    @abstractmethod
    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        """Return the key that `text` says; `key_issues` finds what is wrong with it.

        Args:
            language: by which numbers are read.

        Raises:
            ValueError: something in it has two meanings; says which, to the author.
        """

    def key_notes(self, text: str, *, language: str | None = None) -> Iterator[str]:
        """Yield what its author should know of how a key that has no faults was read, where that may not be what was meant.

        Args:
            text: the key as written, which `key_from_text` has read.
            language: by which numbers were read.
        """
        return iter(())


def half_width(text: str) -> str:
    """Return what authors type as signs, ids and numbers in half width, with ASCII digits; as long as `text` is.

    A Japanese or Chinese keyboard gives ：, ｜, ， or １ where : | , and 1 are meant. What learners read stays as written.
    """
    return with_ascii_digits(text.translate(_HALF_WIDTH))


def head_and_text(line: str) -> tuple[str, str | None]:
    """Split a line at its first colon, of either width: the head in half width, and the text behind it as written; None
    without a colon.
    """
    at = half_width(line).find(":")
    return (half_width(line).strip(), None) if at < 0 else (half_width(line[:at]).strip(), line[at + 1 :].strip())


def language_tag(head: str) -> str:
    """Return what stands before a colon in its conventional case where it has the form of a BCP 47 tag: `JA` is `ja`."""
    return languages.canonical(head) if _TAG.fullmatch(head) else head


def words(text: str) -> list[str]:
    """Return the words of `text` with commas between, of any keyboard, in half width: they are ids and codes."""
    return [word.strip() for word in _COMMA.split(half_width(text)) if word.strip()]


def only_members(key: Mapping[str, Any], *names: str) -> Iterator[Issue]:
    """Yield an issue for every member of a key but `names`."""
    for name in sorted(set(key) - set(names)):
        yield Issue(f"/key/{name}", "is not part of this kind's key")


def option_list(value: Any, options: Sequence[str], pointer: str) -> Iterator[Issue]:
    """Yield what is wrong with a list of option ids in a key."""
    if not isinstance(value, list) or not value:
        yield Issue(pointer, "must be a list of option ids")
        return
    for option in value:
        if option not in options:
            yield Issue(pointer, f"{option!r} is none of the options ({', '.join(options)})")
    if len({str(option) for option in value}) < len(value):
        yield Issue(pointer, "names an option twice")


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


def listed_issues(listed: Any, at: str, *, fewest: int, most: int = MAX_OPTIONS) -> Iterator[Issue]:
    """Yield what is wrong with a list of {"id": "…", "text": "…"} that an author wrote."""
    if not isinstance(listed, list):
        yield Issue(at, "must be a list")
        return
    if not fewest <= len(listed) <= most:
        yield Issue(at, f"must be {fewest} to {most} entries, not {len(listed)}")
    seen: set[str] = set()
    for index, entry in enumerate(listed):
        here = f"{at}/{index}"
        if not isinstance(entry, Mapping) or set(entry) != {"id", "text"}:
            yield Issue(here, "must be an object with id and text")
            continue
        yield from id_issues(entry["id"], f"{here}/id", seen)
        if not is_words(entry["text"]):
            yield Issue(f"{here}/text", f"must be text of at most {MAX_OPTION_LENGTH} characters")


def id_issues(identifier: Any, at: str, seen: set[str], *, most: int = 20) -> Iterator[Issue]:
    """Yield what is wrong with an id; a valid one is added to `seen`."""
    if not isinstance(identifier, str) or not OPTION_ID.fullmatch(identifier) or len(identifier) > most:
        yield Issue(at, f"must be 1 to {most} letters or digits")
    elif identifier in seen:
        yield Issue(at, f"{identifier!r} is there twice")
    else:
        seen.add(identifier)


def is_words(text: Any, most: int = MAX_OPTION_LENGTH) -> bool:
    """Whether `text` is text that says something and is not too long."""
    return isinstance(text, str) and bool(text.strip()) and len(text) <= most


def ids_of(listed: Any) -> tuple[str, ...]:
    """Return the ids of a list of objects with an id, in its order."""
    return (
        tuple(str(row.get("id", "")) for row in listed if isinstance(row, Mapping)) if isinstance(listed, list) else ()
    )


def lines(text: str) -> list[str]:
    """Return the lines of `text` that say something, without their margins."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def listed_from(text: str) -> list[dict[str, str]]:
    """Read `a: text` lines; a line without a colon has no id, which `listed_issues` refuses."""
    found = []
    for line in lines(text):
        identifier, said = head_and_text(line)
        found.append({"id": "", "text": line} if said is None else {"id": identifier, "text": said})
    return found


def listed_text(listed: Any) -> str:
    """Return such a list as its author writes it."""
    return "\n".join(f"{row.get('id', '')}: {row.get('text', '')}" for row in listed or () if isinstance(row, Mapping))


def credit_issues(key: Mapping[str, Any], rules: Sequence[str]) -> Iterator[Issue]:
    """Yield an issue when the key's credit rule is none of `rules`, of which the first is the default."""
    if key.get("credit", rules[0]) not in rules:
        yield Issue("/key/credit", f"must be one of {', '.join(rules)}")


def with_credit(text: str, key: Mapping[str, Any], default: str) -> str:
    """Return a key's text with its credit rule behind a semicolon, where it is not the default."""
    rule = key.get("credit", default)
    return text if rule == default else f"{text}; {str(rule).replace('_', ' ')}"


def split_credit(text: str) -> tuple[str, dict[str, str]]:
    """Return the text before the last semicolon, and what stands behind it as {"credit": rule}; see `with_credit`."""
    text = half_width(text)
    body, semicolon, rule = text.rpartition(";")
    if not semicolon:
        return text, {}
    return body, {"credit": "_".join(rule.split())}


def spread(blind: float, best: float) -> tuple[float, float]:
    """Return a guess range: from blind chance up to `best`, yet never above what is a guess at all."""
    return blind, max(blind, min(MAX_GUESSED, best))
