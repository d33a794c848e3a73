"""The secret in a link's address.

It follows from the installation's secret key and the row's salt, so the owner may be told it again (an answer lost on a
bad line, a link to be sent once more) although the database holds its digest only: neither a copy of the database nor the
key alone opens a link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

# So long a visitor changes the page's language without another view. It stands in the address: whoever is sent such an
# address sees the page for as long, and is counted after that.
SEEN_FOR: Final = timedelta(minutes=10)


def token_of(share_id: UUID, salt: bytes, *, key: str | None = None) -> str:
    """The token of a link: 160 bits as 32 letters and digits of base 32, in lower case and without padding.

    Under the present secret key unless another is given.
    """
    message = b"credentials.sharing" + share_id.bytes + salt
    drawn = hmac.digest((key or settings.SECRET_KEY).encode(), message, hashlib.sha256)
    return base64.b32encode(drawn[:20]).decode().lower()


def digest_of(token: str) -> bytes:
    """SHA-256 of a token. It is random enough that a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).digest()


def known_token(share_id: UUID, salt: bytes, token_sha256: bytes) -> str | None:
    """The token whose digest is stored; None when the secret key it came from was given up."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = token_of(share_id, salt, key=key)
        if hmac.compare_digest(digest_of(token), token_sha256):
            return token
    return None


def seen_now(token: str) -> str:
    """A mark that a view of this link was counted just now, signed by the secret key: 6 to 7 + 43 characters."""
    return _signer(token).sign("").removeprefix(":")


def was_seen(token: str, mark: str) -> bool:
    """Whether `mark` says that a view of this link was counted within `SEEN_FOR`."""
    try:
        _signer(token).unsign(f":{mark[:100]}", max_age=SEEN_FOR)
    except BadSignature:
        return False
    return True


def _signer(token: str) -> TimestampSigner:
    return TimestampSigner(salt=f"credentials.sharing.seen {token}")
