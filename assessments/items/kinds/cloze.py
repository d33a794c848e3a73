"""A text with gaps, each a choice or a text entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import fsum, prod
from typing import Annotated, Any, TypedDict

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
    Text,
    credit_issues,
    half_width,
    head_and_text,
    id_issues,
    ids_of,
    lines,
    listed_issues,
    only_members,
    spread,
)
from assessments.items.kinds.entry import (
    GUESSED,
    entry_from,
    entry_issues,
    entry_lines,
    entry_notes,
    is_accepted,
    read_entry,
)
from common.schemas import Keywords, schema_of

CREDITS = ("per_gap", "all_or_nothing")
MAX_GAPS, MAX_GAP_ID_LENGTH, MAX_CHOICE_ID_LENGTH = 10, 8, 10
_MARK = re.compile(r"\{\{([^{}]*)\}\}")
_CHOICE = re.compile(r"(?:^|\|)\s*([A-Za-z0-9_-]{1,20})\s*=")


class GapOption(TypedDict):
    id: str
    text: str


class ShownGap(TypedDict):
    id: str
    options: Annotated[list[GapOption], Keywords("In the order to show them; empty: the gap is typed.")]
    is_typed: bool


class ShownGaps(TypedDict):
    """What a learner sees of a cloze besides its prompt."""

    gaps: list[ShownGap]


class Cloze(ItemKind):
    """prompt "A model learns from {{g1}} and may {{g2}}."; the text's gaps say which of them are choices:

    gaps [{"id": "g1", "options": [{"id": "a", "text": "data"}, …]}, {"id": "g2"}]
    key {"gaps": {"g1": "a", "g2": {"accept": {"en": ["hallucinate"]}, "typos": 1}}, "credit": "per_gap"}
    response {"g1": "a", "g2": "hallucinate"}, in the order of the gaps' ids; what is left open counts as wrong.

    credit: `per_gap` (default), the share of the gaps that are right, or `all_or_nothing`.
    """

    name, label, has_options = "cloze", "gaps in a text", False
    fewest_options = 0
    part = "gaps"
    part_example = (
        "“g1: a = data | b = luck” for a choice, “g2” for a gap to type in, one a line; “{{g1}}” in the prompt."
    )
    key_example = "g1 = a\ng2 en: hallucinate | make things up\ng2 1 typo"
    key_hint = "one gap a line, the option of a choice, or for a gap to type in what is right in each language; “all or nothing” may follow"  # noqa: E501
    shown_schema = schema_of(ShownGaps)
    response_schema = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "cloze: an object from gap ids to an option's id or to what was typed",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "gaps", "credit")
        yield from credit_issues(key, CREDITS)
        gaps = key.get("gaps")
        if not isinstance(gaps, Mapping) or not gaps:
            yield Issue("/key/gaps", "must say what is right in each gap")
            return
        choices = _choices(next(iter(content.values()), NO_TEXT))
        for gap, right in gaps.items():
            at = f"/key/gaps/{gap}"
            if content and gap not in choices:
                yield Issue(at, f"is none of the gaps ({', '.join(choices)})")
            elif isinstance(right, Mapping):
                yield from entry_issues(right, at, list(content))
                if choices.get(gap):
                    yield Issue(at, "must be an option's id: the gap is a choice")
            elif not isinstance(right, str):
                yield Issue(at, "must be an option's id or what may be typed")
            elif content and right not in (choices[gap] or ()):
                yield Issue(at, f"{right!r} is none of the gap's options ({', '.join(choices[gap] or ())})")
        for gap in [choice for choice in choices if choice not in gaps]:
            yield Issue("/key/gaps", f"lacks {gap}")

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        ranges = [
            GUESSED if isinstance(right, Mapping) else _of_choice(_choices(text).get(gap))
            for gap, right in key["gaps"].items()
        ]
        if key.get("credit", CREDITS[0]) == "all_or_nothing":
            return prod(least for least, _ in ranges), prod(most for _, most in ranges)
        return fsum(least for least, _ in ranges) / len(ranges), fsum(most for _, most in ranges) / len(ranges)

    def read(
        self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None
    ) -> dict[str, str]:
        if not isinstance(raw, Mapping):
            raise ResponseRefused("not_an_object")
        choices = _choices(text)
        read: dict[str, str] = {}
        for gap, said in raw.items():
            if gap not in choices:
                raise ResponseRefused("unknown_gap", f"/{gap}")
            if said is None:
                continue
            listed = choices[gap]
            if listed is None:
                read[gap] = _typed(said, f"/{gap}")
            elif not isinstance(said, str):
                raise ResponseRefused("not_an_option_id", f"/{gap}")
            elif said not in listed:
                raise ResponseRefused("unknown_option", f"/{gap}")
            else:
                read[gap] = said
        return {gap: read[gap] for gap in sorted(read) if read[gap]}

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        gaps = key["gaps"]
        right = sum(_is_right(wanted, response.get(gap), language) for gap, wanted in gaps.items())
        if key.get("credit", CREDITS[0]) == "all_or_nothing":
            return 1.0 if right == len(gaps) else 0.0
        return right / len(gaps)

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        written = []
        for gap, right in key.get("gaps", {}).items():
            if isinstance(right, Mapping):
                written += [f"{gap} {line}" for line in entry_lines(right)]
            else:
                written.append(f"{gap} = {right}")
        if key.get("credit", CREDITS[0]) != CREDITS[0]:
            written.append(str(key["credit"]).replace("_", " "))
        return "\n".join(written)

    def key_notes(self, text: str, *, language: str | None = None) -> Iterator[str]:
        for gap, right in self.key_from_text(text)["gaps"].items():
            if isinstance(right, Mapping):
                yield from (f"{gap}: {note}" for note in entry_notes(right))

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        key: dict[str, Any] = {"gaps": {}}
        typed: dict[str, list[str]] = {}
        for line in lines(text):
            plain = half_width(line)
            if "_".join(plain.casefold().split()) in CREDITS:
                key["credit"] = "_".join(plain.casefold().split())
                continue
            gap, _, rest = plain.partition(" ")
            if rest.lstrip().startswith("=") or "=" in gap:
                gap, _, option = plain.partition("=")
                key["gaps"][gap.strip()] = option.strip()
            else:
                # As long as the line: the answers are taken from it as they were written.
                typed.setdefault(gap, []).append(line[len(gap) :].strip())
        for gap, said in typed.items():
            key["gaps"][gap] = entry_from(said)
        return key

    def part_issues(self, text: Text, at: str) -> Iterator[Issue]:
        gaps = text.get("gaps", [])
        if not isinstance(gaps, list) or not 1 <= len(gaps) <= MAX_GAPS:
            yield Issue(f"{at}/gaps", f"must be a list of 1 to {MAX_GAPS} gaps")
            return
        seen: set[str] = set()
        for index, gap in enumerate(gaps):
            here = f"{at}/gaps/{index}"
            if not isinstance(gap, Mapping) or not {"id"} <= set(gap) <= {"id", "options"}:
                yield Issue(here, "must be an object with id and, for a choice, options")
                continue
            yield from id_issues(gap["id"], f"{here}/id", seen, most=MAX_GAP_ID_LENGTH)
            if "options" in gap:
                yield from listed_issues(gap["options"], f"{here}/options", fewest=2)
                for option in ids_of(gap["options"]):
                    if len(option) > MAX_CHOICE_ID_LENGTH:
                        yield Issue(here, f"the option {option!r} is longer than {MAX_CHOICE_ID_LENGTH} characters")
        marks = [mark.strip() for mark in _MARK.findall(str(text.get("prompt", "")))]
        for gap in sorted(seen):
            if marks.count(gap) != 1:
                yield Issue(f"{at}/prompt", f"must hold {{{{{gap}}}}} once")
        for mark in sorted(set(marks) - seen):
            yield Issue(f"{at}/prompt", f"has {{{{{mark}}}}}, which is no gap")

    def part_shape(self, text: Text) -> Any:
        return sorted((gap, sorted(listed) if listed is not None else None) for gap, listed in _choices(text).items())

    def part_text(self, text: Text) -> str:
        return "\n".join(
            f"{gap['id']}: " + " | ".join(f"{option['id']} = {option['text']}" for option in gap["options"])
            if "options" in gap
            else str(gap["id"])
            for gap in text.get("gaps", ())
        )

    def part_from_text(self, written: str) -> Any:
        gaps: list[dict[str, Any]] = []
        for line in lines(written):
            identifier, listed = head_and_text(line)
            gap: dict[str, Any] = {"id": identifier}
            if listed is not None:
                # Split at what begins an option, not at every bar or equals sign: these may stand in its text.
                begins = list(_CHOICE.finditer(half_width(listed)))
                ends = [found.start() for found in begins[1:]] + [len(listed)]
                gap["options"] = [
                    {"id": found[1], "text": listed[found.end() : end].strip()}
                    for found, end in zip(begins, ends, strict=True)
                ]
            gaps.append(gap)
        return gaps

    def shown(self, text: Text, order: Sequence[str]) -> ShownGaps:
        gaps: list[ShownGap] = []
        for gap in text["gaps"]:
            identifier = gap["id"]
            said = {option["id"]: option["text"] for option in gap.get("options", ())}
            drawn = [name.removeprefix(f"{identifier}.") for name in order if name.startswith(f"{identifier}.")]
            gaps.append(
                {
                    "id": identifier,
                    "options": [{"id": option, "text": said[option]} for option in drawn or sorted(said)],
                    "is_typed": "options" not in gap,
                }
            )
        return {"gaps": gaps}


def shuffled_ids(text: Text) -> list[str]:
    """Return the ids of the choices of a text's gaps as `gap.option`, for the draw of their order."""
    return [f"{gap}.{option}" for gap, listed in _choices(text).items() for option in listed or ()]


def _choices(text: Text) -> dict[str, tuple[str, ...] | None]:
    """Return the option ids of each gap, None where it is typed."""
    gaps = text.get("gaps", ())
    return (
        {
            str(gap.get("id", "")): ids_of(gap["options"]) if "options" in gap else None
            for gap in gaps
            if isinstance(gap, Mapping)
        }
        if isinstance(gaps, list)
        else {}
    )


def _of_choice(options: tuple[str, ...] | None) -> tuple[float, float]:
    return spread(1 / len(options), 2 / len(options)) if options else GUESSED


def _typed(said: Any, place: str) -> str:
    try:
        return read_entry(said)
    except ResponseRefused as refused:
        raise ResponseRefused(refused.reason, place) from refused


def _is_right(wanted: Any, said: str | None, language: str | None) -> bool:
    if said is None:
        return False
    return is_accepted(wanted, said, language) if isinstance(wanted, Mapping) else said == wanted
