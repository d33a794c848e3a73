"""Reads of certificates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.clock import rfc3339
from learners.certificates.models import Achievement, Award, Certificate
from learners.enrolments.models import Enrolment
from learners.mastery.models import SkillState


@dataclass(frozen=True)
class AchievementStanding:
    """How far a learner is on the way to an achievement. skills: (code, level wanted, level held) of each criterion."""

    slug: str
    edition_id: UUID
    names: Mapping[str, str]  # by language
    awarded: bool
    needs_completion: bool
    completed: bool
    skills: tuple[tuple[str, int, int], ...]


def achievement_standing(*, learner_id: UUID, slug: str) -> AchievementStanding | None:
    """The standing in the active version of an achievement; None unless the learner takes its edition. Four queries."""
    achievement = Achievement.objects.filter(slug=slug, active=True).first()
    if achievement is None:
        return None
    enrolment = Enrolment.objects.filter(learner_id=learner_id, edition_id=achievement.edition_id).first()
    if enrolment is None:
        return None
    held = dict(SkillState.objects.filter(learner_id=learner_id).values_list("skill_code", "level"))
    return AchievementStanding(
        slug=slug,
        edition_id=achievement.edition_id,
        names={language: words["name"] for language, words in achievement.texts.items()},
        awarded=Award.objects.filter(learner_id=learner_id, achievement__slug=slug).exists(),
        needs_completion=bool(achievement.criteria.get("edition_completed")),
        completed=enrolment.completed_at is not None,
        skills=tuple(
            (wanted["skill"], wanted["level"], held.get(wanted["skill"], 0))
            for wanted in achievement.criteria["skills"]
        ),
    )


def certificates_for_progress(learner_ids: Iterable[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    """Return each learner's certificates as JSON values for an agency, oldest first; one query.

    No name, and no public code: whoever has the code can read the name. Learners without a certificate are missing.
    """
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    rows = (
        Certificate.objects.filter(learner_id__in=list(learner_ids))
        .order_by("learner_id", "id")
        .values_list(
            "learner_id", "id", "award__achievement__slug", "award__achievement__version",
            "award__achievement__edition_id", "valid_from", "valid_until", "status", "status_changed_at",
        )
    )  # fmt: skip
    for learner_id, pk, slug, version, edition_id, valid_from, valid_until, status, changed_at in rows:
        found[learner_id].append(
            {
                "id": str(pk),
                "achievement": slug,
                "achievement_version": version,
                "edition_id": str(edition_id),
                "valid_from": rfc3339(valid_from),
                "valid_until": rfc3339(valid_until) if valid_until else None,
                "status": status,
                "status_changed_at": rfc3339(changed_at) if changed_at else None,
            }
        )
    return dict(found)


def of_learner(*, learner_id: UUID, after: UUID | None, limit: int) -> Sequence[Certificate]:
    """A page of the learner's certificates behind `after`, newest first, and one more; one query."""
    found = (
        Certificate.objects.filter(learner_id=learner_id)
        .select_related("award__achievement", "key__issuer")
        .defer("credential", "award__facts")
        .order_by("-pk")
    )
    if after is not None:
        found = found.filter(pk__lt=after)
    return list(found[: limit + 1])


def by_code(public_code: str) -> Certificate | None:
    """The certificate with that code, or None; one query."""
    return Certificate.objects.select_related("key", "award__achievement").filter(public_code=public_code).first()
