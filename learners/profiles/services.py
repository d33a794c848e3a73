"""Creating and changing a profile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import public as accounts
from common.clock import rfc3339
from common.errors import Forbidden, InvalidInput
from events import public as events
from learners.events import ProfileChanged
from learners.profiles import rules, statements
from learners.profiles.errors import GuardianConsentRequired, NameIsCertified, NameNotPrintable, StateNotOpen
from learners.profiles.models import EarlierState, Learner
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


class Certificates(Protocol):
    """What is asked of the certificates, which stand above learners."""

    def unprintable_character(self, name: str) -> str | None:
        """Return the first character of the name that no font has, or None."""

    def newest_certificate(self, learner_id: UUID) -> UUID | None:
        """Return the newest certificate ever issued to the learner, whatever became of it, or None."""


def save_profile(
    *,
    learner_id: UUID,
    profile: Profile,
    now: datetime,
    may_change: Callable[[Learner | None], None],
    certificates: Certificates,
) -> tuple[Learner, bool]:
    """Create or replace the profile; return it and whether it is new.

    A second call with the same content changes and records nothing, whatever its preconditions are: its effect is
    there already (RFC 9110, section 13.1.1).

    Args:
        may_change: called with the stored profile, locked, or None; raises when the caller saw another version.

    Raises:
        GuardianConsentRequired: the person may be too young to consent alone; that the state was asked is remembered.
        InvalidInput: there is no such member state, or the birth year has not come yet.
        NameNotPrintable, NameIsCertified, StateNotOpen: see there.
    """
    if profile.member_state_id not in member_states.codes():
        raise InvalidInput(_("There is no such member state."), pointer="/member_state")
    if profile.birth_year > now.year:
        raise InvalidInput(_("This year has not come yet."), pointer="/birth_year")
    try:
        return _save(learner_id, profile, now, may_change, certificates)
    except GuardianConsentRequired:
        EarlierState.objects.get_or_create(user_id=learner_id, member_state_id=profile.member_state_id)
        raise


@transaction.atomic
def _save(
    learner_id: UUID,
    profile: Profile,
    now: datetime,
    may_change: Callable[[Learner | None], None],
    certificates: Certificates,
) -> tuple[Learner, bool]:
    # Whole, also against the locks of foreign keys: whoever issues a certificate holds the learner by one, and a name that is
    # about to stand on it does not change meanwhile.
    locked = Learner.objects.select_for_update()
    stored = locked.filter(pk=learner_id).first()
    _require_age(learner_id, profile, stored, now)
    if stored is None or stored.member_state_id != profile.member_state_id:
        _require_open(profile.member_state_id)
    if stored is None:
        require_printable(profile.legal_name, certificates.unprintable_character)
        may_change(None)
        created, is_new = Learner.objects.get_or_create(pk=learner_id, defaults=asdict(profile))
        if is_new:
            _record(created, "profile.created", [])
            return created, True
        stored = locked.get(pk=learner_id)
    changed = [name for name, value in asdict(profile).items() if getattr(stored, name) != value]
    if "legal_name" in changed and (certified := certificates.newest_certificate(learner_id)) is not None:
        if not rules.is_same_name(stored.legal_name, profile.legal_name):
            raise NameIsCertified(
                _("Ask for a correction of the certificate; a second person decides about it."),
                pointer="/legal_name",
                certificate_id=certified,
            )
        changed.remove("legal_name")
    if not changed:
        return stored, False
    if "legal_name" in changed:
        require_printable(profile.legal_name, certificates.unprintable_character)
    may_change(stored)
    before = stored.member_state_id
    for name in changed:
        setattr(stored, name, getattr(profile, name))
    stored.version += 1
    stored.save(update_fields=[*changed, "version"])
    if before != stored.member_state_id:
        EarlierState.objects.get_or_create(user_id=learner_id, member_state_id=before)
    _record(stored, "profile.changed", changed, before=before)
    return stored, False


def _require_age(learner_id: UUID, profile: Profile, stored: Learner | None, now: datetime) -> None:
    earlier = set(EarlierState.objects.filter(user_id=learner_id).values_list("member_state_id", flat=True))
    if stored is not None:
        earlier.add(stored.member_state_id)
    here = _minimum_age(profile.member_state_id)
    minimum = max(here, *map(_minimum_age, earlier)) if earlier else here
    if rules.surely_of_age(birth_year=profile.birth_year, year=now.year, minimum=minimum):
        return
    detail = (
        _("In this state the programme lets people consent alone from the age of %(age)d, counted by whole years.")
        if minimum == here
        else _("This account was in a state where people consent alone from the age of %(age)d; that still holds.")
    )
    raise GuardianConsentRequired(detail % {"age": minimum}, pointer="/birth_year", minimum_age=minimum)


def _require_open(state: str) -> None:
    language = privacy.language_awaiting_review(state)
    if language is not None:
        raise StateNotOpen(pointer="/member_state", language=language)


def _minimum_age(state: str) -> int:
    return int(member_states.rule(state, "own_consent_min_age").value)


def require_printable(name: str, unprintable_character: Callable[[str], str | None]) -> None:
    """Raises: NameNotPrintable, if `unprintable_character` finds one in the name."""
    character = unprintable_character(name)
    if character is not None:
        code_point = f"U+{ord(character):04X}"
        raise NameNotPrintable(
            _("The character %(character)s (%(code_point)s) is in none of the fonts. Please write the name without it.")
            % {"character": character, "code_point": code_point},
            pointer="/legal_name",
            character=code_point,
        )


@transaction.atomic
def correct_name(*, learner_id: UUID, legal_name: str, decided_by: UUID) -> None:
    """Write the name of an approved correction into the profile, for what is issued from now on; a repeat changes nothing.

    Nothing happens when the learner has been erased.
    """
    stored = Learner.objects.select_for_update().filter(pk=learner_id).first()
    if stored is None or stored.legal_name == legal_name:
        return
    stored.legal_name = legal_name
    stored.version += 1
    stored.save(update_fields=["legal_name", "version"])
    _record(stored, "profile.name_corrected", ["legal_name"], actor=decided_by)


def _record(
    learner: Learner, action: str, changed: list[str], *, before: str | None = None, actor: UUID | None = None
) -> None:
    detail = {"changed": changed} if changed else {}
    if before is not None and before != learner.member_state_id:
        detail |= {"from_state": [before], "to_state": [learner.member_state_id]}
    privacy.audit(
        actor=str(actor or learner.pk),
        action=action,
        subject_kind="learner",
        subject_id=str(learner.pk),
        **detail,
    )
    events.record(ProfileChanged(learner_id=learner.pk, member_state=learner.member_state_id))


@transaction.atomic
def hand_over_recovery_code(*, learner_id: UUID, actor_id: UUID, now: datetime) -> accounts.HandedOver:
    """Make a code by which the learner sets a new password; one that was handed over before ends.

    Raises:
        Forbidden: the account is one of staff, or is not active.
    """
    try:
        handed_over = accounts.hand_over_code(user_id=learner_id, by=actor_id, now=now)
    except PermissionError as error:
        raise Forbidden from error
    privacy.audit(
        actor=str(actor_id),
        action="learner.recovery_code_handed_over",
        subject_kind="learner",
        subject_id=str(learner_id),
        expires_at=[rfc3339(handed_over.expires_at)],
    )
    return handed_over


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
