"""A piece of work, written or handed in as files, marked by people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypedDict
from uuid import UUID

from assessments.items.kinds.base import NO_CONTENT, NO_TEXT, Content, Issue, ItemKind, ResponseRefused, Text, words
from assessments.items.kinds.rubric import rubric_from, rubric_issues, rubric_text
from assessments.items.kinds.writing import normalised
from common.schemas import Keywords, schema_of

MAX_CHARACTERS, MAX_FILES = 20_000, 5
_LIMIT = re.compile(r"([0-9]{1,6})\s+(characters|files?)", re.IGNORECASE)


class TaskLimits(TypedDict):
    characters: Annotated[int, Keywords("Most characters of the text; 0: none is taken.")]
    files: Annotated[int, Keywords("Most files; 0: none are taken.")]


class ShownLimits(TypedDict):
    """What a learner sees of a task besides its prompt."""

    limits: TaskLimits


class Task(ItemKind):
    """The text's limits: {"characters": 3000, "files": 2}; 0 characters: files only, 0 files: text only.

    key: the rubric, see `rubric.rubric_faults`: {"tolerance": 20, "criteria": [{"id": "aim", "title": {"en": "…"},
    "levels": [{"points": 0, "text": {"en": "…"}}, …]}, …]}.
    Response {"text": "…", "files": ["<id of an uploaded file>", …]}; what is empty is left out.
    """

    name, label, has_options = "task", "task marked by people", False
    fewest_options = 0
    marked_by_people = True
    part, part_example = "limits", "“3000 characters, 2 files”."
    key_example = "tolerance 20 %\n[aim]\nen: The aim is clear\n0 en: no aim\n2 en: an aim that can be checked"
    key_hint = "the rubric: for each criterion its id, its title, and what each number of points means, in every language; above the tolerance between two markers a third decides"  # noqa: E501
    shown_schema = schema_of(ShownLimits)
    response_schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "maxLength": MAX_CHARACTERS},
            "files": {"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": MAX_FILES},
        },
        "additionalProperties": False,
        "description": "task: an object with text, and files: the ids of files uploaded before",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from rubric_issues(key, list(content))

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        return 0.0, 0.0

    def read(
        self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None
    ) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise ResponseRefused("not_an_object")
        for name in raw:
            if name not in ("text", "files"):
                raise ResponseRefused("unknown_member", f"/{name}")
        limits = _limits(text)
        written, files = raw.get("text") or "", raw.get("files") or []
        if not isinstance(written, str):
            raise ResponseRefused("not_a_text", "/text")
        written = normalised(written, keep_lines=True) if len(written) <= 4 * MAX_CHARACTERS else written
        if len(written) > limits["characters"]:
            raise ResponseRefused("text_too_long", "/text")
        if not isinstance(files, list):
            raise ResponseRefused("not_a_list_of_files", "/files")
        if len(files) > limits["files"]:
            raise ResponseRefused("too_many_files", "/files")
        read: dict[str, Any] = {"text": written} if written else {}
        named: list[str] = []
        for index, file in enumerate(files):
            named.append(_file_id(file, f"/files/{index}"))
            if named[-1] in named[:-1]:
                raise ResponseRefused("file_repeated", f"/files/{index}")
        return {**read, "files": named} if named else read

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        if not response:
            return 0.0
        raise TypeError("a task is scored by its markers: see assessments.marking")

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return rubric_text(key)

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        return rubric_from(text)

    def part_issues(self, text: Text, at: str) -> Iterator[Issue]:
        limits, here = text.get("limits"), f"{at}/limits"
        if not isinstance(limits, Mapping) or set(limits) != {"characters", "files"}:
            yield Issue(here, "must say how many characters and how many files")
            return
        for name, most in (("characters", MAX_CHARACTERS), ("files", MAX_FILES)):
            if isinstance(limits[name], bool) or not isinstance(limits[name], int) or not 0 <= limits[name] <= most:
                yield Issue(here, f"{name} must be a whole number from 0 to {most}")
        if not any(limits.values()):
            yield Issue(here, "leaves nothing to hand in")

    def part_shape(self, text: Text) -> Any:
        # Scripts differ in how many characters the same thought takes, not in how many files.
        limits = _limits(text)
        return bool(limits["characters"]), limits["files"]

    def part_text(self, text: Text) -> str:
        limits = _limits(text)
        return f"{limits['characters']} characters, {limits['files']} files" if text.get("limits") else ""

    def part_from_text(self, written: str) -> Any:
        limits = {"characters": 0, "files": 0}
        for said in words(written):
            read = _LIMIT.fullmatch(said)
            if read is None:
                return written
            limits["characters" if read[2].lower() == "characters" else "files"] = int(read[1])
        return limits

    def shown(self, text: Text, order: Sequence[str]) -> ShownLimits:
        return {"limits": _limits(text)}


def _limits(text: Text) -> TaskLimits:
    limits = text.get("limits")
    if not isinstance(limits, Mapping):
        return {"characters": 0, "files": 0}
    return {"characters": limits.get("characters", 0), "files": limits.get("files", 0)}


def _file_id(raw: Any, place: str) -> str:
    if isinstance(raw, str) and len(raw) == 36:
        try:
            return str(UUID(raw))
        except ValueError:
            pass
    raise ResponseRefused("not_a_file_id", place)
