"""A learner's record as an agency sees it: enrolments, skills and certificates, without the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from common.clock import rfc3339
from courses import public as courses
from credentials import public as credentials
from learners import public as learners


def progress_documents(learner_ids: Iterable[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """Return {"enrolments": […], "skills": […], "certificates": […]} of each learner that exists; constant queries.

    Values are JSON: instants are RFC 3339 texts, ids are texts.
    """
    documents: dict[UUID, dict[str, Any]] = {
        learner_id: {"enrolments": [], "skills": [], "certificates": []}
        for learner_id in learners.states_of(learner_ids)
    }
    _add_enrolments(documents)
    _add_skills(documents)
    for learner_id, listed in credentials.certificates_for_progress(list(documents)).items():
        if learner_id in documents:
            documents[learner_id]["certificates"] = listed
    return documents


def _add_enrolments(documents: dict[UUID, dict[str, Any]]) -> None:
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
                "enrolled_at": rfc3339(enrolment.enrolled_at),
                "lessons": len(edition.lessons),
                "lessons_done": enrolment.lessons_done,
                "assessment_passed_at": rfc3339(enrolment.assessment_passed_at)
                if enrolment.assessment_passed_at
                else None,
                "completed_at": rfc3339(enrolment.completed_at) if enrolment.completed_at else None,
            }
        )


def _add_skills(documents: dict[UUID, dict[str, Any]]) -> None:
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
                "last_at": rfc3339(held.last_at) if held.last_at else None,
                "framework_version": held.framework_version,
                "rule": held.rule_version,
            }
        )
