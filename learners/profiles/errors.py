"""What can go wrong with profiles."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class ProfileMissing(DomainError):
    """The account has no learner's profile yet: PUT /api/v1/me/profile first."""

    code, status, title = "profile_missing", 409, _("Please fill in your profile first")


class NameNotPrintable(DomainError):
    """None of the fonts of this installation has `character` (a code point, `U+1F389`) of the legal name, so no certificate
    could be printed."""

    code, status, title = "name_not_printable", 400, _("This name cannot be printed on a certificate")
    member_types = {"character": str}


class NameIsCertified(DomainError):
    """A certificate was issued to this name, so it changes by a correction of `certificate_id` only, which a second person
    decides: `PUT /api/v1/me/certificates/{certificate_id}/corrections/{id}`."""

    code, status, title = "name_is_certified", 409, _("This name stands on a certificate")
    member_types = {"certificate_id": UUID}


class StateNotOpen(DomainError):
    """Nobody can begin in this member state yet: no person has reviewed the consent that learning needs in `language`, the
    state's main language."""

    code, status, title = "state_not_open", 409, _("This member state is not open yet")
    member_types = {"language": str}


class GuardianConsentRequired(DomainError):
    """The person may be younger than `minimum_age`: the age from which one consents alone in the state, or in one where
    this account asked or was before, whichever is higher. The programme has no way yet to record a guardian's consent, so
    no profile can be made."""

    code, status, title = "guardian_consent_required", 403, _("A guardian has to consent first")
    member_types = {"minimum_age": int}
