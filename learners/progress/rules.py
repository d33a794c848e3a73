"""How reports from devices are merged, and when all lessons are done. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

# A device's clock may run ahead of ours by this much and is still believed.
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Report:
    """What a device says of one lesson: how far (per cent), and when done, if done.

    version: digest of the text that was done last, as the lesson's document names it; language: of that text; seen_at: when it
    was done. All three are there, or none.
    """

    lesson_id: UUID
    furthest: int
    done_at: datetime | None
    version: str = ""
    language: str = ""
    seen_at: datetime | None = None


def believable(done_at: datetime | None, *, enrolled_at: datetime, now: datetime) -> datetime | None:
    """Return the instant as far as it can be true: not before the enrolment, not in the future."""
    if done_at is None:
        return None
    if done_at > now + CLOCK_SKEW:
        done_at = now
    return max(done_at, enrolled_at)


def merge(reports: Iterable[Report]) -> list[Report]:
    """Return one report per lesson, by lesson id: the furthest point, the first time done, the version that was done last.

    Merging is commutative, associative and idempotent, so devices may report in any order and as often as they like.
    """
    merged: dict[UUID, Report] = {}
    for report in reports:
        other = merged.get(report.lesson_id, report)
        times = [at for at in (report.done_at, other.done_at) if at is not None]
        last = max(report, other, key=_last)
        merged[report.lesson_id] = Report(
            report.lesson_id,
            max(report.furthest, other.furthest),
            min(times, default=None),
            last.version,
            last.language,
            last.seen_at,
        )
    return [merged[lesson_id] for lesson_id in sorted(merged)]


def _last(report: Report) -> tuple[bool, float, str, str]:
    """By when the version was done; the digest decides between two at the same instant, so that the order does not."""
    seen_at = report.seen_at
    return seen_at is not None, seen_at.timestamp() if seen_at else 0.0, report.version, report.language


def all_done_at(
    lessons: Collection[UUID], *, done: Mapping[UUID, datetime], waived: Mapping[UUID, datetime]
) -> datetime | None:
    """Return when the last lesson was done or waived, whichever came first for each; None while one is neither."""
    instants = []
    for lesson in lessons:
        known = [by[lesson] for by in (done, waived) if lesson in by]
        if not known:
            return None
        instants.append(min(known))
    return max(instants, default=None)
