"""The items of a bank, from a file; may run again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from assessments.errors import InvalidItem
from assessments.items.kinds import Issue
from assessments.items.models import Item, ItemRevision
from assessments.items.rules import Draft, issues
from assessments.items.services import draft_of
from common import clock
from courses import public as courses
from courses.public import EditionView
from privacy import public as privacy

ACTOR = "load_bank"
_ITEM_MEMBERS = {"code", "kind", "skills", "level", "difficulty", "guess", "key", "content"}


@dataclass(frozen=True)
class LoadedItems:
    """What a run did with the items."""

    added: int
    revised: int
    unchanged: int


def load_items(file: Path, *, edition: EditionView) -> LoadedItems:
    """Load a file of items into an edition, all or nothing.

    Ids follow from the edition and the code. An item whose text in the file is one of its revisions stays as it is, so
    that what a trainer approved since is not undone; any other text becomes a new, approved revision.

    Raises:
        InvalidItem: the file cannot be loaded; the detail names file, position and issue.
    """
    with file.open("rb") as opened:
        items = tomllib.load(opened).get("items", [])
    drafts, found = _drafts(items, languages=edition.languages)
    if found:
        raise InvalidItem(f"{file.parent.name}/{file.name}: " + "; ".join(found), faults=found)
    with transaction.atomic():
        added, revised = _store(drafts, edition_id=edition.id)
    return LoadedItems(added, revised, len(drafts) - added - revised)


def _drafts(items: list[dict[str, Any]], *, languages: tuple[str, ...]) -> tuple[dict[str, Draft], list[str]]:
    skills = courses.framework().skills
    drafts: dict[str, Draft] = {}
    found: list[str] = []
    for index, entry in enumerate(items):
        code = str(entry.get("code") or f"number {index + 1}")
        draft = _draft(entry)
        listed = [Issue(f"/{name}", "is not known") for name in sorted(set(entry) - _ITEM_MEMBERS)]
        listed += [Issue("/code", "is missing or there twice")] if not entry.get("code") or code in drafts else []
        found += [f"item {code} {issue}" for issue in (*listed, *issues(draft, languages=languages, skills=skills))]
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
            actor=ACTOR,
            action="item.approved",
            subject_kind="item",
            subject_ids=[str(entry.item_id) for entry in fresh],
        )
    return len(new), len(fresh) - len(new)
