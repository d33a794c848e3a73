"""Reads of self-descriptions: only of people who consent at the moment of reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from learners.self_description.models import Gender, SelfDescription
from privacy import public as privacy


def own_gender(learner_id: UUID) -> str | None:
    """The learner's answer, for themselves; None without an answer or when the consent is withdrawn."""
    if not privacy.has_consent(user_id=learner_id, purpose=privacy.FAIRNESS_MONITORING):
        return None
    return SelfDescription.objects.filter(pk=learner_id).values_list("gender", flat=True).first()


def genders_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """female, male or another, of those who answered so and consent now; everybody else is missing. Two queries.

    For comparing groups of thirty people and more, and for nothing else.
    """
    gender_of = dict(
        SelfDescription.objects.filter(pk__in=list(learner_ids))
        .exclude(gender=Gender.NO_ANSWER)
        .values_list("pk", "gender")
    )
    consenting = privacy.users_with_consent(user_ids=gender_of, purpose=privacy.FAIRNESS_MONITORING)
    return {learner_id: gender for learner_id, gender in gender_of.items() if learner_id in consenting}
