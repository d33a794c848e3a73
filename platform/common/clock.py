"""The one clock. Views and tasks read it once and pass the instant on; rules never read it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return timezone.now()


def rfc3339(instant: datetime) -> str:
    """Format an aware instant as RFC 3339 in UTC with a `Z`, to the millisecond."""
    from datetime import UTC

    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
