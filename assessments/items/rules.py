"""What makes an item valid. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assessments.items.kinds import KINDS, Issue, ItemKind
from assessments.items.kinds.base import MAX_OPTIONS, ids_of, listed_issues
from assessments.items.kinds.cloze import shuffled_ids

DIFFICULTIES = ("easy", "medium", "hard")
MAX_PROMPT_LENGTH, MAX_UNIT_LENGTH = 4000, 40
# A guess rate is stated with two digits: 1/3 as .33.
_ROUNDING = 0.006
_MEMBERS = {"prompt", "options", "unit", "feedback"}


@dataclass(frozen=True)
class Draft:
    """An item as its author states it; the shapes of `content` and `key` stand at `ItemRevision`."""

    kind: str
    content: Mapping[str, Any]
    key: Mapping[str, Any]
    skills: tuple[str, ...]
    level: int
    difficulty: str
    guess: float | None

    def values(self) -> dict[str, Any]:
        """The draft as the fields of a revision."""
        return {**asdict(self), "skills": list(self.skills)}


def issues(draft: Draft, *, languages: Collection[str], skills: Collection[str]) -> list[Issue]:
    """Return everything that is wrong with `draft`; empty when it may be approved.

    Args:
        languages: those in which the course is offered; each must be there.
        skills: codes of the framework.
    """
    return list(_issues(draft, languages, skills))


def option_ids(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of an item's options, sorted: the same whatever language lists them first.

    The choices in the gaps of a text are options as well, as `gap.option`: their order is drawn with the rest.
    """
    for text in content.values() if isinstance(content, Mapping) else ():
        if isinstance(text, Mapping) and (isinstance(text.get("options"), list) or "gaps" in text):
            return tuple(sorted([*ids_of(text.get("options")), *shuffled_ids(text)]))
    return ()


def needs_second_person(*, author: Hashable | None, approver: Hashable | None, asked: bool) -> bool:
    """Return whether somebody else has to approve what `author` wrote; nobody is the author of what was loaded from files."""
    return asked and author is not None and author == approver


def may_measure_same(new: Draft, earlier: Draft) -> bool:
    """Return whether a person may say that two revisions measure the same: only wording and stated difficulty differ.

    Kind, key, options, parts, skills, level and guess rate decide what an answer tells: with another of these, answers to
    the two are not one measure.
    """
    if (new.kind, new.key, set(new.skills), new.level, new.guess) != (
        earlier.kind,
        earlier.key,
        set(earlier.skills),
        earlier.level,
        earlier.guess,
    ):
        return False
    return _shape(new) == _shape(earlier)


def proposed_same(new: Draft, earlier: Draft) -> bool:
    """Return whether two revisions are taken to measure the same unless a person says otherwise.

    They are when feedback differs, or a language was added or left out, and nothing else: where both speak a language, they
    say the same in it. Of a typo in a prompt nobody but a person can say that it changed nothing.
    """
    if not may_measure_same(new, earlier) or new.difficulty != earlier.difficulty:
        return False
    shared = set(new.content) & set(earlier.content)
    return bool(shared) and all(_asked(new.content[tag]) == _asked(earlier.content[tag]) for tag in shared)


def _asked(text: Mapping[str, Any]) -> dict[str, Any]:
    """What a learner reads before answering."""
    return {name: value for name, value in text.items() if name != "feedback" and value}


def _shape(draft: Draft) -> tuple[Any, ...]:
    """The ids of options and the shape of the part that only one kind has: the same in every language of a sound draft."""
    kind = KINDS[draft.kind]
    first: Mapping[str, Any] = next(iter(draft.content.values()), {})
    return option_ids(draft.content), kind.part_shape(first) if kind.part and kind.part in first else None


def _issues(draft: Draft, languages: Collection[str], skills: Collection[str]) -> Iterator[Issue]:
    kind = KINDS.get(draft.kind)
    if kind is None:
        yield Issue("/kind", f"{draft.kind!r} is none of {', '.join(KINDS)}")
        return
    content_issues = list(_content_issues(kind, draft.content, languages))
    yield from content_issues
    yield from _metadata_issues(draft, skills)
    options = option_ids(draft.content)
    # Texts that are wrong themselves are no measure for the key.
    content = {} if content_issues else draft.content
    key_issues = (
        list(kind.key_issues(draft.key, options, content))
        if isinstance(draft.key, Mapping)
        else [Issue("/key", "must be an object")]
    )
    yield from key_issues
    if not content_issues and not key_issues:
        yield from _guess_issues(kind, draft, len(options))
    elif draft.guess is None:
        yield _NO_GUESS


_NO_GUESS = Issue(
    "/guess",
    "is missing: state how often blind guessing is right (0 for open answers; with partial credit, its mean score)",
)


def _guess_issues(kind: ItemKind, draft: Draft, options: int) -> Iterator[Issue]:
    if draft.guess is None:
        yield _NO_GUESS
        return
    if isinstance(draft.guess, bool) or not isinstance(draft.guess, int | float):
        yield Issue("/guess", "must be a number")
        return
    least, most = kind.guess_range(draft.key, options, next(iter(draft.content.values())))
    if not least - _ROUNDING <= draft.guess <= most + _ROUNDING:
        with_options = f" with {options} options" if options else ""
        yield Issue(
            "/guess", f"{draft.guess} is not plausible for {kind.label}{with_options}: from {least:.3g} to {most:.3g}"
        )


def _metadata_issues(draft: Draft, skills: Collection[str]) -> Iterator[Issue]:
    if not draft.skills:
        yield Issue("/skills", "names no skill")
    for skill in draft.skills:
        if skill not in skills:
            yield Issue("/skills", f"{skill!r} is no skill of the framework")
    if len(set(draft.skills)) < len(draft.skills):
        yield Issue("/skills", "names a skill twice")
    if isinstance(draft.level, bool) or not isinstance(draft.level, int) or not 1 <= draft.level <= 6:
        yield Issue("/level", "must be a whole number from 1 to 6")
    if draft.difficulty not in DIFFICULTIES:
        yield Issue("/difficulty", f"must be one of {', '.join(DIFFICULTIES)}")


def _content_issues(kind: ItemKind, content: Any, languages: Collection[str]) -> Iterator[Issue]:
    if not isinstance(content, Mapping) or not content:
        yield Issue("/content", "must hold a text for each language")
        return
    for language in sorted(set(languages) - set(content)):
        yield Issue(f"/content/{language}", "is missing: the course is offered in this language")
    readable: dict[str, Mapping[str, Any]] = {}
    for language, text in content.items():
        found = list(_text_issues(kind, text, f"/content/{language}"))
        yield from found
        if not found:
            readable[language] = text
    yield from _differences(kind, readable)


def _text_issues(kind: ItemKind, text: Any, at: str) -> Iterator[Issue]:
    if not isinstance(text, Mapping):
        yield Issue(at, "must be an object with prompt, options, unit and feedback")
        return
    for name in sorted(set(text) - _MEMBERS - {kind.part}):
        yield Issue(f"{at}/{name}", "is not part of an item's text")
    prompt = text.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        yield Issue(f"{at}/prompt", "is missing")
    for name, longest in (("prompt", MAX_PROMPT_LENGTH), ("feedback", MAX_PROMPT_LENGTH), ("unit", MAX_UNIT_LENGTH)):
        value = text.get(name, "")
        if not isinstance(value, str):
            yield Issue(f"{at}/{name}", "must be text")
        elif len(value) > longest:
            yield Issue(f"{at}/{name}", f"is longer than {longest} characters")
    options = text.get("options", [])
    if not isinstance(options, list):
        yield Issue(f"{at}/options", "must be a list")
    elif not kind.has_options:
        if options:
            yield Issue(f"{at}/options", f"{kind.label} has no options")
    else:
        yield from listed_issues(options, f"{at}/options", fewest=kind.fewest_options, most=MAX_OPTIONS)
    yield from kind.part_issues(text, at)


def _differences(kind: ItemKind, texts: Mapping[str, Mapping[str, Any]]) -> Iterator[Issue]:
    """Yield where languages disagree: an item must ask the same of everybody."""
    first = next(iter(texts), None)
    if first is None:
        return
    ids = {language: option_ids({language: text}) for language, text in texts.items()}
    for language, text in texts.items():
        if kind.has_options and ids[language] != ids[first]:
            theirs, ours = ", ".join(ids[language]) or "none", ", ".join(ids[first]) or "none"
            yield Issue(f"/content/{language}/options", f"has the ids {theirs}, but {first} has {ours}")
        if kind.part and kind.part_shape(text) != kind.part_shape(texts[first]):
            yield Issue(f"/content/{language}/{kind.part}", f"has other ids or limits than {first}")
        for name in ("unit", "feedback"):
            if bool(text.get(name)) != bool(texts[first].get(name)):
                lacking, having = (language, first) if texts[first].get(name) else (first, language)
                yield Issue(f"/content/{lacking}/{name}", f"is missing, but {having} has one")
