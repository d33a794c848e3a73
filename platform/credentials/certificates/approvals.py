"""Versions of achievements: proposed by who writes them, approved by each authority for its own learners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from common.errors import NotFound
from credentials.certificates.errors import NotProposed, VersionApproved
from credentials.certificates.models import Achievement, AchievementVersion, Approval
from member_states import public as member_states
from privacy import public as privacy

REGIONAL = Approval.REGIONAL
_State = AchievementVersion.State


@dataclass(frozen=True)
class Offers:
    """What is awarded at a moment: the active approvals, by achievement and authority."""

    _approvals: Mapping[UUID, Mapping[str, Approval]]

    def of(self, achievement_id: UUID, state: str) -> Approval | None:
        """The approval that counts for learners of the member state: its own, or else the regional one."""
        by_authority = self._approvals.get(achievement_id, {})
        return by_authority.get(state) or by_authority.get(REGIONAL)

    def for_state(self, state: str) -> list[Approval]:
        """Those that count for learners of the member state, of each achievement at most one."""
        return [found for achievement_id in self._approvals if (found := self.of(achievement_id, state)) is not None]

    def everything(self) -> list[Approval]:
        """All of them, whomever they count for."""
        return [approval for by_authority in self._approvals.values() for approval in by_authority.values()]


def offers() -> Offers:
    """What is awarded now, with versions and achievements; one query."""
    found: dict[UUID, dict[str, Approval]] = defaultdict(dict)
    active = Approval.objects.filter(ended_at__isnull=True).select_related("version__achievement")
    for approval in active.order_by("achievement__slug", "achievement_id"):
        found[approval.achievement_id][approval.authority] = approval
    return Offers(dict(found))


@transaction.atomic
def number_draft(version: AchievementVersion) -> None:
    """Give an unsaved draft the next number of its achievement; the caller saves it in the same transaction."""
    Achievement.objects.select_for_update(no_key=True).get(pk=version.achievement_id)
    newest = AchievementVersion.objects.filter(achievement_id=version.achievement_id).aggregate(n=Max("number"))["n"]
    version.number = (newest or 0) + 1


@transaction.atomic
def propose(*, version_id: UUID, by: UUID, now: datetime) -> None:
    """Make a draft one that authorities can approve; a second call changes nothing.

    Raises:
        NotFound: there is no such version. NotProposed: it is closed.
    """
    version = _locked(version_id)
    if version.state == _State.PROPOSED:
        return
    if version.state == _State.CLOSED:
        raise NotProposed()
    AchievementVersion.objects.filter(pk=version_id).update(state=_State.PROPOSED, proposed_by=by, proposed_at=now)
    _audit(str(by), "achievement_version.proposed", version_id)


@transaction.atomic
def take_back(*, version_id: UUID, by: UUID) -> None:
    """Make a proposed version a draft again; a second call changes nothing.

    Raises:
        NotFound: there is no such version. NotProposed: it is closed. VersionApproved: an authority approved it.
    """
    version = _locked(version_id)
    if version.state == _State.DRAFT:
        return
    if version.state == _State.CLOSED:
        raise NotProposed()
    if Approval.objects.filter(version_id=version_id).exists():
        raise VersionApproved()
    AchievementVersion.objects.filter(pk=version_id).update(state=_State.DRAFT, proposed_by=None, proposed_at=None)
    _audit(str(by), "achievement_version.taken_back", version_id)


@transaction.atomic
def close(*, version_id: UUID, by: UUID) -> None:
    """Let no authority approve the version any more; approvals that it has go on. A second call changes nothing.

    Raises:
        NotFound: there is no such version.
    """
    if _locked(version_id).state == _State.CLOSED:
        return
    AchievementVersion.objects.filter(pk=version_id).update(state=_State.CLOSED)
    _audit(str(by), "achievement_version.closed", version_id)


@transaction.atomic
def approve(*, version_id: UUID, authority: str, by: UUID | None, now: datetime, actor: str = "") -> bool:
    """Have a version awarded to the authority's learners from now on, instead of the one before; whether that is new.

    An earlier approval of the authority for the same achievement ends in the same transaction. The caller has made sure
    that `by` decides for the authority.

    Args:
        authority: "regional" or the code of a member state. actor: of the audit log where nobody signed in.

    Raises:
        NotFound: there is no such version, or no such authority. NotProposed: it is a draft, or closed.
    """
    _require_authority(authority)
    version = _locked(version_id)
    active = Approval.objects.filter(
        achievement_id=version.achievement_id, authority=authority, ended_at__isnull=True
    ).first()
    if active is not None and active.version_id == version_id:
        return False
    if version.state != _State.PROPOSED:
        raise NotProposed()
    who = str(by) if by is not None else actor
    if active is not None:
        _end(active, by=by, who=who, now=now)
    Approval.objects.create(
        achievement_id=version.achievement_id,
        version_id=version_id,
        authority=authority,
        approved_by=by,
        approved_at=now,
    )
    _audit(who, "achievement_version.approved", version_id, authority=authority)
    return True


@transaction.atomic
def end_approval(*, version_id: UUID, authority: str, by: UUID, now: datetime) -> bool:
    """Let the authority's approval of the version end; whether there was an active one.

    What was awarded stays. A state's learners come under the regional approval, where there is one.

    Raises:
        NotFound: there is no such version, or no such authority.
    """
    _require_authority(authority)
    _locked(version_id)
    active = Approval.objects.filter(version_id=version_id, authority=authority, ended_at__isnull=True).first()
    if active is None:
        return False
    _end(active, by=by, who=str(by), now=now)
    return True


def _require_authority(authority: str) -> None:
    if authority != REGIONAL and authority not in member_states.codes():
        raise NotFound()


def _locked(version_id: UUID) -> AchievementVersion:
    """The version, under the lock of its achievement: of two who change approvals the second sees the first."""
    achievement = Achievement.objects.select_for_update(no_key=True, of=("self",)).filter(versions=version_id).first()
    if achievement is None:
        raise NotFound()
    return AchievementVersion.objects.select_for_update(no_key=True).get(pk=version_id)


def _end(approval: Approval, *, by: UUID | None, who: str, now: datetime) -> None:
    Approval.objects.filter(pk=approval.pk).update(ended_by=by, ended_at=now)
    _audit(who, "achievement_version.approval_ended", approval.version_id, authority=approval.authority)


def _audit(actor: str, action: str, version_id: UUID, **detail: str) -> None:
    privacy.audit(actor=actor, action=action, subject_kind="achievement_version", subject_id=str(version_id), **detail)
