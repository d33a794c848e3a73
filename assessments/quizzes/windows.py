"""When a quiz is open: windows of local time, for everybody or for a cohort. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Window:
    """From `opens` until before `closes`, as clocks on the wall of an IANA zone show it.

    `cohort` is the code of the cohort it is for; None: everybody who is in no cohort that has a window of its own.
    """

    opens: datetime
    closes: datetime
    zone: str
    cohort: str | None = None

    @property
    def opens_at(self) -> datetime:
        """The instant in UTC."""
        return self.opens.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def closes_at(self) -> datetime:
        """The instant in UTC."""
        return self.closes.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True)
class Opening:
    """What holds for a learner at an instant: whether the quiz is open, and the window that says so.

    `window` is the one that is open, else the next to open, else the last that was; None when none is for the learner.
    """

    is_open: bool
    window: Window | None


def read_windows(entries: Iterable[Mapping[str, Any]]) -> tuple[Window, ...]:
    """Return the windows of a valid blueprint."""
    return tuple(
        Window(
            datetime.fromisoformat(entry["opens"]),
            datetime.fromisoformat(entry["closes"]),
            entry["zone"],
            entry.get("cohort"),
        )
        for entry in entries
    )


def opening(windows: Sequence[Window], *, cohorts: Collection[str], now: datetime) -> Opening:
    """Return whether a quiz is open to a member of `cohorts`; one without windows always is.

    The windows of a learner's cohorts take the place of those for everybody: a group that sits on another day does so.
    """
    if not windows:
        return Opening(True, None)
    own = [window for window in windows if window.cohort in cohorts] if cohorts else []
    mine = sorted(own or [window for window in windows if window.cohort is None], key=lambda entry: entry.opens_at)
    for row in mine:
        if row.opens_at <= now < row.closes_at:
            return Opening(True, row)
    coming = [row for row in mine if row.opens_at > now]
    return Opening(False, coming[0] if coming else mine[-1] if mine else None)


def are_over(windows: Sequence[Window], *, now: datetime) -> bool:
    """Whether every window has closed, whosever; true when there are none."""
    return all(window.closes_at <= now for window in windows)


# Of the common era: a quiz is held in none before, and in none after it for a century.
_YEARS = range(2000, 2200)
# What calendars of the region count from. Buddhist era as in Thailand, Laos and Cambodia; Reiwa began in 2019.
_BUDDHIST, _REIWA = 543, 2018


def year_issue(year: int) -> str | None:
    """Return what is wrong with the year of a window, and the year that was meant if it is one of another calendar."""
    if year in _YEARS:
        return None
    for meant, calendar in ((year - _BUDDHIST, "the Buddhist era"), (year + _REIWA, "Reiwa")):
        if meant in range(_YEARS.start, 2100) and (calendar != "Reiwa" or year < 80):
            return f"{year} is a year of {calendar}: write {meant}"
    return f"{year} is no year of the common era in which a quiz is held: write 2026"


def wall_time_issue(local: datetime, zone: str) -> str | None:
    """Return what is wrong with a wall time in a zone where clocks are changed, None when nothing is."""
    there = ZoneInfo(zone)
    at = local.replace(tzinfo=there)
    if at.astimezone(UTC).astimezone(there).replace(tzinfo=None) != local:
        return f"does not exist in {zone}: clocks are put forward over it"
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        return f"comes twice in {zone}: clocks are put back over it"
    return None
