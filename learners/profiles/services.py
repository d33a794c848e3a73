"""Creating and changing a profile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from common.errors import InvalidInput
from events import public as events
from learners.events import ProfileChanged
from learners.profiles import rules, statements
from learners.profiles.errors import GuardianConsentRequired
from learners.profiles.models import Learner
from learners.profiles.selectors import NamedLearner
from member_states import public as member_states
from privacy import public as privacy


@dataclass(frozen=True)
class Profile:
    """What a person says about themselves; names are clean (rules.clean_name), languages canonical."""

    legal_name: str
    latin_name: str
    name_reading: str
    member_state_id: str
    languages: list[str]
    birth_year: int


@transaction.atomic
def save_profile(
    *, learner_id: UUID, profile: Profile, now: datetime, may_change: Callable[[Learner | None], None]
) -> tuple[Learner, bool]:
    """Create or replace the profile; return it and whether it is new.

    A second call with the same content changes and records nothing, whatever its preconditions are: its effect is
    there already (RFC 9110, section 13.1.1).

    Args:
        may_change: called with the stored profile, locked, or None; raises when the caller saw another version.

    Raises:
        GuardianConsentRequired: the person may be too young to consent alone.
        InvalidInput: there is no such member state, or the birth year has not come yet.
    """
    _check(profile, now)
    locked = Learner.objects.select_for_update(no_key=True)
    stored = locked.filter(pk=learner_id).first()
    if stored is None:
        may_change(None)
        created, is_new = Learner.objects.get_or_create(pk=learner_id, defaults=asdict(profile))
        if is_new:
            _record(created, "profile.created", [])
            return created, True
        stored = locked.get(pk=learner_id)
    changed = [name for name, value in asdict(profile).items() if getattr(stored, name) != value]
    if not changed:
        return stored, False
    may_change(stored)
    before = stored.member_state_id
    for name in changed:
        setattr(stored, name, getattr(profile, name))
    stored.version += 1
    stored.save(update_fields=[*changed, "version"])
    _record(stored, "profile.changed", changed, before=before)
    return stored, False


def _check(profile: Profile, now: datetime) -> None:
    if profile.member_state_id not in member_states.codes():
        raise InvalidInput(_("There is no such member state."), pointer="/member_state")
    if profile.birth_year > now.year:
        raise InvalidInput(_("This year has not come yet."), pointer="/birth_year")
    minimum = int(member_states.rule(profile.member_state_id, "own_consent_min_age").value)
    if not rules.surely_of_age(birth_year=profile.birth_year, year=now.year, minimum=minimum):
        raise GuardianConsentRequired(
            _("In this state the programme lets people consent alone from the age of %(age)d, counted by whole years.")
            % {"age": minimum},
            pointer="/birth_year",
            minimum_age=minimum,
        )


def _record(learner: Learner, action: str, changed: list[str], before: str | None = None) -> None:
    detail = {"changed": changed} if changed else {}
    if before is not None and before != learner.member_state_id:
        detail |= {"from_state": [before], "to_state": [learner.member_state_id]}
    privacy.audit(actor=str(learner.pk), action=action, subject_kind="learner", subject_id=str(learner.pk), **detail)
    events.record(ProfileChanged(learner_id=learner.pk, member_state=learner.member_state_id))


def lock_learner(learner_id: UUID) -> bool:
    """Lock the learner until the caller's transaction ends, one change at a time; return whether there is one."""
    return Learner.objects.select_for_update(no_key=True).filter(pk=learner_id).first() is not None


def hold_learners(learner_ids: Collection[UUID]) -> Mapping[UUID, NamedLearner]:
    """Keep the learners from being erased until the caller's transaction ends, and return them; one statement.

    Unknown ids are missing, also those of learners who were erased while this waited. Rows are locked by id.
    """
    return {
        learner_id: NamedLearner(learner_id, legal_name, member_state, tuple(languages))
        for learner_id, legal_name, member_state, languages in statements.lock_against_erasure(learner_ids)
    }
