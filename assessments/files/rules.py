"""Which files may be handed in. Pure: no Django, no clock."""

from __future__ import annotations

from typing import Annotated

from assessments.files.metadata import PNG
from common.schemas import Keywords

MAX_BYTES = 5 * 1024 * 1024
PDF, JPEG, PNG_TYPE, PLAIN = "application/pdf", "image/jpeg", "image/png", "text/plain"
ENDINGS = {PDF: "pdf", JPEG: "jpg", PNG_TYPE: "png", PLAIN: "txt"}
MEDIA_TYPES = list(ENDINGS)
MediaType = Annotated[str, Keywords(enum=MEDIA_TYPES)]


def sniffed(body: bytes) -> str | None:
    """Return the type that the bytes show, whatever the caller called them; None: one that is not taken.

    Types that carry programs (office files with macros, HTML, SVG, archives) are not among them; HTML that is called plain
    text is kept, and served, as plain text.
    """
    if body.startswith(b"%PDF-"):
        return PDF
    if body.startswith(b"\xff\xd8\xff"):
        return JPEG
    if body.startswith(PNG):
        return PNG_TYPE
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return PLAIN if text.strip() and not any(char < " " and char not in "\t\n\r\f" for char in text) else None
