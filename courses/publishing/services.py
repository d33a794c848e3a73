"""From the draft to an edition: propose, approve, publish; withdraw, restore, discard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from common import clock
from common.clock import rfc3339
from common.database import set_for_transaction
from common.errors import Conflict, DomainError, NotFound
from courses.content.draft import content_of_draft, write_draft
from courses.content.models import Course
from courses.content.values import complete_languages
from courses.events import EditionPublished
from courses.publishing import rules
from courses.publishing.compiling import Compiled, compile_edition, published
from courses.publishing.contributors import contributors
from courses.publishing.models import CatalogueState, Document, Edition, Page, Pin, Version
from courses.publishing.selectors import (
    as_frozen,
    check_content,
    content_of_edition,
    current_framework_id,
    draft_digest,
    names_of,
)
from courses.publishing.versions import Unit, units_of
from events import public as events
from privacy import public as privacy


class NotReady(DomainError):
    """The course's check list has blocking findings, listed in `findings`."""

    code, status, title = "edition_not_ready", 409, _("The edition cannot be published yet")
    member_types = {"findings": list[rules.FindingMember]}

    def __init__(self, findings: list[rules.Finding]) -> None:
        super().__init__(findings=[finding.as_json() for finding in findings])
        self.findings = findings


class DraftChanged(DomainError):
    """The draft is not the one that was looked at."""

    code, status, title = "draft_changed", 412, _("The draft has changed since you looked at it")


class AlreadyProposed(Conflict):
    """Another state of the draft is proposed already; it is published or withdrawn first."""

    code, title = "edition_already_proposed", _("Another edition is proposed already")


class NotProposed(Conflict):
    """The edition is not a proposal any more."""

    code, title = "edition_not_proposed", _("This edition is not proposed any more")


class NeedsApproval(Conflict):
    """The course's authority asks that a second person approves a proposal."""

    code, title = "edition_needs_approval", _("A second person has to approve this edition first")


class OwnProposal(Conflict):
    """Whoever proposed an edition cannot approve it."""

    code, title = "edition_own_proposal", _("Your own proposal has to be approved by another person")


class NothingChanged(Conflict):
    """The draft says what the published edition says."""

    code, title = "edition_nothing_changed", _("Nothing has changed since the published edition")


@dataclass(frozen=True)
class Published:
    """An edition that is published, and since when."""

    edition_id: UUID
    published_at: datetime


@transaction.atomic
def propose(
    *,
    course_id: UUID,
    actor: str,
    seen: str | None = None,
    note: str = "",
    substantial: frozenset[UUID] = frozenset(),
    proposed_by: UUID | None = None,
) -> UUID:
    """Freeze the draft as it is, check and compile it; return the edition's id. The same draft again is the same proposal.

    Args:
        seen: the digest of the draft that the person looked at.
        note: what has changed, in the author's words.
        substantial: lessons that learners who did them before should look at again.
        proposed_by: the user; None for a loader.

    Raises:
        NotFound: there is no such course.
        DraftChanged: the draft is another one than `seen`.
        AlreadyProposed: another state of the draft is proposed.
        NothingChanged: the published edition says the same.
        NotReady: the check list has blocking findings.
    """
    lock_course(course_id)
    content = content_of_draft(course_id)
    units = list(units_of(content))
    digest = draft_digest(content, units)
    if seen is not None and seen != digest:
        raise DraftChanged()
    standing = Edition.objects.filter(course_id=course_id).exclude(status=Edition.Status.RETIRED)
    for edition in standing:
        if edition.status == Edition.Status.PROPOSED:
            if edition.draft_digest == digest:
                return edition.pk
            raise AlreadyProposed()
        if edition.draft_digest == digest:
            raise NothingChanged()
    framework_id = current_framework_id()
    findings = rules.blocks(check_content(content, framework_id))
    if findings:
        raise NotReady(findings)
    newest = Edition.objects.filter(course_id=course_id).aggregate(newest=Max("number"))["newest"] or 0
    edition = Edition.objects.create(
        course_id=course_id,
        number=newest + 1,
        framework_id=framework_id,
        default_language=content.source_language,
        languages=list(complete_languages(content)),
        draft_digest=digest,
        note=note,
        proposed_at=clock.now(),
        proposed_by_id=proposed_by,
    )
    _pin(edition, units, substantial)
    _write_pages(edition)
    for contributor in contributors():
        contributor.freeze(edition.pk, course_id)
    _audit(edition, "propose", actor, number=edition.number)
    return edition.pk


def _pin(edition: Edition, units: Sequence[Unit], substantial: frozenset[UUID]) -> None:
    ids = [unit.id for unit in units]
    known = {(unit, digest): pk for unit, digest, pk in _versions(ids)}
    last: dict[UUID, int] = {
        row["unit"]: row["last"]
        for row in Version.objects.filter(unit__in=ids).order_by().values("unit").annotate(last=Max("number"))
    }
    created = Version.objects.bulk_create(
        Version(
            unit=unit.id,
            kind=unit.kind,
            number=last.get(unit.id, 0) + 1,
            digest=unit.digest,
            text_digests=dict(unit.text_digests),
            content=dict(unit.content),
            substantial=unit.id in substantial,
        )
        for unit in units
        if (unit.id, unit.digest) not in known
    )
    known |= {(version.unit, version.digest): version.pk for version in created}
    Pin.objects.bulk_create(
        Pin(
            edition=edition,
            unit=unit.id,
            version_id=known[unit.id, unit.digest],
            parent=unit.parent,
            position=unit.position,
        )
        for unit in units
    )


def _versions(units: list[UUID]) -> list[tuple[UUID, str, int]]:
    return list(Version.objects.filter(unit__in=units).values_list("unit", "digest", "pk"))


def _write_pages(edition: Edition) -> None:
    """Compile what an edition says."""
    compiled = compile_edition(
        content_of_edition(edition.pk),
        names=names_of(edition.framework_id),
        edition_id=edition.pk,
        number=edition.number,
    )
    if edition.published_at is not None:
        lessons = [document for document in compiled if document.kind == Page.Kind.LESSON]
        compiled = [*lessons, *published(compiled, published_at=rfc3339(edition.published_at))]
    _store(edition, compiled)


def _date_pages(edition: Edition, published_at: datetime) -> None:
    """Give the few documents that tell it the instant of publication; lessons stay as they were compiled."""
    undated = Page.objects.filter(edition=edition).exclude(kind=Page.Kind.LESSON)
    documents = [
        Compiled(kind, ref, language, bytes(body), digest)
        for kind, ref, language, body, digest in undated.values_list(
            "kind", "ref", "language", "document__body", "document_id"
        )
    ]
    undated.delete()
    _store(edition, published(documents, published_at=rfc3339(published_at)))


def _store(edition: Edition, documents: Sequence[Compiled]) -> None:
    """Write documents, but those that are there already, and the pages where they are read."""
    bodies = {document.digest: document.body for document in documents}
    known = set(Document.objects.filter(pk__in=bodies).values_list("pk", flat=True))
    Document.objects.bulk_create(
        [Document(digest=digest, body=body) for digest, body in bodies.items() if digest not in known],
        ignore_conflicts=True,
        batch_size=200,
    )
    Page.objects.bulk_create(
        [
            Page(
                edition=edition,
                ref=document.ref,
                kind=document.kind,
                language=document.language,
                document_id=document.digest,
            )
            for document in documents
        ],
        batch_size=1000,
    )


@transaction.atomic
def approve(*, edition_id: UUID, actor: str, approved_by: UUID) -> None:
    """Agree to a proposal; a second call changes nothing.

    Raises:
        NotFound: there is no such edition.
        NotProposed: it is not a proposal any more.
        OwnProposal: the same person proposed it.
    """
    edition = _edition_for_update(edition_id)
    if edition.status != Edition.Status.PROPOSED:
        raise NotProposed()
    if edition.approved_at is not None:
        return
    if edition.proposed_by_id == approved_by:
        raise OwnProposal()
    Edition.objects.filter(pk=edition.pk).update(approved_at=clock.now(), approved_by=approved_by)
    _audit(edition, "approve", actor)


@transaction.atomic
def schedule(*, edition_id: UUID, publish_at: datetime | None, actor: str) -> None:
    """Let a proposal be published by itself at an instant, or no longer (None).

    Raises:
        NotFound: there is no such edition.
        NotProposed: it is not a proposal any more.
        NeedsApproval: nobody has approved it, where the authority asks for that.
    """
    edition = _edition_for_update(edition_id)
    if edition.status != Edition.Status.PROPOSED:
        raise NotProposed()
    _require_approval(edition)
    Edition.objects.filter(pk=edition.pk).update(publish_at=publish_at)
    _audit(edition, "schedule", actor, publish_at=publish_at.isoformat() if publish_at else None)


@transaction.atomic
def publish(*, edition_id: UUID, actor: str) -> Published:
    """Let everybody read a proposed edition, and retire the one published before; a second call changes nothing.

    Raises:
        NotFound: there is no such edition.
        NotProposed: it is an edition of the past.
        NeedsApproval: nobody has approved it, where the authority asks for that.
    """
    edition = _edition_for_update(edition_id)
    if edition.status == Edition.Status.PUBLISHED and edition.published_at is not None:
        return Published(edition.pk, edition.published_at)
    if edition.status == Edition.Status.RETIRED:
        raise NotProposed()
    _require_approval(edition)
    now = clock.now()
    for retired in Edition.objects.filter(course_id=edition.course_id, status=Edition.Status.PUBLISHED):
        Edition.objects.filter(pk=retired.pk).update(status=Edition.Status.RETIRED, retired_at=now)
        _audit(retired, "retire", actor)
    _date_pages(edition, now)
    Edition.objects.filter(pk=edition.pk).update(status=Edition.Status.PUBLISHED, published_at=now)
    for contributor in contributors():
        contributor.publish(edition.pk, edition.course_id)
    _audit(edition, "publish", actor, number=edition.number)
    events.record(EditionPublished(edition_id=edition.pk, course_id=edition.course_id))
    _change_catalogue()
    return Published(edition.pk, now)


@transaction.atomic
def publish_draft(*, course_id: UUID, actor: str) -> UUID:
    """Propose and publish the draft of a course in one step, for loaders; return the id of the edition that says it.

    If nothing has changed since the published edition, that one's id is returned.

    Raises:
        NotFound, AlreadyProposed, NotReady, NeedsApproval: as of `propose` and `publish`.
    """
    try:
        edition_id = propose(course_id=course_id, actor=actor)
    except NothingChanged:
        return Edition.objects.values_list("pk", flat=True).get(course_id=course_id, status=Edition.Status.PUBLISHED)
    publish(edition_id=edition_id, actor=actor)
    return edition_id


def publish_due() -> list[UUID]:
    """Publish the proposals whose time has come, each in its own transaction; return their ids. For beat."""
    due = Edition.objects.filter(status=Edition.Status.PROPOSED, publish_at__lte=clock.now())
    found = list(due.order_by("publish_at").values_list("pk", flat=True))
    for edition_id in found:
        publish(edition_id=edition_id, actor="schedule")
    return found


def _require_approval(edition: Edition) -> None:
    if edition.approved_at is None and edition.course.authority.second_person_publishes:
        raise NeedsApproval()


@transaction.atomic
def withdraw(*, edition_id: UUID, actor: str) -> None:
    """Delete a proposal. The draft stays as it is; versions stay too, for they are what was once proposed.

    Raises:
        NotFound: there is no such edition.
        NotProposed: it is not a proposal any more.
    """
    edition = _edition_for_update(edition_id)
    if edition.status != Edition.Status.PROPOSED:
        raise NotProposed()
    for contributor in contributors():
        contributor.forget(edition.pk)
    _audit(edition, "withdraw", actor, number=edition.number)
    Edition.objects.filter(pk=edition.pk).delete()


@transaction.atomic
def restore(*, edition_id: UUID, actor: str, changed_by: UUID | None = None) -> None:
    """Make the draft say what an edition says. What the draft has and the edition has not is marked as removed.

    Raises:
        NotFound: there is no such edition.
    """
    edition = _edition_for_update(edition_id)
    write_draft(as_frozen(edition.pk), changed_by=changed_by)
    for contributor in contributors():
        contributor.restore(edition.pk, edition.course_id)
    _audit(edition, "restore", actor, number=edition.number)


@transaction.atomic
def discard(*, course_id: UUID, actor: str, changed_by: UUID | None = None) -> None:
    """Give up the changes of a draft: make it say what the published edition says.

    Raises:
        NotFound: there is no such course, or no edition of it is published.
    """
    lock_course(course_id)
    edition_id = (
        Edition.objects.filter(course_id=course_id, status=Edition.Status.PUBLISHED)
        .values_list("pk", flat=True)
        .first()
    )
    if edition_id is None:
        raise NotFound()
    restore(edition_id=edition_id, actor=actor, changed_by=changed_by)


@transaction.atomic
def recompile(*, edition_id: UUID, actor: str) -> int:
    """Compile an edition's documents anew, for a new form of theirs; return how many changed.

    The content is what was frozen; a second call changes nothing. Documents that changed have new digests.

    Raises:
        NotFound: there is no such edition.
    """
    edition = _edition_for_update(edition_id)
    before = set(Page.objects.filter(edition=edition).values_list("kind", "ref", "language", "document_id"))
    set_for_transaction("courses.recompiling", "on")
    Page.objects.filter(edition=edition).delete()
    _write_pages(edition)
    set_for_transaction("courses.recompiling", "off")
    after = set(Page.objects.filter(edition=edition).values_list("kind", "ref", "language", "document_id"))
    if after - before:
        _audit(edition, "recompile", actor, documents=len(after - before))
        _change_catalogue()
    return len(after - before)


def _change_catalogue() -> None:
    """Tell every process that what it keeps of the catalogue is of the past, from this transaction's commit on.

    Publications wait here for each other, so it is the last step of a transaction.
    """
    CatalogueState.objects.bulk_create(
        [CatalogueState(token=uuid4())], update_conflicts=True, unique_fields=["id"], update_fields=["token"]
    )


def lock_course(course_id: UUID) -> Course:
    """Hold a course until the transaction ends: proposals wait for each other, and for who writes the draft.

    Raises:
        NotFound: there is no such course.
    """
    course = Course.objects.select_for_update(no_key=True).filter(pk=course_id).first()
    if course is None:
        raise NotFound()
    return course


def _edition_for_update(edition_id: UUID) -> Edition:
    """Lock the course, then the edition."""
    course_id = Edition.objects.filter(pk=edition_id).values_list("course", flat=True).first()
    if course_id is None:
        raise NotFound()
    lock_course(course_id)
    return (
        Edition.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course__authority")
        .get(pk=edition_id)
    )


def _audit(edition: Edition, action: str, actor: str, **more: object) -> None:
    privacy.audit(actor=actor, action=action, subject_kind="courses.edition", subject_id=str(edition.pk), **more)
