"""A learner's record as an agency sees it: enrolments, skills and certificates, without the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from common.clock import rfc3339
from courses import public as courses
from learners.enrolments.models import Enrolment
from learners.mastery.models import SkillState
from learners.mastery.rules import PROVISIONAL_BELOW
from learners.mastery.selectors import WORTH_TELLING
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver


def progress_documents(learner_ids: Iterable[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """Return {"enrolments": […], "skills": […], "certificates": […]} of each learner that exists; constant queries.

    Values are JSON: instants are RFC 3339 texts, ids are texts.
    """
    from learners.certificates.selectors import certificates_for_progress

    documents: dict[UUID, dict[str, Any]] = {
        learner_id: {"enrolments": [], "skills": [], "certificates": []}
        for learner_id in Learner.objects.filter(pk__in=list(learner_ids)).values_list("pk", flat=True)
    }
    _add_enrolments(documents)
    _add_skills(documents)
    for learner_id, listed in certificates_for_progress(list(documents)).items():
        if learner_id in documents:
            documents[learner_id]["certificates"] = listed
    return documents


def _add_enrolments(documents: dict[UUID, dict[str, Any]]) -> None:
    # What was waived and done all the same is one lesson.
    done_all_the_same = LessonProgress.objects.filter(
        enrolment=OuterRef("enrolment"), lesson=OuterRef("lesson"), done_at__isnull=False
    )
    skipped = (
        LessonWaiver.objects.filter(~Exists(done_all_the_same), enrolment=OuterRef("pk"))
        .order_by()
        .values("enrolment")
        .annotate(count=Count("pk"))
        .values("count")
    )
    enrolments = list(
        Enrolment.objects.filter(learner_id__in=list(documents))
        .annotate(
            done=Count("progress", filter=Q(progress__done_at__isnull=False)), skipped=Coalesce(Subquery(skipped), 0)
        )
        .order_by("learner_id", "pk")
    )
    editions = courses.editions({enrolment.edition_id for enrolment in enrolments})
    for enrolment in enrolments:
        edition = editions[enrolment.edition_id]
        documents[enrolment.learner_id]["enrolments"].append(
            {
                "id": str(enrolment.pk),
                "edition_id": str(edition.id),
                "course": edition.course_slug,
                "edition": edition.number,
                "enrolled_at": rfc3339(enrolment.enrolled_at),
                "lessons": len(edition.lessons),
                "lessons_done": enrolment.done + enrolment.skipped,
                "assessment_passed_at": rfc3339(enrolment.assessment_passed_at)
                if enrolment.assessment_passed_at
                else None,
                "completed_at": rfc3339(enrolment.completed_at) if enrolment.completed_at else None,
            }
        )


def _add_skills(documents: dict[UUID, dict[str, Any]]) -> None:
    framework = courses.framework()
    states = SkillState.objects.filter(WORTH_TELLING, learner_id__in=list(documents)).select_related("learner__ability")
    for state in states.order_by("learner_id", "skill_code"):
        skill = framework.skills.get(state.skill_code)
        documents[state.learner_id]["skills"].append(
            {
                "code": state.skill_code,
                "area": skill.area if skill else None,
                "level": state.level,
                "certified_level": state.certified_level,
                "probability": round(state.probability, 3),
                "provisional": state.count < PROVISIONAL_BELOW,
                "answers": state.count,
                "last_at": rfc3339(state.last_at) if state.last_at else None,
                "framework_version": state.framework_version,
                "rule": state.learner.ability.rule_version,
            }
        )
