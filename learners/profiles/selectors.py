"""Reads of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import UUIDField, Value

from common.queries import Given, IsAmong, KeptQuery
from learners.profiles.models import Learner


@dataclass(frozen=True)
class LearnerView:
    """A learner as other parts see one: no name."""

    id: UUID
    member_state: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class NamedLearner:
    """A learner as credentials and the learner's own first screen name one. Personal data: the legal name."""

    id: UUID
    legal_name: str
    member_state: str
    languages: tuple[str, ...]


_PROFILE = KeptQuery(lambda: Learner.objects.filter(pk=Given("learner", UUIDField())))
_STATE_AND_LANGUAGES = KeptQuery(
    lambda: Learner.objects.filter(pk=Given("learner", UUIDField())).values_list("member_state_id", "languages")
)


def learner(learner_id: UUID) -> LearnerView | None:
    """The learner, or None when the account has no profile yet; one query."""
    row = _STATE_AND_LANGUAGES.first(learner=learner_id)
    return LearnerView(learner_id, row[0], tuple(row[1])) if row else None


def profile(learner_id: UUID) -> Learner | None:
    """The whole profile, for the person that it is about; one query."""
    return _PROFILE.first(learner=learner_id)


def named_learner(learner_id: UUID) -> NamedLearner | None:
    """The learner with the legal name, or None when the account has no profile yet; one query."""
    found = profile(learner_id)
    return NamedLearner(found.pk, found.legal_name, found.member_state_id, tuple(found.languages)) if found else None


def named_learners(learner_ids: Iterable[UUID]) -> Mapping[UUID, NamedLearner]:
    """The learners with their legal names, one query; unknown ids are missing."""
    rows = Learner.objects.filter(_among(learner_ids)).values_list("pk", "legal_name", "member_state_id", "languages")
    return {pk: NamedLearner(pk, name, state, tuple(languages)) for pk, name, state, languages in rows}


def languages_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[str]]:
    """BCP 47 tags of each learner, preferred first, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(_among(learner_ids)).values_list("pk", "languages"))


def _among(learner_ids: Iterable[UUID]) -> IsAmong:
    # One parameter, whatever their number: ten thousand parameters cost more to write down than to look up.
    return IsAmong("pk", Value(list(learner_ids), output_field=ArrayField(UUIDField())))


def states_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """Member state of each learner, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(_among(learner_ids)).values_list("pk", "member_state_id"))


def active_states_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """Member state of each learner whose account is active, one query; the others are missing."""
    found = Learner.objects.filter(_among(learner_ids), user__is_active=True)
    return dict(found.values_list("pk", "member_state_id"))


def birth_years_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Year of birth of each learner, one query; unknown ids are missing."""
    return dict(Learner.objects.filter(_among(learner_ids)).values_list("pk", "birth_year"))
