"""The items of a course's bank, from a file; may run again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q

from assessments.errors import InvalidItem
from assessments.items.kinds import Issue
from assessments.items.models import Bank, Item, ItemRevision
from assessments.items.rules import Draft, issues
from assessments.items.services import bank_of_course, draft_of, hold_codes, measured_as, refuse_taken_codes
from common import clock
from common.errors import NotFound
from courses import public as courses
from privacy import public as privacy

ACTOR = "load_bank"
_ITEM_MEMBERS = {"id", "code", "kind", "skills", "level", "difficulty", "guess", "key", "content"}


@dataclass(frozen=True)
class LoadedItems:
    """What a run did with the items."""

    added: int
    revised: int
    unchanged: int


def load_items(file: Path, *, course_id: UUID) -> LoadedItems:
    """Load a file of items into the bank of a course, all or nothing.

    An item may have an `id` of its own; else its id follows from the course's and its code, so that it is the same in every
    edition and installation. By its own id an item is found again when its code was changed. An item whose text in the file
    is one of its revisions stays as it is, so that what a trainer approved since is not undone; any other text becomes a
    new, approved revision.

    Raises:
        NotFound: there is no such course.
        InvalidItem: the file cannot be loaded; the detail names file, position and issue.
        Conflict: another bank that the course draws from has one of the codes.
    """
    course = courses.course(course_id)
    if course is None:
        raise NotFound()
    with file.open("rb") as opened:
        items = tomllib.load(opened).get("items", [])
    ids, drafts, found = _drafts(items, languages=course.languages)
    with transaction.atomic():
        hold_codes()
        bank = bank_of_course(course_id)
        known, clashing = _known(bank, ids)
        found += [
            f"item {code} {Issue('/id', 'is that of an item of another bank, or the code is that of another item')}"
            for code in clashing
        ]
        if found:
            raise InvalidItem(f"{file.parent.name}/{file.name}: " + "; ".join(found), faults=found)
        refuse_taken_codes(bank, list(drafts))
        added, revised = _store(drafts, ids, known, bank=bank)
    return LoadedItems(added, revised, len(drafts) - added - revised)


def item_id_of(course_id: UUID, code: str) -> UUID:
    """The id of an item of a course's bank that has none of its own in its file."""
    return uuid5(course_id, f"items/{code}")


def _known(bank: Bank, ids: Mapping[str, UUID | None]) -> tuple[dict[str, Item], list[str]]:
    """The items that are there already, by the code that the file has for them; and the codes that fit no single item."""
    given = {item_id: code for code, item_id in ids.items() if item_id is not None}
    rows = Item.objects.select_for_update(no_key=True).filter(Q(bank=bank, code__in=list(ids)) | Q(pk__in=list(given)))
    known: dict[str, Item] = {}
    clashing: list[str] = []
    for item in rows:
        code = given.get(item.pk, item.code)
        if code in known or item.bank_id != bank.pk or ids[code] not in (None, item.pk):
            clashing.append(code)
        known[code] = item
    return known, sorted(set(clashing))


def _drafts(
    items: list[dict[str, Any]], *, languages: tuple[str, ...]
) -> tuple[dict[str, UUID | None], dict[str, Draft], list[str]]:
    """Return the ids that the file gives and the drafts, both by code, and what is wrong."""
    skills = courses.framework().skills
    ids: dict[str, UUID | None] = {}
    drafts: dict[str, Draft] = {}
    found: list[str] = []
    for index, entry in enumerate(items):
        code = str(entry.get("code") or f"number {index + 1}")
        draft = _draft(entry)
        listed = [Issue(f"/{name}", "is not known") for name in sorted(set(entry) - _ITEM_MEMBERS)]
        listed += [Issue("/code", "is missing or there twice")] if not entry.get("code") or code in drafts else []
        try:
            ids[code] = UUID(entry["id"]) if "id" in entry else None
        except (ValueError, TypeError, AttributeError):
            listed.append(Issue("/id", "is no UUID"))
        else:
            if ids[code] is not None and list(ids.values()).count(ids[code]) > 1:
                listed.append(Issue("/id", "is there twice"))
        found += [f"item {code} {issue}" for issue in (*listed, *issues(draft, languages=languages, skills=skills))]
        drafts[code] = draft
    return ids, drafts, found


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


def _store(
    drafts: Mapping[str, Draft], ids: Mapping[str, UUID | None], known: Mapping[str, Item], *, bank: Bank
) -> tuple[int, int]:
    """Write what is new, in a constant number of statements; return how many items were added and revised."""
    now = clock.now()
    assert bank.course_id is not None
    new = {
        code: Item(pk=ids[code] or item_id_of(bank.course_id, code), bank=bank, code=code)
        for code in drafts
        if code not in known
    }
    renamed = [item for code, item in known.items() if item.code != code]
    for code, item in known.items():
        item.code = code
    Item.objects.bulk_update(renamed, ["code"])
    Item.objects.bulk_create(new.values())
    items = {**known, **new}
    revisions: dict[UUID, list[ItemRevision]] = {}
    for revision in ItemRevision.objects.filter(item__in=[item.pk for item in known.values()]).order_by("number"):
        revisions.setdefault(revision.item_id, []).append(revision)
    fresh = []
    for code, draft in drafts.items():
        had = revisions.get(items[code].pk, [])
        approved = [revision for revision in had if revision.approved_at]
        if not any(draft_of(revision) == draft for revision in approved):
            number = max((revision.number for revision in had), default=0) + 1
            revision = ItemRevision(item=items[code], number=number, approved_at=now, **draft.values())
            revision.measured_as = measured_as(revision, approved[-1] if approved else None)
            fresh.append(revision)
    ItemRevision.objects.bulk_create(fresh)
    if fresh:
        privacy.audit_many(
            actor=ACTOR,
            action="item.approved",
            subject_kind="item",
            subject_ids=[str(entry.item_id) for entry in fresh],
        )
    return len(new), len(fresh) - len(new)
