"""What can be wrong with a request about certificates."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, NotFound
from credentials.certificates.rules import MissingForCertificate


class NotACertificateCode(NotFound):
    """What stands in the address cannot be a certificate's code, whatever is stored: `detail` says what is wrong with it."""

    code, title = "not_a_certificate_code", _("This is not a certificate code.")


class NotACompactCertificate(NotFound):
    """What stands in the address is no compact certificate: a part of what a QR code holds is missing, or it was mistyped."""

    code, title = "not_a_compact_certificate", _("This QR code cannot be read.")


class NotRevocable(DomainError):
    """There is no certificate with this id that is not withdrawn: it is revoked or superseded, or does not exist."""

    code, status, title = "certificate_not_revocable", 409, _("This certificate cannot be revoked")


class CertificateWithdrawn(DomainError):
    """The certificate was revoked, suspended or replaced, or is not what was signed: no paper and no picture is made."""

    code, status, title = "certificate_withdrawn", 410, _("This certificate was withdrawn")


class GlyphMissing(DomainError):
    """None of the fonts has a character of the certificate; `character` is its code point. Boxes are never drawn."""

    code, status, title = "glyph_missing", 422, _("A character of this certificate cannot be drawn")
    member_types = {"character": str}


class NotSuspendable(DomainError):
    """There is no active certificate with this id."""

    code, status, title = "certificate_not_suspendable", 409, _("This certificate cannot be suspended")


class NotReinstatable(DomainError):
    """There is no suspended certificate with this id: what is revoked or superseded stays so."""

    code, status, title = "certificate_not_reinstatable", 409, _("This certificate cannot be reinstated")


class NotCorrectable(DomainError):
    """Only an active certificate that has not expired is corrected; `certificate_status` is its status."""

    code, status, title = "certificate_not_correctable", 409, _("This certificate cannot be corrected")
    member_types = {"certificate_status": str}


class CorrectionOpen(DomainError):
    """Another correction of this certificate waits to be decided."""

    code, status, title = "correction_open", 409, _("A correction of this certificate is being looked at already")


class CorrectionIdTaken(DomainError):
    """The id was used before for something else."""

    code, status, title = "correction_id_taken", 409, _("This id is used already")


class CorrectionDecided(DomainError):
    """Somebody decided this correction already, in another way."""

    code, status, title = "correction_decided", 409, _("This correction was decided already")


class NameUnchanged(DomainError):
    """The certificate has this name already."""

    code, status, title = "name_unchanged", 422, _("The certificate has this name already")


class SecondPersonNeeded(DomainError):
    """Whoever asked for it cannot approve it: two persons are needed."""

    code, status, title = "second_person_needed", 409, _("Another person has to approve this")


class AlreadyApproved(DomainError):
    """Somebody approved this already."""

    code, status, title = "already_approved", 409, _("This was approved already")


class UnknownCertificates(DomainError):
    """Some of the certificates do not exist, or the person may not know of them; `certificates` are their ids."""

    code, status, title = "unknown_certificates", 422, _("Some of these certificates do not exist")
    member_types = {"certificates": list[str]}


class NotRenewable(DomainError):
    """A certificate that was revoked, suspended or superseded is not renewed; `certificate_status` is its status."""

    code, status, title = "certificate_not_renewable", 409, _("This certificate cannot be renewed")
    member_types = {"certificate_status": str}


class RenewalTooEarly(DomainError):
    """The certificate may be renewed from `renewable_from` on."""

    code, status, title = "renewal_too_early", 409, _("It is too early to renew this certificate")
    member_types = {"renewable_from": datetime}


class RenewalNotEarned(DomainError):
    """The learner does not meet what the achievement asks for today; `missing` says what is missing."""

    code, status, title = "renewal_not_earned", 409, _("Something is still missing for the renewal")
    member_types = {"missing": list[MissingForCertificate]}


class NotProposed(DomainError):
    """The version is a draft or closed: no authority can approve it."""

    code, status, title = "version_not_proposed", 409, _("This version is not proposed")


class VersionApproved(DomainError):
    """An authority approved the version; it never changes again."""

    code, status, title = "version_approved", 409, _("This version was approved already")


class AchievementRetired(DomainError):
    """No version of the achievement is awarded any more to learners of this member state."""

    code, status, title = "achievement_retired", 410, _("This achievement is not awarded any more")


class TooManyCredentials(DomainError):
    """One request checks 1,000 credentials at most: send the rest in another."""

    code, status, title = "too_many_credentials", 422, _("These are too many certificates at once")


class CredentialsTooLarge(DomainError):
    """The body is larger than 1,000 credentials can be, or the file larger than any certificate."""

    code, status, title = "credentials_too_large", 413, _("This is too large")
