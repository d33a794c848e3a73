"""Writes of the item bank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessments.errors import InvalidItem
from assessments.items.kinds import Issue
from assessments.items.models import Item, ItemRevision
from assessments.items.rules import Draft, issues
from common.errors import Conflict, NotFound
from courses import public as courses
from privacy import public as privacy


def draft_of(revision: ItemRevision) -> Draft:
    """The revision as the rules see it."""
    return Draft(
        kind=revision.kind,
        content=revision.content,
        key=revision.key,
        skills=tuple(revision.skills),
        level=revision.level,
        difficulty=revision.difficulty,
        guess=revision.guess,
    )


def check(draft: Draft, *, edition_id: UUID) -> list[Issue]:
    """Return what is wrong with a draft for the bank of an edition.

    Raises:
        NotFound: there is no such edition.
    """
    edition = courses.edition(edition_id)
    if edition is None:
        raise NotFound()
    return issues(draft, languages=edition.languages, skills=courses.framework().skills)


def refuse(found: Iterable[Issue]) -> None:
    """Raise InvalidItem when there are faults."""
    listed = [str(issue) for issue in found]
    if listed:
        raise InvalidItem("; ".join(listed), faults=listed)


@transaction.atomic
def add_item(*, item_id: UUID, edition_id: UUID, code: str, actor: str) -> Item:
    """Put an item without a revision into an edition's bank; a second call with the same id and code returns it.

    Raises:
        NotFound: there is no such edition.
        Conflict: the code is taken in this edition, or the id by another item.
    """
    if courses.edition(edition_id) is None:
        raise NotFound()
    item, is_new = Item.objects.get_or_create(edition_id=edition_id, code=code, defaults={"pk": item_id})
    if item.pk != item_id:
        raise Conflict()
    if is_new:
        privacy.audit(actor=actor, action="item.added", subject_kind="item", subject_id=str(item.pk))
    return item


@transaction.atomic
def save_draft(*, item_id: UUID, draft: Draft, actor: str) -> ItemRevision:
    """Keep a valid draft as the item's newest revision; a second call with the same draft changes nothing.

    An unapproved newest revision is overwritten; an approved one is frozen, so the draft becomes a new revision.

    Raises:
        NotFound: there is no such item.
        InvalidItem: the draft is not valid.
    """
    item = Item.objects.select_for_update(no_key=True).filter(pk=item_id).first()
    if item is None:
        raise NotFound()
    refuse(check(draft, edition_id=item.edition_id))
    newest = item.revisions.order_by("-number").first()
    if newest is not None and draft_of(newest) == draft:
        return newest
    if newest is None or newest.approved_at is not None:
        newest = ItemRevision(item=item, number=newest.number + 1 if newest else 1)
    for name, value in draft.values().items():
        setattr(newest, name, value)
    newest.save()
    privacy.audit(
        actor=actor, action="item.drafted", subject_kind="item", subject_id=str(item.pk), revision=newest.number
    )
    return newest


@transaction.atomic
def approve(*, item_id: UUID, actor: str, now: datetime) -> ItemRevision:
    """Approve and so freeze the item's newest revision; a second call changes nothing.

    Raises:
        NotFound: there is no such item, or it has no revision.
        InvalidItem: the revision is not valid (its edition's languages may have changed since it was written).
    """
    item = Item.objects.select_for_update(no_key=True).filter(pk=item_id).first()
    newest = item.revisions.order_by("-number").first() if item else None
    if item is None or newest is None:
        raise NotFound()
    if newest.approved_at is not None:
        return newest
    refuse(check(draft_of(newest), edition_id=item.edition_id))
    newest.approved_at = now
    newest.save(update_fields=["approved_at"])
    privacy.audit(
        actor=actor, action="item.approved", subject_kind="item", subject_id=str(item.pk), revision=newest.number
    )
    return newest


@transaction.atomic
def set_retired(*, item_ids: Sequence[UUID], retired: bool, actor: str) -> int:
    """Take items out of the draw, or put them back; returns how many changed. Attempts under way keep theirs."""
    changed = list(
        Item.objects.select_for_update(no_key=True)
        .filter(pk__in=item_ids)
        .exclude(retired=retired)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Item.objects.filter(pk__in=changed).update(retired=retired)
    if changed:
        privacy.audit_many(
            actor=actor,
            action="item.retired" if retired else "item.restored",
            subject_kind="item",
            subject_ids=[str(pk) for pk in changed],
        )
    return len(changed)
