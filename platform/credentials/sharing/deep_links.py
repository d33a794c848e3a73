"""Addresses with which a learner takes a certificate elsewhere. Pure: plain https links, nothing is called."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

# LinkedIn's "Add to profile" form: it opens with these values filled in and is sent by the learner alone.
_LINKEDIN = "https://www.linkedin.com/profile/add"


def verification_url(*, base_url: str, public_code: str) -> str:
    """The page that says what holds of a certificate."""
    return f"{base_url}/verify/{public_code}"


def credential_url(*, base_url: str, public_code: str) -> str:
    """The signed credential as JSON, for a wallet that imports by address.

    No wallet's own link is made: those that are documented (the Digital Credentials Consortium's request, OpenID4VCI's
    offer) lead to an exchange with the issuer, which this platform does not offer.
    """
    return f"{verification_url(base_url=base_url, public_code=public_code)}/credential"


def linkedin_url(
    *, base_url: str, public_code: str, name: str, issuer: str, issued_at: datetime, valid_until: datetime | None
) -> str:
    """LinkedIn's form with a certificate filled in; months are numbers from 1, of the instants in UTC.

    Whoever sends the form publishes the certificate's address, and by it the name on the certificate.
    """
    values = {
        "startTask": "CERTIFICATION_NAME",
        "name": name,
        "organizationName": issuer,
        "issueYear": issued_at.year,
        "issueMonth": issued_at.month,
    }
    if valid_until is not None:
        values |= {"expirationYear": valid_until.year, "expirationMonth": valid_until.month}
    values |= {"certUrl": verification_url(base_url=base_url, public_code=public_code), "certId": public_code}
    return f"{_LINKEDIN}?{urlencode(values)}"
