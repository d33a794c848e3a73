"""Reading consents: the newest record of a person per purpose and agency holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, TextField, UUIDField
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from common.queries import Given, KeptQuery
from privacy.consents.errors import ConsentMissing
from privacy.models import ConsentRecord


@KeptQuery
def _newest(is_of_an_agency: bool) -> QuerySet[ConsentRecord, bool]:
    records = ConsentRecord.objects.filter(user_id=Given("user", UUIDField()), purpose_id=Given("purpose", TextField()))
    records = (
        records.filter(agency_id=Given("agency", UUIDField()))
        if is_of_an_agency
        else records.filter(agency_id__isnull=True)
    )
    return records.order_by("-ordinal").values_list("given", flat=True)[:1]


def has_consent(*, user_id: UUID, purpose: str, agency_id: UUID | None = None) -> bool:
    """Whether the newest record of that purpose (and agency) gives consent."""
    return _newest.first(agency_id is not None, user=user_id, purpose=purpose, agency=agency_id) is True


def consents(*, user: str, purpose: str) -> Combinable:
    """Return `has_consent` as an annotation of a queryset, whose field `user` has the id of the person."""
    newest = (
        ConsentRecord.objects.filter(user_id=OuterRef(user), purpose_id=purpose, agency_id__isnull=True)
        .order_by("-ordinal")
        .values("given")[:1]
    )
    return Coalesce(Subquery(newest), False)


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
