"""The secret in a link's address.

It follows from the installation's secret key and the row's salt, so the owner may be told it again (an answer lost on a
bad line, a link to be sent once more) although the database holds its digest only: neither a copy of the database nor the
key alone opens a link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from uuid import UUID

from django.conf import settings

# 160 bits in lower-case base 32, which has no padding at that length.
_TOKEN = re.compile(r"[a-z2-7]{32}")


def token_of(share_id: UUID, salt: bytes, *, key: str | None = None) -> str:
    """The token of a link, 32 characters; under the present secret key unless another is given."""
    message = b"credentials.sharing" + share_id.bytes + salt
    drawn = hmac.digest((key or settings.SECRET_KEY).encode(), message, hashlib.sha256)
    return base64.b32encode(drawn[:20]).decode().lower()


def digest_of(token: str) -> bytes:
    """SHA-256 of a token. It is random enough that a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).digest()


def is_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def known_token(share_id: UUID, salt: bytes, token_sha256: bytes) -> str | None:
    """The token whose digest is stored; None when the secret key it came from was given up."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = token_of(share_id, salt, key=key)
        if hmac.compare_digest(digest_of(token), token_sha256):
            return token
    return None
