"""What callers give for a code: in an address, in the form, as a link. Every way to a certificate by its code begins here."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.errors import NotFound
from credentials.certificates import selectors
from credentials.certificates.codes import Link, NotACode, link_in
from credentials.certificates.errors import NotACertificateCode
from credentials.certificates.models import Certificate

# So much of what was typed stands in the form again.
MAX_TYPED: Final = 300
_PAGES: Final = {"verify": "/verify/", "q": "/verify/q/", "shared": "/shared/"}


def address_of(link: Link, *, language: str) -> str:
    """Return the page's address."""
    return f"{_PAGES[link.kind]}{quote(link.part)}?{urlencode({'language': language})}"


def certificate_of(given: str) -> Certificate:
    """Return the certificate of a code as it stands in an address.

    Raises:
        NotACertificateCode: it cannot be a code.
        NotFound: no certificate has the code.
    """
    try:
        link = link_in(given)
    except NotACode as error:
        raise NotACertificateCode(what_is_wrong(error)) from error
    certificate = selectors.by_code(link.part) if link.kind == "verify" else None
    if certificate is None:
        raise NotFound()
    return certificate


def what_is_wrong(error: NotACode) -> str | Promise:
    """Say in the caller's language why a text is no code."""
    if error.several:
        return _("There are two certificates here: check one at a time.")
    if error.own:
        return _("This is the address of this site. Type the code that is on the certificate.")
    if error.host:
        # The site is named in full: one letter of it may be what matters.
        return format_lazy(_("This link leads to another site: {host}"), host=error.host[:100])
    if error.stranger:
        return format_lazy(_("No code has this character: {character}"), character=error.stranger)
    return format_lazy(_("A code has 26 letters and digits. This has: {count}"), count=error.count)


def located(response: HttpResponse, certificate: Certificate, part: str = "") -> HttpResponse:
    """Say at which address the same is found always (Content-Location, RFC 9110, section 8.7): the one without what was mistyped.

    Answered at once and not by a redirect: the answer is private and made anew each time, so that no cache has two of it, and a
    redirect would cost a phone another round trip.
    """
    response["Content-Location"] = f"/verify/{certificate.public_code}{part}"
    return response
