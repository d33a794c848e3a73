"""All that a phone's first screen needs, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, NotRequired, TypedDict
from uuid import UUID

from common.languages import choose
from common.schemas import Keywords
from courses import public as courses
from courses.public import FrameworkView
from credentials import public as credentials
from learners import public as learners
from learners.public import EnrolmentView, LessonProgressView
from privacy import public as privacy

# A first screen shows the newest; the lists have all.
MAX_ENROLMENTS, MAX_CERTIFICATES = 50, 50

# Of languages and a default, the one that suits the learner best.
Pick = Callable[[Sequence[str], str], str]


class HomeLearner(TypedDict):
    """Who the learner is."""

    id: UUID
    legal_name: str
    member_state: str
    languages: Sequence[str]


class HomeEnrolment(TypedDict):
    """A course that the learner takes, and how far they got."""

    id: UUID
    edition_id: UUID
    course_id: UUID
    course: str
    title: str
    language: Annotated[str, Keywords("Of the title (BCP 47).")]
    enrolled_at: datetime
    lessons: Sequence[LessonProgressView]
    lessons_done: Annotated[int, Keywords("Done or waived.")]
    minutes_left: int
    next_lesson_id: Annotated[UUID | None, Keywords("The first lesson that is neither done nor waived.")]
    assessment_due: bool
    assessment_passed_at: datetime | None
    completed_at: datetime | None


class HomeSkill(TypedDict):
    """A skill, and the level that the learner has in it."""

    code: str
    name: str
    area: str | None
    level: Annotated[int, Keywords("0: none yet.", minimum=0)]
    level_name: str | None
    probability: float
    provisional: bool


class HomeCertificate(TypedDict):
    """A certificate of the learner."""

    id: UUID
    public_code: Annotated[str, Keywords("For /verify/{public_code}.")]
    name: str
    valid_until: datetime | None
    status: str
    renewable_from: Annotated[
        datetime | None, Keywords("From then on it may be renewed: `GET …/renewal` tells what is missing.")
    ]


class Waiting(TypedDict):
    """Something that the learner is to do before going on."""

    kind: Literal["profile", "consent", "assessment"]
    purpose: NotRequired[Annotated[str, Keywords("Of a missing consent.")]]
    enrolment_id: NotRequired[UUID]
    edition_id: NotRequired[UUID]


class HomeView(TypedDict):
    """A learner's first screen."""

    learner: Annotated[HomeLearner | None, Keywords("null: the account has no profile yet.")]
    enrolments: Annotated[list[HomeEnrolment], Keywords("The newest 50.")]
    skills: list[HomeSkill]
    certificates: Annotated[list[HomeCertificate], Keywords("The newest 50.")]
    waiting: Annotated[list[Waiting], Keywords("What the learner is to do before going on.")]


def home(*, user_id: UUID, accept_language: str) -> tuple[HomeView, list[str]]:
    """Return the first screen, and the languages of its texts."""
    learner = learners.named_learner(user_id)
    if learner is None:
        profile: Waiting = {"kind": "profile"}
        return {"learner": None, "enrolments": [], "skills": [], "certificates": [], "waiting": [profile]}, []
    used: set[str] = set()

    def pick(available: Sequence[str], default: str) -> str:
        language = choose(accept_language, learner.languages, available, default)
        used.add(language)
        return language

    enrolments = [
        _enrolment(enrolment, pick) for enrolment in learners.newest_enrolments(user_id, limit=MAX_ENROLMENTS)
    ]
    waiting: list[Waiting] = [
        {"kind": "assessment", "enrolment_id": enrolment["id"], "edition_id": enrolment["edition_id"]}
        for enrolment in enrolments
        if enrolment["assessment_due"]
    ]
    if not privacy.has_consent(user_id=user_id, purpose=privacy.LEARNING_RECORDS):
        waiting.insert(0, {"kind": "consent", "purpose": privacy.LEARNING_RECORDS})
    document: HomeView = {
        "learner": {
            "id": learner.id,
            "legal_name": learner.legal_name,
            "member_state": learner.member_state,
            "languages": learner.languages,
        },
        "enrolments": enrolments,
        "skills": _skills(user_id, courses.framework(), pick),
        "certificates": [
            {
                "id": certificate.id,
                "public_code": certificate.public_code,
                "name": _name(certificate.texts, certificate.achievement, pick),
                "valid_until": certificate.valid_until,
                "status": certificate.status,
                "renewable_from": certificate.renewable_from,
            }
            for certificate in credentials.newest_of_learner(user_id, limit=MAX_CERTIFICATES)
        ],
        "waiting": waiting,
    }
    return document, sorted(used)


def _enrolment(enrolment: EnrolmentView, pick: Pick) -> HomeEnrolment:
    edition = enrolment.edition
    left = [
        (lesson, state)
        for lesson, state in zip(edition.lessons, enrolment.lessons, strict=True)
        if not state["done_at"] and not state["waived"]
    ]
    language = pick(list(edition.titles), edition.default_language)
    return {
        "id": enrolment.id,
        "edition_id": edition.id,
        "course_id": edition.course_id,
        "course": edition.course_slug,
        "title": edition.titles.get(language, edition.course_slug),
        "language": language,
        "enrolled_at": enrolment.enrolled_at,
        "lessons": enrolment.lessons,
        "lessons_done": len(enrolment.lessons) - len(left),
        "minutes_left": sum(lesson.minutes for lesson, _ in left),
        "next_lesson_id": left[0][0].id if left else None,
        "assessment_due": (
            enrolment.lessons_done_at is not None
            and edition.requires_assessment
            and enrolment.assessment_passed_at is None
        ),
        "assessment_passed_at": enrolment.assessment_passed_at,
        "completed_at": enrolment.completed_at,
    }


def _skills(learner_id: UUID, framework: FrameworkView, pick: Pick) -> list[HomeSkill]:
    skills: list[HomeSkill] = []
    for held in learners.levels_of(learner_id):
        skill = framework.skills.get(held.skill)
        names = framework.level_names.get(held.level, {})
        skills.append(
            {
                "code": held.skill,
                "name": skill.name if skill else held.skill,
                "area": skill.area if skill else None,
                "level": held.level,
                "level_name": names[pick(list(names), "en")] if names else None,
                "probability": round(held.probability, 3),
                "provisional": held.provisional,
            }
        )
    return skills


def _name(texts: Mapping[str, Mapping[str, str]], slug: str, pick: Pick) -> str:
    if not texts:
        return slug
    return str(texts[pick(list(texts), next(iter(texts)))].get("name", slug))
