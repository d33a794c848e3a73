"""What differs between two states of a course. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from courses.content.values import CourseContent
from courses.publishing.versions import Unit, units_of


@dataclass(frozen=True)
class Difference:
    """One part of a course that is not as it was.

    kind: of the part (course, module, lesson, quiz). what: added, removed, moved, or changed. title: in the source language.
    fields: what besides texts has changed. languages: whose texts have, with the lines that differ (`-` before, `+` after).
    """

    unit: UUID
    kind: str
    what: str
    title: str
    fields: tuple[str, ...] = ()
    languages: Mapping[str, tuple[str, ...]] | None = None


def differences(before: CourseContent, after: CourseContent) -> list[Difference]:
    """Return what is added, changed, moved and removed, in the order of `after`; equal contents give nothing."""
    old = {unit.id: unit for unit in units_of(before)}
    new = {unit.id: unit for unit in units_of(after)}
    found = []
    for unit in new.values():
        if unit.id not in old:
            found.append(Difference(unit.id, unit.kind, "added", _title(unit, after.source_language)))
        else:
            found += _of_unit(old[unit.id], unit, after.source_language)
    found += [
        Difference(unit.id, unit.kind, "removed", _title(unit, before.source_language))
        for unit in old.values()
        if unit.id not in new
    ]
    return found


def _of_unit(old: Unit, new: Unit, source_language: str) -> Iterator[Difference]:
    title = _title(new, source_language)
    if old.digest != new.digest:
        fields = tuple(
            name
            for name in sorted(old.content.keys() | new.content.keys())
            if name != "texts" and old.content.get(name) != new.content.get(name)
        )
        texts, was = new.content["texts"], old.content["texts"]
        languages = {
            language: _lines(was.get(language), texts.get(language))
            for language in sorted(texts.keys() | was.keys())
            if texts.get(language) != was.get(language)
        }
        yield Difference(new.id, new.kind, "changed", title, fields, languages)
    if (old.parent, old.position) != (new.parent, new.position):
        yield Difference(new.id, new.kind, "moved", title)


def _title(unit: Unit, language: str) -> str:
    words = unit.content["texts"].get(language) or {}
    return str(words.get("title") or unit.content.get("slug") or unit.id)


def _lines(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, ...]:
    return changed_lines(_words(before), _words(after))


def _words(words: Mapping[str, Any] | None) -> str:
    if words is None:
        return ""
    return "\n".join(str(words[name]) for name in ("title", "summary", "body") if name in words)


def changed_lines(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that differ between two texts, each with `-` (before) or `+` (after) before it."""
    return tuple(
        line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith(("- ", "+ "))
    )
