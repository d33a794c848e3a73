"""Reads of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from learners.profiles.models import Learner


@dataclass(frozen=True)
class LearnerView:
    """A learner as other parts see one: no name."""

    id: UUID
    member_state: str
    languages: tuple[str, ...]


def learner(learner_id: UUID) -> LearnerView | None:
    """The learner, or None when the account has no profile yet; one query."""
    row = Learner.objects.filter(pk=learner_id).values_list("member_state_id", "languages").first()
    return LearnerView(learner_id, row[0], tuple(row[1])) if row else None


def profile(learner_id: UUID) -> Learner | None:
    """The whole profile, for the person whose it is; one query."""
    return Learner.objects.filter(pk=learner_id).first()


def birth_years_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Year of birth of each learner, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(pk__in=list(learner_ids)).values_list("pk", "birth_year"))


def states_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """Member state of each learner, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(pk__in=list(learner_ids)).values_list("pk", "member_state_id"))
