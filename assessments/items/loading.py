"""A bank of items and its quiz, from files; may run again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from assessments.errors import UnsoundItem, UnsoundQuiz
from assessments.items.kinds import Fault
from assessments.items.models import Item, ItemRevision
from assessments.items.rules import Draft, faults
from assessments.items.services import draft_of
from assessments.quizzes.rules import BLUEPRINT_FIELDS, Blueprint
from assessments.quizzes.services import put_quiz
from common import clock
from common.errors import NotFound
from courses import public as courses
from privacy import public as privacy

ACTOR = "load_bank"
_ITEM_MEMBERS = {"code", "kind", "skills", "level", "difficulty", "guess", "key", "content"}
_QUIZ_MEMBERS = {"slug", *BLUEPRINT_FIELDS}


@dataclass(frozen=True)
class Loaded:
    """What a run did."""

    quiz_id: UUID
    added: int
    revised: int
    unchanged: int


def load_bank(folder: Path, *, edition_id: UUID) -> Loaded:
    """Load `items.toml` and `quiz.toml` of a folder into an edition, all or nothing.

    Ids follow from the edition and the code or slug. An item whose text in the file is one of its revisions stays as it
    is, so that what a trainer approved since is not undone; any other text becomes a new, approved revision. The quiz
    is opened when it is new; later runs leave it open or closed as they find it.

    Raises:
        NotFound: there is no such edition.
        UnsoundItem, UnsoundQuiz: the files cannot be loaded; the detail names file, place and fault.
    """
    edition = courses.edition(edition_id)
    if edition is None:
        raise NotFound()
    items = _read(folder / "items.toml").get("items", [])
    quiz = _read(folder / "quiz.toml")
    drafts, found = _drafts(items, languages=edition.languages)
    if found:
        raise UnsoundItem(f"{folder.name}/items.toml: " + "; ".join(found), faults=found)
    with transaction.atomic():
        added, revised = _store(drafts, edition_id=edition_id)
        quiz_id = _put_quiz(quiz, edition_id=edition_id, file=f"{folder.name}/quiz.toml")
    return Loaded(quiz_id, added, revised, len(drafts) - added - revised)


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _drafts(items: list[dict[str, Any]], *, languages: tuple[str, ...]) -> tuple[dict[str, Draft], list[str]]:
    skills = courses.framework().skills
    drafts: dict[str, Draft] = {}
    found: list[str] = []
    for index, entry in enumerate(items):
        code = str(entry.get("code") or f"number {index + 1}")
        draft = _draft(entry)
        listed = [Fault(f"/{name}", "is not known") for name in sorted(set(entry) - _ITEM_MEMBERS)]
        listed += [Fault("/code", "is missing or there twice")] if not entry.get("code") or code in drafts else []
        found += [f"item {code} {fault}" for fault in (*listed, *faults(draft, languages=languages, skills=skills))]
        drafts[code] = draft
    return drafts, found


def _draft(entry: Mapping[str, Any]) -> Draft:
    return Draft(
        kind=str(entry.get("kind", "")),
        content=entry.get("content", {}),
        key=entry.get("key", {}),
        skills=tuple(entry.get("skills", ())),
        level=entry.get("level", 0),
        difficulty=str(entry.get("difficulty", "medium")),
        guess=entry.get("guess"),
    )


def _store(drafts: Mapping[str, Draft], *, edition_id: UUID) -> tuple[int, int]:
    """Write what is new, in a constant number of statements; return how many items were added and revised."""
    now = clock.now()
    known = {
        item.code: item
        for item in Item.objects.select_for_update(no_key=True).filter(edition_id=edition_id, code__in=drafts)
    }
    new = [Item(pk=uuid5(edition_id, code), edition_id=edition_id, code=code) for code in drafts if code not in known]
    Item.objects.bulk_create(new)
    items = known | {item.code: item for item in new}
    revisions: dict[UUID, list[ItemRevision]] = {}
    for revision in ItemRevision.objects.filter(item__in=[item.pk for item in known.values()]):
        revisions.setdefault(revision.item_id, []).append(revision)
    fresh = []
    for code, draft in drafts.items():
        had = revisions.get(items[code].pk, [])
        if not any(draft_of(revision) == draft and revision.approved_at for revision in had):
            number = max((revision.number for revision in had), default=0) + 1
            fresh.append(ItemRevision(item=items[code], number=number, approved_at=now, **draft.values()))
    ItemRevision.objects.bulk_create(fresh)
    if fresh:
        privacy.audit_many(
            actor=ACTOR, action="item.approved", subject_kind="item", subject_ids=[str(one.item_id) for one in fresh]
        )
    return len(new), len(fresh) - len(new)


def _put_quiz(quiz: Mapping[str, Any], *, edition_id: UUID, file: str) -> UUID:
    unknown = sorted(set(quiz) - _QUIZ_MEMBERS)
    missing = sorted({"slug", "titles", "pass_share"} - set(quiz))
    if unknown or missing:
        listed = [f"{name} is not known" for name in unknown] + [f"{name} is missing" for name in missing]
        raise UnsoundQuiz(f"{file}: " + "; ".join(listed), faults=listed)
    slug = str(quiz["slug"])
    given = {name: value for name, value in quiz.items() if name != "slug"}
    for name in ("pass_share", "max_exposure"):
        if name in given:
            given[name] = _share(given[name], name, file)
    if isinstance(given.get("windows"), list):
        given["windows"] = [_window(entry) for entry in given["windows"]]
    defaults: dict[str, Any] = {"mode": "assessment", "pools": [], "attempt_limit": 3, "time_limit_s": 3600}
    try:
        return put_quiz(
            quiz_id=uuid5(edition_id, f"quiz:{slug}"),
            edition_id=edition_id,
            slug=slug,
            blueprint=Blueprint(**(defaults | given)),
            open_when_new=True,
            actor=ACTOR,
        ).pk
    except UnsoundQuiz as error:
        raise UnsoundQuiz(f"{file}: {error.detail}", **error.members) from error


def _share(value: Any, name: str, file: str) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise UnsoundQuiz(f"{file}: {name} is not a number", faults=[name]) from error


def _window(entry: Any) -> Any:
    """A window with its times as text; TOML's own local date-times are taken too."""
    if not isinstance(entry, Mapping):
        return entry
    return {
        name: value.isoformat(timespec="minutes") if isinstance(value, datetime) else value
        for name, value in entry.items()
    }
