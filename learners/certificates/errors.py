"""What can be wrong with a request about certificates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NotRevocable(DomainError):
    """There is no active certificate with this id: it is revoked already, or does not exist."""

    code, status, title = "certificate_not_revocable", 409, _("This certificate cannot be revoked")


class CertificateWithdrawn(DomainError):
    """The certificate was revoked, suspended or replaced, or is not what was signed: no paper and no picture is made."""

    code, status, title = "certificate_withdrawn", 410, _("This certificate was withdrawn")


class GlyphMissing(DomainError):
    """None of the fonts has a character of the certificate; `character` is its code point. Boxes are never drawn."""

    code, status, title = "glyph_missing", 422, _("A character of this certificate cannot be drawn")
