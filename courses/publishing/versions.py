"""From what a course says to versions with digests, and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from courses.content.values import (
    CourseContent,
    CourseWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
    QuizPlace,
    Words,
    digest_of,
)


@dataclass(frozen=True)
class Unit:
    """A part of a course as it is to be frozen, with its place. parent: the unit it stands in, None for the course."""

    id: UUID
    kind: str
    parent: UUID | None
    position: int
    content: Mapping[str, Any]
    text_digests: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """Of the content: names nothing of this installation, so the same content has the same digest everywhere."""
        return digest_of(self.content)


def units_of(content: CourseContent) -> Iterator[Unit]:
    """The course itself, its modules and its activities, in order."""
    shared = {
        "slug": content.slug,
        "licence": content.licence,
        "attribution": content.attribution,
        "source_language": content.source_language,
        "requires_assessment": content.requires_assessment,
    }
    yield _unit(content.id, "course", None, 0, {**shared, "languages": list(content.languages)}, shared, content.texts)
    for n, module in enumerate(content.modules):
        yield _unit(module.id, "module", content.id, n, {}, {}, module.texts)
        for position, activity in enumerate(module.activities):
            if isinstance(activity, QuizPlace):
                yield _unit(activity.id, "quiz", module.id, position, {"slug": activity.slug}, {}, {})
            else:
                own = _shown(activity)
                yield _unit(activity.id, "lesson", module.id, position, own, own, activity.texts)


def _shown(lesson: LessonContent) -> dict[str, Any]:
    return {"slug": lesson.slug, "minutes": lesson.minutes, "skills": dict(lesson.skills)}


def text_digest_of(lesson: LessonContent, language: str) -> str:
    """The digest of what a reader of that language gets to see of a lesson."""
    return _text_digest(_shown(lesson), lesson.texts[language])


def _text_digest(shown: Mapping[str, Any], words: Words) -> str:
    return digest_of({**shown, **words.fields(), "status": words.status})


def _unit(
    unit: UUID,
    kind: str,
    parent: UUID | None,
    position: int,
    own: Mapping[str, Any],
    shown: Mapping[str, Any],
    texts: Mapping[str, Words],
) -> Unit:
    """`shown` is what readers of every language see of the unit besides its words."""
    stored = {
        language: {**words.fields(), "status": words.status, "source": words.source}
        for language, words in sorted(texts.items())
    }
    return Unit(
        id=unit,
        kind=kind,
        parent=parent,
        position=position,
        content={**own, "texts": stored},
        text_digests={language: _text_digest(shown, words) for language, words in texts.items()},
    )


def digest_of_draft(content: CourseContent, units: Sequence[Unit] | None = None) -> str:
    """Return the digest of a whole course: of every unit in its place. Equal digests mean that nothing differs.

    Args:
        units: what `units_of` gives for it, where the caller has that already.
    """
    return digest_of(
        [
            [str(unit.id), str(unit.parent) if unit.parent else None, unit.position, unit.digest]
            for unit in (units if units is not None else units_of(content))
        ]
    )


@dataclass(frozen=True)
class Pinned:
    """A version of a unit in its place in an edition."""

    unit: UUID
    kind: str
    parent: UUID | None
    position: int
    content: Mapping[str, Any]


def content_of(pins: Iterable[Pinned]) -> CourseContent:
    """Return what an edition says, as it was frozen: the inverse of `units_of`."""
    below: dict[UUID, list[Pinned]] = {}
    course = None
    for pin in sorted(pins, key=lambda pin: pin.position):
        if pin.parent is None:
            course = pin
        else:
            below.setdefault(pin.parent, []).append(pin)
    assert course is not None, "an edition pins its course"
    own = course.content
    return CourseContent(
        id=course.unit,
        slug=own["slug"],
        licence=own["licence"],
        attribution=own["attribution"],
        source_language=own["source_language"],
        languages=tuple(own["languages"]),
        requires_assessment=own["requires_assessment"],
        texts={language: CourseWords(**words) for language, words in own["texts"].items()},
        modules=tuple(
            ModuleContent(
                id=module.unit,
                texts={language: ModuleWords(**words) for language, words in module.content["texts"].items()},
                activities=tuple(map(_activity, below.get(module.unit, ()))),
            )
            for module in below.get(course.unit, ())
        ),
    )


def _activity(pin: Pinned) -> LessonContent | QuizPlace:
    own = pin.content
    if pin.kind == "quiz":
        return QuizPlace(id=pin.unit, slug=own["slug"])
    return LessonContent(
        id=pin.unit,
        slug=own["slug"],
        minutes=own["minutes"],
        skills=own["skills"],
        texts={language: LessonWords(**words) for language, words in own["texts"].items()},
    )
