"""Reads of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import UUIDField
from django.db.models.expressions import RawSQL

from common.queries import Given, KeptQuery
from learners.profiles.models import Learner


@dataclass(frozen=True)
class LearnerView:
    """A learner as other parts see one: no name."""

    id: UUID
    member_state: str
    languages: tuple[str, ...]


_PROFILE = KeptQuery(lambda: Learner.objects.filter(pk=Given("learner", UUIDField())))
_PLACE = KeptQuery(
    lambda: Learner.objects.filter(pk=Given("learner", UUIDField())).values_list("member_state_id", "languages")
)


def learner(learner_id: UUID) -> LearnerView | None:
    """The learner, or None when the account has no profile yet; one query."""
    row = _PLACE.first(learner=learner_id)
    return LearnerView(learner_id, row[0], tuple(row[1])) if row else None


def profile(learner_id: UUID) -> Learner | None:
    """The whole profile, for the person whose it is; one query."""
    return _PROFILE.first(learner=learner_id)


def _all_of(ids: Iterable[UUID]) -> RawSQL:
    # One parameter, whatever their number: ten thousand of their own cost more to write down than to look up.
    return RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])


def states_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """Member state of each learner, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(pk__in=_all_of(learner_ids)).values_list("pk", "member_state_id"))


def birth_years_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Year of birth of each learner, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(pk__in=_all_of(learner_ids)).values_list("pk", "birth_year"))
