"""Recording what a person allows others to do with their data."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts import public as accounts
from common.languages import canonical
from events import public as events
from privacy.audit.services import audit
from privacy.consents.errors import (
    AgencyMismatch,
    ConsentRecordConflict,
    UnknownAgency,
    UnknownPurpose,
    UnknownText,
)
from privacy.events import ConsentChanged
from privacy.models import ConsentRecord, Purpose, PurposeText


@transaction.atomic
def record_consent(
    *,
    user_id: UUID,
    record_id: UUID,
    purpose: str,
    agency_id: UUID | None,
    agency_active: bool | None,
    given: bool,
    text_version: int,
    text_language: str,
    channel: str = "api",
) -> tuple[ConsentRecord, bool]:
    """Append one record; a second call with the same id and content returns the first. The flag says if it is new.

    Records of one person are written one after the other, so that the newest is the one they made last.

    Args:
        agency_active: whether the agency is active; None when there is no such agency, or none is named.

    Raises:
        ConsentRecordConflict: the id is taken by a record of this person that says something else.
        UnknownPurpose, AgencyMismatch, UnknownAgency, UnknownText: see their docstrings; nothing was written.
    """
    text_language = canonical(text_language)
    accounts.hold(user_id=user_id)
    first = ConsentRecord.objects.select_related("agency").filter(user_id=user_id, record_id=record_id).first()
    if first is not None:
        content = (first.purpose_id, first.agency_id, first.given, first.text_version, first.text_language)
        if content != (purpose, agency_id, given, text_version, text_language):
            raise ConsentRecordConflict()
        return first, False
    _check(purpose, agency_id, agency_active, given=given, text_version=text_version, text_language=text_language)
    record = ConsentRecord.objects.create(
        record_id=record_id,
        user_id=user_id,
        purpose_id=purpose,
        agency_id=agency_id,
        given=given,
        text_version=text_version,
        text_language=text_language,
        channel=channel,
    )
    record.refresh_from_db(fields=["recorded_at"])
    audit(
        actor=str(user_id),
        action="consent_given" if given else "consent_withdrawn",
        subject_kind="user",
        subject_id=str(user_id),
        purpose=purpose,
        agency_id=agency_id,
        record_id=record_id,
    )
    events.record(ConsentChanged(user_id=user_id, purpose=purpose, agency_id=agency_id, given=given))
    return record, True


def _check(
    purpose: str,
    agency_id: UUID | None,
    agency_active: bool | None,
    *,
    given: bool,
    text_version: int,
    text_language: str,
) -> None:
    found = Purpose.objects.filter(pk=purpose).first()
    if found is None:
        raise UnknownPurpose(pointer="/purpose")
    if found.per_agency is (agency_id is None):
        raise AgencyMismatch(pointer="/agency_id")
    if not PurposeText.objects.filter(purpose=found, version=text_version, language=text_language).exists():
        raise UnknownText(pointer="/text_version")
    # Consent to an agency that has left cannot be given, and can still be withdrawn.
    if agency_id is not None and (agency_active is None or (given and not agency_active)):
        raise UnknownAgency(pointer="/agency_id")
