"""All that a phone's first screen needs, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from common.languages import choose
from common.queries import Given, KeptQuery
from courses import public as courses
from courses.public import EditionView, FrameworkView
from learners.certificates import selectors as certificates
from learners.enrolments.models import Enrolment
from learners.mastery.models import SkillState
from learners.mastery.rules import PROVISIONAL_BELOW
from learners.profiles import selectors as profiles
from learners.progress import selectors as progress
from learners.progress.models import LessonProgress
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from privacy import public as privacy

# A first screen shows the newest; the lists have all.
MOST_ENROLMENTS, MOST_CERTIFICATES = 50, 50


_ENROLMENTS = KeptQuery(
    lambda: Enrolment.objects.filter(learner_id=Given("learner", UUIDField())).order_by("-pk")[:MOST_ENROLMENTS]
)
_SKILLS = KeptQuery(lambda: SkillState.objects.filter(learner_id=Given("learner", UUIDField())).order_by("skill_code"))


def home(*, user_id: UUID, accept_language: str) -> tuple[dict[str, Any], list[str]]:
    """Return the document (values that common.rendering makes JSON of) and the languages of its texts."""
    learner = profiles.profile(user_id)
    if learner is None:
        waiting = [{"kind": "profile"}]
        empty: dict[str, Any] = {"enrolments": [], "skills": [], "certificates": []}
        return {"learner": None, **empty, "waiting": waiting}, []
    used: set[str] = set()

    def pick(available: Sequence[str], default: str) -> str:
        language = choose(accept_language, learner.languages, available, default)
        used.add(language)
        return language

    enrolments = _ENROLMENTS(learner=user_id)
    editions = courses.editions({enrolment.edition_id for enrolment in enrolments})
    done = progress.of_enrolments([enrolment.pk for enrolment in enrolments])
    skipped = waived.of_enrolments([enrolment.pk for enrolment in enrolments])
    listed = [
        _enrolment(enrolment, editions[enrolment.edition_id], done[enrolment.pk], skipped[enrolment.pk], pick)
        for enrolment in enrolments
    ]
    waiting = [
        {"kind": "assessment", "enrolment_id": entry["id"], "edition_id": entry["edition_id"]}
        for entry in listed
        if entry["assessment_due"]
    ]
    if not privacy.has_consent(user_id=user_id, purpose=privacy.LEARNING_RECORDS):
        waiting.insert(0, {"kind": "consent", "purpose": privacy.LEARNING_RECORDS})
    document = {
        "learner": {
            "id": learner.pk,
            "legal_name": learner.legal_name,
            "member_state": learner.member_state_id,
            "languages": learner.languages,
        },
        "enrolments": listed,
        "skills": _skills(user_id, courses.framework(), pick),
        "certificates": [
            {
                "id": certificate.pk,
                "public_code": certificate.public_code,
                "name": _name(certificate.award.achievement.texts, certificate.award.achievement.slug, pick),
                "valid_until": certificate.valid_until,
                "status": certificate.status,
                "renewable_from": certificates.renewable_from(certificate),
            }
            for certificate in certificates.of_learner(learner_id=user_id, after=None, limit=MOST_CERTIFICATES)
        ],
        "waiting": waiting,
    }
    return document, sorted(used)


def _enrolment(
    enrolment: Enrolment, edition: EditionView, done: Mapping[UUID, LessonProgress],
    skipped: Mapping[UUID, LessonWaiver], pick: Any,
) -> dict[str, Any]:  # fmt: skip
    lessons = progress.lessons(edition, done, skipped)
    left = [
        (lesson, state)
        for lesson, state in zip(edition.lessons, lessons, strict=True)
        if not state["done_at"] and not state["waived"]
    ]
    language = pick(list(edition.titles), edition.default_language)
    return {
        "id": enrolment.pk,
        "edition_id": edition.id,
        "course": edition.course_slug,
        "title": edition.titles.get(language, edition.course_slug),
        "language": language,
        "enrolled_at": enrolment.enrolled_at,
        "lessons": lessons,
        "lessons_done": len(lessons) - len(left),
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
    for state in _SKILLS(learner=learner_id):
        skill = framework.skills.get(state.skill_code)
        names = framework.level_names.get(state.level, {})
        listed.append(
            {
                "code": state.skill_code,
                "name": skill.name if skill else state.skill_code,
                "area": skill.area if skill else None,
                "level": state.level,
                "level_name": names[pick(list(names), "en")] if names else None,
                "probability": round(state.probability, 3),
                "provisional": state.count < PROVISIONAL_BELOW,
            }
        )
    return listed


def _name(texts: Mapping[str, Mapping[str, str]], slug: str, pick: Any) -> str:
    if not texts:
        return slug
    return str(texts[pick(list(texts), next(iter(texts)))].get("name", slug))
