"""Rendered once: a page is made when it is first asked for, and stored for every process (table `Rendering`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from common.caches import ProcessCache
from credentials.paper.models import Rendering
from credentials.paper.typesetting import Sheet, Typesetter

RETENTION = timedelta(days=7)
_MAX_BYTES = 8 * 1024 * 1024


# The newest few megabytes, in this process.
_near: ProcessCache[str, bytes] = ProcessCache(most=_MAX_BYTES, size=len)


def get_or_render(sheet: Sheet, *, typesetter: Typesetter, certificate_id: UUID) -> bytes:
    """Return the sheet's bytes: from this process, from the table (one query), or rendered now and stored (one more).

    Raises:
        GlyphMissing: a character is in none of the fonts; nothing is stored.
    """
    key = typesetter.key(sheet)
    rendered = _near.get(key)
    if rendered is None:
        stored = Rendering.objects.filter(sha256=key).values_list("body", flat=True).first()
        if stored is not None:
            rendered = bytes(stored)
        else:
            rendered = typesetter.make(sheet)
            # Two processes that make the same at a time make the same bytes; the second insert is ignored.
            Rendering.objects.bulk_create(
                [Rendering(sha256=key, certificate_id=certificate_id, body=rendered)], ignore_conflicts=True
            )
        _near.put({key: rendered})
    return rendered


def delete_old_renderings(*, now: datetime) -> int:
    """Delete what was made more than `RETENTION` ago, and return how many; a second call deletes nothing."""
    deleted, _ = Rendering.objects.filter(made_at__lt=now - RETENTION).delete()
    return deleted
