"""A learner's record as an agency sees it: enrolments, skills and certificates, without the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from agencies.feed import rules
from agencies.feed.rules import pseudonym
from common.schemas import IdText, Keywords, MonthText
from courses import public as courses
from credentials import public as credentials
from learners import public as learners

OwnId = Annotated[str, Keywords("For your agency alone, like the learner's.")]


class ProgressEnrolment(TypedDict):
    """One enrolment; months are UTC."""

    id: OwnId
    edition_id: IdText
    course_id: IdText
    course: str
    edition: int
    enrolled_month: MonthText
    lessons: int
    lessons_done: Annotated[str, Keywords("Those that were waived included.", enum=list(rules.SHARE_BANDS))]
    assessment_passed_month: MonthText | None
    completed_month: MonthText | None


class ProgressSkill(TypedDict):
    """The mastery of one skill."""

    code: str
    area: str | None
    level: Annotated[learners.Level, Keywords("0: none yet.")]
    certified_level: Annotated[
        learners.CertifiedLevel,
        Keywords("By a stricter test with a bound on false certification; 0: none yet."),
    ]
    confidence: Annotated[
        str,
        Keywords(
            "How probable it is that the threshold of the level that evidence gives is passed: low is below one half, high "
            "from four fifths.",
            enum=list(rules.CONFIDENCE_BANDS),
        ),
    ]
    answers: Annotated[
        str, Keywords("few: 1 to 4, a rough figure; some: 5 to 19; many: 20 and more.", enum=list(rules.COUNT_BANDS))
    ]
    last_month: Annotated[MonthText | None, Keywords("null: a level that assessors gave, and no answer yet.")]
    framework_version: str
    rule: Annotated[str | None, Keywords("null: people decided, and nothing was computed yet.")]


class ProgressCertificate(TypedDict):
    """One certificate, without name and public code."""

    id: OwnId
    achievement: str
    achievement_version: int
    edition_id: Annotated[IdText | None, Keywords("null: no edition was taken, and none was asked for.")]
    course_id: IdText
    valid_from_month: MonthText
    valid_until_month: MonthText | None
    status: Annotated[str, Keywords(enum=["active", "suspended", "revoked", "superseded"])]
    status_changed_month: MonthText | None


class ProgressDocument(TypedDict):
    """What is told of a learner.

    An agency sees months and bands. An instant does the same as an id, and the day of a certificate stands beside the
    name on it; by exact figures two agencies match their lists (decision 0061 says how far they still can).
    """

    enrolments: list[ProgressEnrolment]
    skills: list[ProgressSkill]
    certificates: list[ProgressCertificate]


class PublishedDocument(ProgressDocument):
    """The same as one agency is told it. `explanations`: whether the agency may ask why the levels are what they are."""

    explanations: bool


def progress_documents(learner_ids: Iterable[UUID]) -> Mapping[UUID, ProgressDocument]:
    """Return the document of each learner that exists, with ids as they are stored; constant queries."""
    documents: dict[UUID, ProgressDocument] = {
        learner_id: {"enrolments": [], "skills": [], "certificates": []}
        for learner_id in learners.states_of(learner_ids)
    }
    _add_enrolments(documents)
    _add_skills(documents)
    for learner_id, listed in credentials.certificates_for_progress(list(documents)).items():
        if learner_id in documents:
            documents[learner_id]["certificates"] = [
                {
                    "id": certificate["id"],
                    "achievement": certificate["achievement"],
                    "achievement_version": certificate["achievement_version"],
                    "edition_id": certificate["edition_id"],
                    "course_id": certificate["course_id"],
                    "valid_from_month": certificate["valid_from"][:7],
                    "valid_until_month": certificate["valid_until"] and certificate["valid_until"][:7],
                    "status": certificate["status"],
                    "status_changed_month": certificate["status_changed_at"] and certificate["status_changed_at"][:7],
                }
                for certificate in listed
            ]
    return documents


def for_agency(key: bytes, document: ProgressDocument, *, explanations: bool) -> PublishedDocument:
    """Return a learner's progress as it is published to this agency: with ids that it alone knows.

    They stay the same from one telling to the next. By the stored ids two agencies could match their learners; enrolments
    and certificates stand in the order of the agency's ids, for that of the stored ones is the order of time.

    Args:
        explanations: whether the agency may ask for explanations of this learner.
    """
    enrolments: list[ProgressEnrolment] = [
        {**enrolment, "id": pseudonym(key, UUID(enrolment["id"]))} for enrolment in document["enrolments"]
    ]
    certificates: list[ProgressCertificate] = [
        {**certificate, "id": pseudonym(key, UUID(certificate["id"]))} for certificate in document["certificates"]
    ]
    return {
        "enrolments": sorted(enrolments, key=lambda enrolment: enrolment["id"]),
        "skills": document["skills"],
        "certificates": sorted(certificates, key=lambda certificate: certificate["id"]),
        "explanations": explanations,
    }


def _add_enrolments(documents: dict[UUID, ProgressDocument]) -> None:
    for enrolment in learners.counted_enrolments(list(documents)):
        edition = enrolment.edition
        documents[enrolment.learner_id]["enrolments"].append(
            {
                "id": str(enrolment.id),
                "edition_id": str(edition.id),
                "course_id": str(edition.course_id),
                "course": edition.course_slug,
                "edition": edition.number,
                "enrolled_month": rules.month(enrolment.enrolled_at),
                "lessons": len(edition.lessons),
                "lessons_done": rules.share_band(enrolment.lessons_done, len(edition.lessons)),
                "assessment_passed_month": _month(enrolment.assessment_passed_at),
                "completed_month": _month(enrolment.completed_at),
            }
        )


def _add_skills(documents: dict[UUID, ProgressDocument]) -> None:
    framework = courses.framework()
    for held in learners.levels_worth_telling(list(documents)):
        skill = framework.skills.get(held.skill)
        documents[held.learner_id]["skills"].append(
            {
                "code": held.skill,
                "area": skill.area if skill else None,
                "level": held.level,
                "certified_level": held.certified_level,
                "confidence": rules.confidence_band(held.probability),
                "answers": rules.count_band(held.answers),
                "last_month": _month(held.last_at),
                "framework_version": held.framework_version,
                "rule": held.rule_version,
            }
        )


def _month(instant: datetime | None) -> str | None:
    return rules.month(instant) if instant else None
