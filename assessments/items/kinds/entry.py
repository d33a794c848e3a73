"""A word or a short phrase, typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
    Text,
    half_width,
    head_and_text,
    is_words,
    language_tag,
    lines,
    only_members,
)
from assessments.items.kinds.writing import folded, has_one_typo, is_closed, normalised, without_closing

MAX_ENTRY_LENGTH, MAX_ACCEPTED_LENGTH, MAX_ACCEPTED = 500, 200, 30
ANY_LANGUAGE = "*"
_TYPOS = re.compile(r"([0-9]{1,3}) ?typos?")
# What people write between the entries of a list, with words on both sides. Between digits it is part of a number or a date.
_LISTING = re.compile(r"(\S)\s*[,\uff0c\u3001\uff64\u060c;\uff1b\u061b/\uff0f]\s*(\S)")
GUESSED = (0.0, 0.1)
_BAR = re.compile("[|\uff5c]")
# Between two texts, a bar or what looks like one parts two answers; alone it may be an answer.
_BAR_BETWEEN = re.compile("[^|\\s]\\s*[|\uff5c\u00a6\u01c0\u2223\u2502\u2503]\\s*[^|\\s]")


class TextEntry(ItemKind):
    """key {"accept": {"en": ["prompt"], "th": ["พรอมต์", "คำสั่ง"], "*": ["prompt"]}, "diacritics": "ignore", "typos": 1}.

    What stands under a language is right in attempts of that language, what stands under `*` in all. What differs only in
    how it was typed is the same answer (`writing.folded`), and so is one with a full stop behind it that the key has not.
    diacritics: `exact` (default) or `ignore`, on Latin letters; typos: 0 (default) or 1, between Latin words of five
    letters or more. Response "Prompt", kept as typed, in NFC.
    """

    name, label, has_options = "text", "text entry", False
    fewest_options = 0
    key_example = "en: prompt | instruction\nth: พรอมต์\n*: Prompt\n1 typo"
    key_hint = "one language a line, “*” for all; “1 typo” and “ignore diacritics” only where they may be"
    response_schema = {"type": "string", "maxLength": MAX_ENTRY_LENGTH, "description": "text: what the learner typed"}

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from entry_issues(key, "/key", list(content))

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        return GUESSED

    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None) -> str:
        return read_entry(raw)

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        return 1.0 if is_accepted(key, response, language) else 0.0

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return "\n".join(entry_lines(key))

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        return entry_from(lines(text))

    def key_notes(self, text: str, *, language: str | None = None) -> Iterator[str]:
        yield from entry_notes(self.key_from_text(text))


def entry_issues(key: Mapping[str, Any], at: str, languages: Sequence[str]) -> Iterator[Issue]:
    """Yield what is wrong with the accepted words of a text entry, alone or as a gap."""
    for issue in only_members(key, "accept", "diacritics", "typos"):
        yield Issue(at + issue.pointer.removeprefix("/key"), issue.message)
    accept = key.get("accept")
    if not isinstance(accept, Mapping) or not accept:
        yield Issue(f"{at}/accept", "must list what is right, by language")
        return
    for language, listed in accept.items():
        here = f"{at}/accept/{language}"
        if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_ACCEPTED:
            yield Issue(here, f"must be a list of 1 to {MAX_ACCEPTED} answers")
        elif not all(is_words(row, MAX_ACCEPTED_LENGTH) and folded(row) for row in listed):
            yield Issue(here, f"must hold texts of 1 to {MAX_ACCEPTED_LENGTH} characters")
        else:
            yield from _typed_issues(listed, here, ignore_diacritics=key.get("diacritics") == "ignore")
        if languages and language != ANY_LANGUAGE and language not in languages:
            yield Issue(here, "is no language of the item")
    if ANY_LANGUAGE not in accept:
        for language in languages:
            if language not in accept:
                yield Issue(f"{at}/accept", f"has nothing that is right in {language}")
    if key.get("diacritics", "exact") not in ("exact", "ignore"):
        yield Issue(f"{at}/diacritics", "must be exact or ignore")
    if key.get("typos", 0) not in (0, 1) or isinstance(key.get("typos", 0), bool | float):
        yield Issue(f"{at}/typos", "must be 0 or 1")


def _typed_issues(listed: Sequence[str], at: str, *, ignore_diacritics: bool) -> Iterator[Issue]:
    """Yield which of these answers nobody can type, or are there twice."""
    first: dict[str, str] = {}
    for answer in listed:
        if _BAR_BETWEEN.search(answer):
            yield Issue(at, f"“{answer}” holds a bar, which parts two answers: state them one by one")
        compared = folded(answer, ignore_diacritics=ignore_diacritics)
        if compared in first:
            yield Issue(at, f"“{answer}” is the same answer as “{first[compared]}”: leave one of them out")
        first.setdefault(compared, answer)


def read_entry(raw: Any) -> str:
    """Return the canonical form of typed words.

    Raises:
        ResponseRefused: they are no text, or too long.
    """
    if not isinstance(raw, str):
        raise ResponseRefused("not_a_text")
    if len(raw) > 4 * MAX_ENTRY_LENGTH:
        raise ResponseRefused("text_too_long")
    text = normalised(raw)
    if len(text) > MAX_ENTRY_LENGTH:
        raise ResponseRefused("text_too_long")
    # Of what nobody sees nothing was typed.
    return text if text.isascii() or folded(text) else ""


def is_accepted(key: Mapping[str, Any], response: str, language: str | None) -> bool:
    """Whether typed words are right in a language; None: in any."""
    ignore = key.get("diacritics") == "ignore"
    given = folded(response, ignore_diacritics=ignore)
    listed = [
        folded(entry, ignore_diacritics=ignore)
        for tag, accepted in key["accept"].items()
        if language is None or tag in (language, ANY_LANGUAGE)
        for entry in accepted
    ]
    if given in listed:
        return True
    if ("\u2014" in response or "--" in response) and _is_same_with_hyphens(key, response, language):
        return True
    # A full stop that the keyboard put there; it counts where the key has one.
    bare = without_closing(given)
    if bare != given and any(bare == right for right in listed if not is_closed(right)):
        return True
    return bool(key.get("typos")) and any(has_one_typo(bare, right) for right in listed)


def _is_same_with_hyphens(key: Mapping[str, Any], response: str, language: str | None) -> bool:
    """Whether the words are right with two hyphens where either side has an em dash: phones make it of them (--help)."""
    given = response.replace("\u2014", "--")
    accept = {tag: [entry.replace("\u2014", "--") for entry in accepted] for tag, accepted in key["accept"].items()}
    return (given, accept) != (response, key["accept"]) and is_accepted({**key, "accept": accept}, given, language)


def entry_lines(key: Mapping[str, Any]) -> list[str]:
    """Return accepted words as their author writes them, one language a line."""
    accept = key.get("accept", {})
    written = [f"{language}: {' | '.join(map(str, listed))}" for language, listed in accept.items()]
    if key.get("typos"):
        written.append("1 typo")
    if key.get("diacritics") == "ignore":
        written.append("ignore diacritics")
    return written


def entry_from(written: Sequence[str]) -> dict[str, Any]:
    """Return the key of such lines; what is none of them stands under accept, for `entry_issues` to refuse."""
    key: dict[str, Any] = {"accept": {}}
    for line in written:
        plain = " ".join(half_width(line).casefold().split())
        if typos := _TYPOS.fullmatch(plain):
            key["typos"] = int(typos[1])
        elif plain in ("ignore diacritics", "ignorediacritics"):
            key["diacritics"] = "ignore"
        else:
            language, listed = head_and_text(line)
            answers = [part.strip() for part in _BAR.split(listed or "") if part.strip()]
            key["accept"].setdefault(line if listed is None else language_tag(language), []).extend(answers)
    return key


def entry_notes(key: Mapping[str, Any]) -> Iterator[str]:
    """Yield which accepted answers look like several that were listed with another sign than the bar."""
    for listed in key.get("accept", {}).values():
        for answer in listed:
            found = _LISTING.finditer(answer)
            if any(not (match[1].isdecimal() and match[2].isdecimal()) for match in found):
                yield f"“{answer}” is held as ONE answer; write | between answers."
