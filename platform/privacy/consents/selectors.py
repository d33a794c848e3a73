"""Reading consents: the newest record of a person per purpose and agency holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from common.database import run_prepared
from privacy.consents.errors import ConsentMissing
from privacy.models import ConsentRecord

# Every write of a learner comes through here, so that it does not compose the same query anew.
_NEWEST = (
    "SELECT given FROM privacy_consentrecord WHERE user_id = {user} AND purpose_id = %s::text AND agency_id {agency} "
    "ORDER BY ordinal DESC LIMIT 1"
)
_OF_NO_AGENCY = _NEWEST.format(user="%s::uuid", agency="IS NULL")
_OF_AN_AGENCY = _NEWEST.format(user="%s::uuid", agency="= %s::uuid")


def has_consent(*, user_id: UUID, purpose: str, agency_id: UUID | None = None) -> bool:
    """Whether the newest record of that purpose (and agency) gives consent."""
    if agency_id is None:
        newest = run_prepared(_OF_NO_AGENCY, [user_id, purpose])
    else:
        newest = run_prepared(_OF_AN_AGENCY, [user_id, purpose, agency_id])
    return bool(newest) and newest[0][0] is True


def has_consent_sql(*, user: str) -> str:
    """Return `has_consent` as an expression for a statement that reads other things too; it takes the purpose as value.

    Args:
        user: the column that has the user's id there.
    """
    return f"coalesce(({_NEWEST.format(user=user, agency='IS NULL')}), false)"


def require_consent(*, user_id: UUID, purpose: str, agency_id: UUID | None = None) -> None:
    """Do nothing if has_consent.

    Raises:
        ConsentMissing: otherwise.
    """
    if not has_consent(user_id=user_id, purpose=purpose, agency_id=agency_id):
        raise ConsentMissing(purpose=purpose, agency_id=agency_id)


def users_with_consent(*, user_ids: Iterable[UUID], purpose: str) -> frozenset[UUID]:
    """Those of `user_ids` of whom has_consent(purpose=purpose) holds, in one query."""
    newest = (
        ConsentRecord.objects.filter(user_id__in=list(user_ids), purpose_id=purpose, agency_id__isnull=True)
        .order_by("user_id", "-ordinal")
        .distinct("user_id")
        .values_list("user_id", "given")
    )
    return frozenset(user_id for user_id, given in newest if given)


def agencies_consented_to(*, user_ids: Iterable[UUID], purpose: str) -> Mapping[UUID, frozenset[UUID]]:
    """The agencies each user consents to now, in one query; users without any are missing."""
    newest = (
        ConsentRecord.objects.filter(user_id__in=list(user_ids), purpose_id=purpose, agency_id__isnull=False)
        .order_by("user_id", "agency_id", "-ordinal")
        .distinct("user_id", "agency_id")
        .values_list("user_id", "agency_id", "given")
    )
    consented: dict[UUID, set[UUID]] = {}
    for user_id, agency_id, given in newest:
        if given and agency_id is not None:
            consented.setdefault(user_id, set()).add(agency_id)
    return {user_id: frozenset(agencies) for user_id, agencies in consented.items()}


def users_consenting_to(*, agency_id: UUID, purpose: str) -> frozenset[UUID]:
    """Everybody who consents to this agency now, in one query."""
    newest = (
        ConsentRecord.objects.filter(agency_id=agency_id, purpose_id=purpose)
        .order_by("user_id", "-ordinal")
        .distinct("user_id")
        .values_list("user_id", "given")
    )
    return frozenset(user_id for user_id, given in newest if given)


def current(*, user_id: UUID) -> Sequence[ConsentRecord]:
    """The record that holds for each purpose and agency the person ever spoke about, one query, agencies joined."""
    return list(
        ConsentRecord.objects.filter(user_id=user_id)
        .select_related("agency")
        .order_by("purpose_id", "agency_id", "-ordinal")
        .distinct("purpose_id", "agency_id")
    )


def history(*, user_id: UUID, after: int | None, limit: int) -> Sequence[ConsentRecord]:
    """At most `limit` of the person's records behind the ordinal `after`, newest first."""
    records = ConsentRecord.objects.filter(user_id=user_id).select_related("agency").order_by("-ordinal")
    if after is not None:
        records = records.filter(ordinal__lt=after)
    return list(records[:limit])
