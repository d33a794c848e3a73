"""A learner's record as an agency sees it: enrolments, skills and certificates, without the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from agencies.feed.rules import pseudonym
from common.clock import rfc3339
from common.schemas import DayText, IdText, Keywords
from courses import public as courses
from credentials import public as credentials
from learners import public as learners

OwnId = Annotated[str, Keywords("For your agency alone, like the learner's.")]


class ProgressEnrolment(TypedDict):
    """One enrolment; days are UTC."""

    id: OwnId
    edition_id: IdText
    course: str
    edition: int
    enrolled_on: DayText
    lessons: int
    lessons_done: int
    assessment_passed_on: DayText | None
    completed_on: DayText | None


class ProgressSkill(TypedDict):
    """The mastery of one skill."""

    code: str
    area: str | None
    level: Annotated[learners.Level, Keywords("0: none yet.")]
    certified_level: Annotated[
        learners.CertifiedLevel,
        Keywords("By a stricter test with a bound on false certification; 0: none yet."),
    ]
    probability: Annotated[float, Keywords("With which the threshold of the level that evidence gives is passed.")]
    provisional: Annotated[bool, Keywords("Fewer than five answers: a rough figure.")]
    answers: int
    last_on: Annotated[DayText | None, Keywords("null: a level that assessors gave, and no answer yet.")]
    framework_version: str
    rule: Annotated[str | None, Keywords("null: people decided, and nothing was computed yet.")]


class ProgressCertificate(TypedDict):
    """One certificate, without name and public code."""

    id: OwnId
    achievement: str
    achievement_version: int
    edition_id: IdText
    valid_from: DayText
    valid_until: DayText | None
    status: Annotated[str, Keywords(enum=["active", "suspended", "revoked", "superseded"])]
    status_changed_on: DayText | None


class ProgressDocument(TypedDict):
    """What is told of a learner.

    An agency sees days, never instants: a second or a millisecond does the same as an id, and the instants of a
    certificate stand beside the name on it.
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
                    "valid_from": certificate["valid_from"][:10],
                    "valid_until": certificate["valid_until"] and certificate["valid_until"][:10],
                    "status": certificate["status"],
                    "status_changed_on": certificate["status_changed_at"] and certificate["status_changed_at"][:10],
                }
                for certificate in listed
            ]
    return documents


def for_agency(key: bytes, document: ProgressDocument, *, explanations: bool) -> PublishedDocument:
    """Return a learner's progress as it is published to this agency: with ids that it alone knows.

    They stay the same from one telling to the next. By the stored ids two agencies could match their learners.

    Args:
        explanations: whether the agency may ask for explanations of this learner.
    """
    return {
        "enrolments": [
            {**enrolment, "id": pseudonym(key, UUID(enrolment["id"]))} for enrolment in document["enrolments"]
        ],
        "skills": document["skills"],
        "certificates": [
            {**certificate, "id": pseudonym(key, UUID(certificate["id"]))} for certificate in document["certificates"]
        ],
        "explanations": explanations,
    }


def _add_enrolments(documents: dict[UUID, ProgressDocument]) -> None:
    enrolments = learners.counted_enrolments(list(documents))
    editions = courses.editions({enrolment.edition_id for enrolment in enrolments})
    for enrolment in enrolments:
        edition = editions[enrolment.edition_id]
        documents[enrolment.learner_id]["enrolments"].append(
            {
                "id": str(enrolment.id),
                "edition_id": str(edition.id),
                "course": edition.course_slug,
                "edition": edition.number,
                "enrolled_on": rfc3339(enrolment.enrolled_at)[:10],
                "lessons": len(edition.lessons),
                "lessons_done": enrolment.lessons_done,
                "assessment_passed_on": _day(enrolment.assessment_passed_at),
                "completed_on": _day(enrolment.completed_at),
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
                "probability": round(held.probability, 3),
                "provisional": held.provisional,
                "answers": held.answers,
                "last_on": _day(held.last_at),
                "framework_version": held.framework_version,
                "rule": held.rule_version,
            }
        )


def _day(instant: datetime | None) -> str | None:
    return rfc3339(instant)[:10] if instant else None
