"""What can be wrong with a request about certificates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NotRevocable(DomainError):
    """There is no active certificate with this id: it is revoked already, or does not exist."""

    code, status, title = "certificate_not_revocable", 409, _("This certificate cannot be revoked")


class CertificateWithdrawn(DomainError):
    """The certificate was revoked, or what is stored is not what was signed: it is not put on paper any more."""

    code, status, title = "certificate_withdrawn", 410, _("This certificate was withdrawn")


class GlyphMissing(DomainError):
    """None of the fonts has a character of the certificate; `character` is its code point. Boxes are never drawn."""

    code, status, title = "glyph_missing", 422, _("A character of this certificate cannot be drawn")


class TooManyCredentials(DomainError):
    """One request checks 1,000 credentials at most: send the rest in another."""

    code, status, title = "too_many_credentials", 422, _("These are too many certificates at once")


class CredentialsTooLarge(DomainError):
    """The body is larger than 1,000 credentials can be, or the file larger than any certificate."""

    code, status, title = "credentials_too_large", 413, _("This is too large")
