"""Moving an enrolment to another edition of its course: what it would mean, and doing it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from django.db import transaction

from common import languages
from common.errors import NotFound
from common.schemas import Keywords
from courses import public as courses
from courses.public import EditionView
from events import public as events
from learners.enrolments.errors import EditionNotOpen
from learners.enrolments.models import Enrolment, EnrolmentEdition
from learners.enrolments.selectors import own_enrolment, pins_of
from learners.events import EnrolmentMoved
from learners.profiles import selectors as profiles
from learners.progress import completion, selectors
from learners.progress.errors import AttemptUnderWay, EditionOfAnotherCourse, LanguageMissing
from learners.progress.guards import guard
from learners.progress.selectors import Change
from learners.progress.services import lock_enrolment
from learners.waivers import selectors as waived
from learners.waivers.services import waive_held
from privacy import public as privacy


class ChangedLesson(TypedDict):
    """A lesson that the learner did, and whose text is another in the edition."""

    lesson_id: UUID
    changed: Change


class MoveView(TypedDict):
    """What moving to an edition means. Each lesson of that edition stands in one of the lists but `gone`."""

    enrolment_id: UUID
    course_id: UUID
    edition_id: Annotated[UUID, Keywords("The edition to move to.")]
    edition: Annotated[int, Keywords("Its number.")]
    present_edition_id: Annotated[UUID, Keywords("The edition that the enrolment is pinned to now.")]
    kept: Annotated[list[UUID], Keywords("Lessons that are done, and stay so.")]
    changed: Annotated[list[ChangedLesson], Keywords("Lessons that are done, and count, but have another text there.")]
    waived: Annotated[list[UUID], Keywords("Lessons that are not done and may be skipped.")]
    open: Annotated[list[UUID], Keywords("Lessons that are to be done, in the present edition too.")]
    new: Annotated[list[UUID], Keywords("Lessons that are to be done and that the present edition does not have.")]
    gone: Annotated[
        list[UUID],
        Keywords("Lessons of the present edition that the other does not have; what was done in them is kept."),
    ]
    language: Annotated[str, Keywords("In which the learner reads the present edition (BCP 47).")]
    language_offered: Annotated[bool, Keywords("Whether the edition is offered in it; else the move has to say so.")]
    languages: Annotated[list[str], Keywords("In which the edition is offered.")]
    attempt_under_way: Annotated[UUID | None, Keywords("The attempt that has to be handed in first.")]


def preview(*, learner_id: UUID, enrolment_id: UUID, edition_id: UUID) -> MoveView:
    """What a move would mean; nothing is changed. Constant queries.

    Waivers are those that there are: a move may add some, of lessons that only the other edition has.

    Raises:
        NotFound, EditionNotOpen, EditionOfAnotherCourse: as `move` says.
    """
    enrolment = own_enrolment(learner_id=learner_id, enrolment_id=enrolment_id)
    if enrolment is None:
        raise NotFound()
    wanted = _wanted(enrolment, edition_id)
    present = courses.editions([enrolment.edition_id])[enrolment.edition_id]
    progress = selectors.of_enrolments([enrolment_id])[enrolment_id]
    done = {lesson_id for lesson_id, row in progress.items() if row.done_at is not None}
    changed = selectors.changes([(wanted, progress)])
    skipped = waived.counting(wanted.lessons, waived.of_enrolments([enrolment_id])[enrolment_id])
    before, after = ([lesson.id for lesson in edition.lessons] for edition in (present, wanted))
    to_do = [lesson for lesson in after if lesson not in done and lesson not in skipped]
    language = _language(learner_id, present)
    return {
        "enrolment_id": enrolment_id,
        "course_id": enrolment.course_id,
        "edition_id": wanted.id,
        "edition": wanted.number,
        "present_edition_id": present.id,
        "kept": [lesson for lesson in after if lesson in done and lesson not in changed],
        "changed": [
            {"lesson_id": lesson, "changed": changed[lesson]} for lesson in after if lesson in done & set(changed)
        ],
        "waived": [lesson for lesson in after if lesson not in done and lesson in skipped],
        "open": [lesson for lesson in to_do if lesson in before],
        "new": [lesson for lesson in to_do if lesson not in before],
        "gone": [lesson for lesson in before if lesson not in after],
        "language": language,
        "language_offered": _offers(wanted, language),
        "languages": list(wanted.languages),
        "attempt_under_way": guard().attempt_under_way(learner_id=learner_id, edition_id=present.id),
    }


@transaction.atomic
def move(*, learner_id: UUID, enrolment_id: UUID, edition_id: UUID, without_language: bool, now: datetime) -> Enrolment:
    """Pin the learner's enrolment to another edition of its course: the running one, or one that it was pinned to before.

    Nothing that was done is lost, and what the edition asks may be there already: then the course is completed. A second call
    changes nothing. The enrolment's row is locked, and the learner begins no attempt in the meantime.

    Args:
        without_language: the learner agrees that the edition is not offered in the language that they read now.

    Raises:
        NotFound: the learner has no such enrolment.
        ConsentMissing: the learner has withdrawn `learning_records`.
        EditionNotOpen: there is no such edition, it is only proposed, or it is retired and the enrolment was never in it.
        EditionOfAnotherCourse: enrol there instead.
        AttemptUnderWay: an attempt at a quiz of the present edition has to be handed in first.
        LanguageMissing: the edition is not offered in the learner's language, and `without_language` is not said.
    """
    enrolment = lock_enrolment(learner_id=learner_id, enrolment_id=enrolment_id)
    wanted = _wanted(enrolment, edition_id)
    before = enrolment.edition_id
    if before == edition_id:
        return enrolment
    guard().hold(learner_id)
    attempt_id = guard().attempt_under_way(learner_id=learner_id, edition_id=before)
    if attempt_id is not None:
        raise AttemptUnderWay(attempt_id=str(attempt_id))
    language = _language(learner_id, courses.editions([before])[before])
    if not without_language and not _offers(wanted, language):
        raise LanguageMissing(languages=list(wanted.languages))
    enrolment.edition_id = edition_id
    enrolment.save(update_fields=["edition"])
    EnrolmentEdition.objects.bulk_create(
        [
            EnrolmentEdition(enrolment=enrolment, edition_id=before, since=enrolment.enrolled_at, by=learner_id),
            EnrolmentEdition(enrolment=enrolment, edition_id=edition_id, since=now, by=learner_id),
        ],
        ignore_conflicts=True,
    )
    privacy.audit(
        actor=str(learner_id),
        action="enrolment.moved",
        subject_kind="enrolment",
        subject_id=str(enrolment_id),
        edition_id=str(edition_id),
        from_edition_id=str(before),
    )
    events.record(
        EnrolmentMoved(
            learner_id=learner_id,
            edition_id=edition_id,
            course_id=enrolment.course_id,
            enrolment_id=enrolment_id,
            from_edition_id=before,
        )
    )
    pins = pins_of([enrolment])
    if enrolment.placed_at is not None:
        waive_held([enrolment], pins)
    completion.settle([enrolment], pins)
    return enrolment


def _wanted(enrolment: Enrolment, edition_id: UUID) -> EditionView:
    """Return the edition if the enrolment may be moved to it."""
    edition = courses.edition(edition_id)
    if edition is None or edition.published_at is None:
        raise EditionNotOpen()
    if edition.course_id != enrolment.course_id:
        raise EditionOfAnotherCourse()
    is_known = edition_id == enrolment.edition_id or edition.status == "published"
    if not is_known and not EnrolmentEdition.objects.filter(enrolment=enrolment, edition_id=edition_id).exists():
        raise EditionNotOpen()
    return edition


def _language(learner_id: UUID, edition: EditionView) -> str:
    """The language in which the learner reads the edition."""
    learner = profiles.learner(learner_id)
    return languages.choose("", learner.languages if learner else (), edition.languages, edition.default_language)


def _offers(edition: EditionView, language: str) -> bool:
    return languages.same_language([language], edition.languages) is not None
