"""Publishing an edition, and going on from a published one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common import clock
from common.database import set_for_transaction
from common.errors import Conflict, DomainError, NotFound
from common.ids import new_id
from courses.catalogue.content import EditionContent
from courses.catalogue.models import (
    Course,
    Edition,
    EditionText,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
)
from courses.catalogue.selectors import edition_content
from courses.events import EditionPublished
from courses.publishing import rules
from courses.publishing.compiling import compile_edition
from courses.publishing.models import Document
from courses.publishing.selectors import check_content, names_of
from courses.skills.models import Framework, Skill
from events import public as events
from privacy import public as privacy


class NotReady(DomainError):
    """The edition's check list has blocking findings, listed in `findings`."""

    code, status, title = "edition_not_ready", 409, _("The edition cannot be published yet")
    member_types = {"findings": list[rules.FindingMember]}

    def __init__(self, findings: list[rules.Finding]) -> None:
        super().__init__(findings=[finding.as_json() for finding in findings])
        self.findings = findings


class Retired(Conflict):
    """The edition was published once and has been retired; a new edition can be made from it."""

    code, title = "edition_retired", _("A retired edition cannot be published again")


@dataclass(frozen=True)
class Published:
    """An edition that is published, and since when."""

    edition_id: UUID
    published_at: datetime


@transaction.atomic
def publish(*, edition_id: UUID, actor: str) -> Published:
    """Freeze and compile an edition and retire the one published before; a second call changes nothing.

    Raises:
        NotFound: there is no such edition.
        NotReady: its check list has blocking findings.
        Retired: it is an edition of the past.
    """
    edition = _edition_for_update(edition_id)
    if edition.status == Edition.Status.PUBLISHED and edition.published_at is not None:
        return Published(edition.pk, edition.published_at)
    if edition.status == Edition.Status.RETIRED:
        raise Retired()
    content = edition_content(edition.pk)
    findings = rules.blocks(check_content(content, edition.framework_id))
    if findings:
        raise NotReady(findings)
    now = clock.now()
    documents = _compile(content, edition.framework_id, now)
    Document.objects.bulk_create(documents, batch_size=200)
    for retired in Edition.objects.filter(course_id=edition.course_id, status=Edition.Status.PUBLISHED):
        Edition.objects.filter(pk=retired.pk).update(status=Edition.Status.RETIRED)
        privacy.audit(actor=actor, action="retire", subject_kind="courses.edition", subject_id=str(retired.pk))
    # Last: from here on the database refuses any change of the edition and of all below it.
    Edition.objects.filter(pk=edition.pk).update(status=Edition.Status.PUBLISHED, published_at=now)
    privacy.audit(
        actor=actor,
        action="publish",
        subject_kind="courses.edition",
        subject_id=str(edition.pk),
        number=edition.number,
        documents=len(documents),
    )
    events.record(EditionPublished(edition_id=edition.pk))
    return Published(edition.pk, now)


def _compile(content: EditionContent, framework_id: int, published_at: datetime) -> list[Document]:
    return [
        Document(
            edition_id=content.id,
            kind=document.kind,
            ref=document.ref,
            language=document.language,
            body=document.body,
            etag=document.etag,
        )
        for document in compile_edition(content, names=names_of(framework_id), published_at=published_at)
    ]


@transaction.atomic
def recompile(*, edition_id: UUID, actor: str) -> int:
    """Compile a frozen edition's documents anew, for a new form of theirs; returns how many changed.

    The content is what was frozen; a second call changes nothing. Documents that changed have new ETags.

    Raises:
        NotFound: there is no such edition, or it was never published.
    """
    edition = _edition_for_update(edition_id)
    if edition.published_at is None:
        raise NotFound()
    documents = _compile(edition_content(edition.pk), edition.framework_id, edition.published_at)
    known = set(Document.objects.filter(edition=edition).values_list("kind", "ref", "language", "etag"))
    wanted = {(entry.kind, entry.ref, entry.language, entry.etag) for entry in documents}
    if known == wanted:
        return 0
    set_for_transaction("courses.recompiling", "on")
    Document.objects.filter(edition=edition).delete()
    Document.objects.bulk_create(documents, batch_size=200)
    set_for_transaction("courses.recompiling", "off")
    privacy.audit(
        actor=actor,
        action="recompile",
        subject_kind="courses.edition",
        subject_id=str(edition.pk),
        documents=len(wanted - known),
    )
    return len(wanted - known)


def _edition_for_update(edition_id: UUID) -> Edition:
    """Lock the course, then the edition: two publishings of a course, and an edit of the edition, wait for each other."""
    course_id = Edition.objects.filter(pk=edition_id).values_list("course", flat=True).first()
    if course_id is None:
        raise NotFound()
    Course.objects.select_for_update(no_key=True).get(pk=course_id)
    return Edition.objects.select_for_update(of=("self",), no_key=True).get(pk=edition_id)


@transaction.atomic
def new_edition(*, edition_id: UUID, actor: str) -> UUID:
    """Copy an edition into a new draft of its course, on the current framework; returns the draft's id.

    A course has one draft made so at a time: a second call returns the first one's draft.

    Raises:
        NotFound: there is no such edition.
    """
    edition = _edition_for_update(edition_id)
    of_course = Edition.objects.filter(course_id=edition.course_id).order_by("-number")
    draft = of_course.filter(status=Edition.Status.DRAFT).first()
    if draft is not None:
        return draft.pk
    newest = of_course.first()
    assert newest is not None
    framework = Framework.objects.get(current=True)
    content = edition_content(edition.pk)
    copy = Edition.objects.create(
        course_id=edition.course_id,
        number=newest.number + 1,
        framework=framework,
        default_language=content.default_language,
        languages=list(content.languages),
        requires_assessment=content.requires_assessment,
    )
    _copy_content(content, copy, framework)
    privacy.audit(
        actor=actor, action="create", subject_kind="courses.edition", subject_id=str(copy.pk), number=copy.number
    )
    return copy.pk


def _copy_content(content: EditionContent, copy: Edition, framework: Framework) -> None:
    """A skill that the current framework no longer has is left out; the check list then asks for another."""
    skills = {skill.code: skill for skill in Skill.objects.filter(framework=framework)}
    module_ids = {module.id: new_id() for module in content.modules}
    lesson_ids = {lesson.id: new_id() for lesson in content.lessons()}
    EditionText.objects.bulk_create(
        EditionText(edition=copy, language=language, title=words.title, summary=words.summary, status=words.status)
        for language, words in content.texts.items()
    )
    Module.objects.bulk_create(
        Module(id=module_ids[module.id], edition=copy, position=n) for n, module in enumerate(content.modules)
    )
    ModuleText.objects.bulk_create(
        ModuleText(module_id=module_ids[module.id], language=language, title=words.title, status=words.status)
        for module in content.modules
        for language, words in module.texts.items()
    )
    Lesson.objects.bulk_create(
        Lesson(
            id=lesson_ids[lesson.id],
            module_id=module_ids[module.id],
            position=n,
            slug=lesson.slug,
            minutes=lesson.minutes,
        )
        for module in content.modules
        for n, lesson in enumerate(module.lessons)
    )
    LessonText.objects.bulk_create(
        LessonText(
            lesson_id=lesson_ids[lesson.id],
            language=language,
            title=words.title,
            body=words.body,
            status=words.status,
        )
        for lesson in content.lessons()
        for language, words in lesson.texts.items()
    )
    LessonSkill.objects.bulk_create(
        LessonSkill(lesson_id=lesson_ids[lesson.id], skill=skills[code], level=level)
        for lesson in content.lessons()
        for code, level in lesson.skills.items()
        if code in skills
    )
