"""What can go wrong with consents."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class ConsentMissing(DomainError):
    """The person has not consented to this use of their data, or has withdrawn it; `purpose` names what is missing."""

    code, status, title = "consent_missing", 403, _("A consent is missing for this")
    member_types = {"purpose": str, "agency_id": UUID | None}


class UnknownPurpose(DomainError):
    """`purpose` is not one of `GET /api/v1/purposes`."""

    code, status, title = "unknown_purpose", 400, _("There is no such purpose")


class UnknownAgency(DomainError):
    """`agency_id` names no agency that one can consent to."""

    code, status, title = "unknown_agency", 400, _("There is no such agency")


class AgencyMismatch(DomainError):
    """The purpose is consented to per agency and `agency_id` is missing, or it is not and `agency_id` is given."""

    code, status, title = "agency_mismatch", 400, _("The agency does not fit the purpose")


class UnknownText(DomainError):
    """There is no text of this purpose in that version and language: nobody can have read it."""

    code, status, title = "unknown_text", 400, _("There is no such text to consent to")


class ConsentRecordConflict(DomainError):
    """The person already has a record of this id that says something else; make a new id for a new statement."""

    code, status, title = "consent_record_conflict", 409, _("This record already says something else")
