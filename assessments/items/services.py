"""Writes of the item banks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.errors import ApprovedByAuthor, InvalidItem, OtherMeasure
from assessments.items.kinds import Issue
from assessments.items.models import Bank, BankUse, Item, ItemRevision
from assessments.items.rules import Draft, issues, may_measure_same, needs_second_person, proposed_same
from assessments.items.selectors import taken_codes
from common.database import lock_for_transaction
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


def check(draft: Draft, *, bank: Bank) -> list[Issue]:
    """Return what is wrong with a draft for a bank.

    In the bank of a course it must be there in each language that the course is offered in. A shared bank asks for none:
    a course that draws from it in a language gets the items that speak it.
    """
    course = courses.course(bank.course_id) if bank.course_id else None
    return issues(draft, languages=course.languages if course else (), skills=courses.framework().skills)


def refuse(found: Iterable[Issue]) -> None:
    """Raise InvalidItem when there are faults."""
    listed = [str(issue) for issue in found]
    if listed:
        raise InvalidItem("; ".join(listed), faults=listed)


@transaction.atomic
def bank_of_course(course_id: UUID) -> Bank:
    """Return the course's own bank; it is made when it is first asked for.

    Raises:
        NotFound: there is no such course.
    """
    bank = Bank.objects.filter(course=course_id).first()
    if bank is not None:
        return bank
    course = courses.course(course_id)
    if course is None:
        raise NotFound()
    return Bank.objects.get_or_create(course_id=course_id, defaults={"title": course.slug})[0]


@transaction.atomic
def add_shared_bank(*, bank_id: UUID, title: str, authority: str, actor: str) -> Bank:
    """Make a bank that courses may share; a second call with the same id returns it.

    Raises:
        Conflict: the id is that of another bank.
    """
    bank, is_new = Bank.objects.get_or_create(pk=bank_id, defaults={"title": title, "authority_id": authority})
    if (bank.title, bank.authority_id) != (title, authority):
        raise Conflict()
    if is_new:
        privacy.audit(actor=actor, action="bank.added", subject_kind="bank", subject_id=str(bank.pk))
    return bank


@transaction.atomic
def use_bank(*, bank_id: UUID, course_id: UUID, actor: str) -> BankUse:
    """Let a course draw from a shared bank; a second call changes nothing.

    Raises:
        NotFound: there is no such bank or course.
        Conflict: the bank is a course's own, or it has an item with the code of one that the course draws already.
    """
    hold_codes()
    bank = Bank.objects.filter(pk=bank_id).first()
    if bank is None or courses.course(course_id) is None:
        raise NotFound()
    if bank.course_id is not None:
        raise Conflict(_("This bank is a course's own."))
    use, is_new = BankUse.objects.get_or_create(bank=bank, course_id=course_id)
    if not is_new and use.ended_at is None:
        return use
    if not is_new:
        use.ended_at = None
        use.save(update_fields=["ended_at"])
    refuse_taken_codes(bank, list(bank.items.values_list("code", flat=True)))
    privacy.audit(
        actor=actor, action="bank.shared", subject_kind="bank", subject_id=str(bank.pk), course=str(course_id)
    )
    return use


@transaction.atomic
def end_use(*, bank_id: UUID, course_id: UUID, actor: str, now: datetime) -> None:
    """Let a course draw no longer from a shared bank; a second call changes nothing. Attempts under way keep their items.

    Raises:
        NotFound: the course has never drawn from it.
    """
    use = BankUse.objects.select_for_update(no_key=True).filter(bank=bank_id, course=course_id).first()
    if use is None:
        raise NotFound()
    if use.ended_at is not None:
        return
    use.ended_at = now
    use.save(update_fields=["ended_at"])
    privacy.audit(
        actor=actor, action="bank.unshared", subject_kind="bank", subject_id=str(bank_id), course=str(course_id)
    )


def hold_codes() -> None:
    """Make whoever gives codes to items, or banks to courses, wait until the transaction ends: codes are one per course."""
    lock_for_transaction("codes of items")


def refuse_taken_codes(bank: Bank, codes: Sequence[str]) -> None:
    """Raise Conflict where another bank that a course draws from as well has one of these codes: forms name items by code."""
    taken = taken_codes(bank, codes)
    if taken:
        raise Conflict(
            _("A course that uses this bank has these codes already: {codes}").format(codes=", ".join(taken))
        )


@transaction.atomic
def add_item(*, item_id: UUID, bank_id: UUID, code: str, actor: str) -> Item:
    """Put an item without a revision into a bank; a second call with the same id and code returns it.

    Raises:
        NotFound: there is no such bank.
        Conflict: the code is taken in this bank or in another that one of its courses draws from, or the id by another item.
    """
    hold_codes()
    bank = Bank.objects.filter(pk=bank_id).first()
    if bank is None:
        raise NotFound()
    item = bank.items.filter(code=code).first()
    if item is None and not Item.objects.filter(pk=item_id).exists():
        refuse_taken_codes(bank, [code])
        item = Item.objects.create(pk=item_id, bank=bank, code=code)
        privacy.audit(actor=actor, action="item.added", subject_kind="item", subject_id=str(item.pk))
    if item is None or item.pk != item_id:
        raise Conflict()
    return item


@transaction.atomic
def save_draft(*, item_id: UUID, draft: Draft, actor: str) -> ItemRevision:
    """Keep a valid draft as the item's newest revision; a second call with the same draft changes nothing.

    An unapproved newest revision is overwritten; an approved one is frozen, so the draft becomes a new revision.

    Raises:
        NotFound: there is no such item.
        InvalidItem: the draft is not valid.
    """
    item = Item.objects.select_for_update(no_key=True, of=("self",)).select_related("bank").filter(pk=item_id).first()
    if item is None:
        raise NotFound()
    refuse(check(draft, bank=item.bank))
    newest = item.revisions.order_by("-number").first()
    if newest is not None and draft_of(newest) == draft:
        return newest
    if newest is None or newest.approved_at is not None:
        newest = ItemRevision(item=item, number=newest.number + 1 if newest else 1)
    for name, value in draft.values().items():
        setattr(newest, name, value)
    newest.measured_as = measured_as(newest, _approved_before(newest))
    newest.author_id = _person(actor)
    newest.save()
    privacy.audit(
        actor=actor, action="item.drafted", subject_kind="item", subject_id=str(item.pk), revision=newest.number
    )
    return newest


def _person(actor: str) -> UUID | None:
    """The user that an actor is; None for what works by itself, such as the loading of files."""
    try:
        return UUID(actor)
    except ValueError:
        return None


def _approved_before(revision: ItemRevision) -> ItemRevision | None:
    approved = ItemRevision.objects.filter(item=revision.item_id, number__lt=revision.number, approved_at__isnull=False)
    return approved.order_by("-number").first()


def measured_as(revision: ItemRevision, earlier: ItemRevision | None, *, same: bool | None = None) -> int:
    """Return the number of the first revision that measures the same as `revision`.

    Args:
        earlier: the approved revision before it.
        same: what a person says; None: what the rules propose.

    Raises:
        OtherMeasure: a person says that it measures the same, but an answer to it tells something else.
    """
    if same is False or (earlier is None and same is None):
        return revision.number
    if earlier is None:
        raise OtherMeasure(_("There is no approved revision before it."))
    new, old = draft_of(revision), draft_of(earlier)
    if same and not may_measure_same(new, old):
        raise OtherMeasure(
            _("Kind, key, options, skills, level or guess rate differ from revision {number}.").format(
                number=earlier.number
            )
        )
    return earlier.measured_as if same or proposed_same(new, old) else revision.number


@transaction.atomic
def approve(*, item_id: UUID, actor: str, now: datetime, measures_same: bool | None = None) -> ItemRevision:
    """Approve and so freeze the item's newest revision; a second call changes nothing.

    Args:
        measures_same: whether it measures the same as the approved revision before it, as after a typo was mended: the
            answers to both are then pooled for good. None: as `rules.proposed_same` says.

    Raises:
        NotFound: there is no such item, or it has no revision.
        InvalidItem: the revision is not valid (its course's languages may have changed since it was written).
        OtherMeasure: it is said to measure the same, but an answer to it tells something else.
        ApprovedByAuthor: the course's authority asks for a second person.
    """
    item = Item.objects.select_for_update(no_key=True, of=("self",)).select_related("bank").filter(pk=item_id).first()
    newest = item.revisions.order_by("-number").first() if item else None
    if item is None or newest is None:
        raise NotFound()
    if newest.approved_at is not None:
        return newest
    refuse(check(draft_of(newest), bank=item.bank))
    if needs_second_person(author=newest.author_id, approver=_person(actor), asked=_asks_for_second_person(item.bank)):
        raise ApprovedByAuthor()
    newest.measured_as = measured_as(newest, _approved_before(newest), same=measures_same)
    newest.approved_at, newest.approved_by_id = now, _person(actor)
    newest.save(update_fields=["measured_as", "approved_at", "approved_by"])
    privacy.audit(
        actor=actor,
        action="item.approved",
        subject_kind="item",
        subject_id=str(item.pk),
        revision=newest.number,
        measured_as=newest.measured_as,
        said=measures_same is not None,
    )
    return newest


def _asks_for_second_person(bank: Bank) -> bool:
    if bank.authority is not None:
        return bank.authority.second_person_approves_items
    course = courses.course(bank.course_id) if bank.course_id else None
    return course is not None and course.second_person_approves_items


@transaction.atomic
def withdraw_item(*, item_id: UUID, reason: str, actor: str, now: datetime) -> Item:
    """Have an item drawn nowhere from now on; a second call changes nothing. Attempts under way keep it.

    Raises:
        NotFound: there is no such item.
        InvalidItem: no reason is given.
    """
    if not reason.strip():
        raise InvalidItem(_("Say why it is withdrawn."), faults=["/reason"])
    item = Item.objects.select_for_update(no_key=True).filter(pk=item_id).first()
    if item is None:
        raise NotFound()
    if item.withdrawn_at is None:
        item.withdrawn_at, item.withdrawn_reason = now, reason.strip()
        item.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        privacy.audit(
            actor=actor,
            action="item.withdrawn",
            subject_kind="item",
            subject_id=str(item.pk),
            reason=item.withdrawn_reason,
        )
    return item


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
