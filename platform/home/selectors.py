"""All that a phone's first screen needs, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from common.languages import choose
from courses import public as courses
from courses.public import FrameworkView
from credentials import public as credentials
from learners import public as learners
from learners.public import EnrolmentView
from privacy import public as privacy

# A first screen shows the newest; the lists have all.
MOST_ENROLMENTS, MOST_CERTIFICATES = 50, 50


def home(*, user_id: UUID, accept_language: str) -> tuple[dict[str, Any], list[str]]:
    """Return the document (values that common.rendering makes JSON of) and the languages of its texts."""
    learner = learners.named_learner(user_id)
    if learner is None:
        waiting = [{"kind": "profile"}]
        empty: dict[str, Any] = {"enrolments": [], "skills": [], "certificates": []}
        return {"learner": None, **empty, "waiting": waiting}, []
    used: set[str] = set()

    def pick(available: Sequence[str], default: str) -> str:
        language = choose(accept_language, learner.languages, available, default)
        used.add(language)
        return language

    listed = [_enrolment(enrolment, pick) for enrolment in learners.newest_enrolments(user_id, limit=MOST_ENROLMENTS)]
    waiting = [
        {"kind": "assessment", "enrolment_id": entry["id"], "edition_id": entry["edition_id"]}
        for entry in listed
        if entry["assessment_due"]
    ]
    if not privacy.has_consent(user_id=user_id, purpose=privacy.LEARNING_RECORDS):
        waiting.insert(0, {"kind": "consent", "purpose": privacy.LEARNING_RECORDS})
    document = {
        "learner": {
            "id": learner.id,
            "legal_name": learner.legal_name,
            "member_state": learner.member_state,
            "languages": learner.languages,
        },
        "enrolments": listed,
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
            for certificate in credentials.newest_of_learner(user_id, limit=MOST_CERTIFICATES)
        ],
        "waiting": waiting,
    }
    return document, sorted(used)


def _enrolment(enrolment: EnrolmentView, pick: Any) -> dict[str, Any]:
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


def _skills(learner_id: UUID, framework: FrameworkView, pick: Any) -> list[dict[str, Any]]:
    listed = []
    for held in learners.levels_of(learner_id):
        skill = framework.skills.get(held.skill)
        names = framework.level_names.get(held.level, {})
        listed.append(
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
    return listed


def _name(texts: Mapping[str, Mapping[str, str]], slug: str, pick: Any) -> str:
    if not texts:
        return slug
    return str(texts[pick(list(texts), next(iter(texts)))].get("name", slug))
