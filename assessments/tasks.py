"""The workers' entry points; the work is in the slices' services."""

from __future__ import annotations

from celery import shared_task

from assessments.analysis.selectors import dif_findings
from assessments.appeals import services as appeals
from assessments.appeals.selectors import outcomes_by_learner, overdue_at
from assessments.attempts import grading
from assessments.fairness import services as fairness
from assessments.fairness.sources import DifFinding, Sources
from assessments.integrity import services as integrity
from common import clock

SOURCES = Sources(
    decided_appeals=outcomes_by_learner,
    overdue_appeals=overdue_at,
    dif_findings=lambda: [DifFinding(*dif_finding) for dif_finding in dif_findings()],
)


@shared_task(name="assessments.close_expired")
def close_expired() -> None:
    """Close attempts whose time is over; beat sends this."""
    grading.close_expired(now=clock.now())


@shared_task(name="assessments.analyse_items")
def analyse_items() -> None:
    """Make today's item analysis of every course that lacks it; beat sends this nightly."""
    from assessments.analysis import services as analysis  # numpy comes along: only this job pays for it

    analysis.analyse_all(now=clock.now())


@shared_task(name="assessments.monitor_fairness")
def monitor_fairness() -> None:
    """Compare groups and store the report of the day; nightly, after the item analysis."""
    fairness.monitor(now=clock.now(), sources=SOURCES)


@shared_task(name="assessments.look_for_hints")
def look_for_hints() -> None:
    """Look for attempts that a person should review, and delete old hints; nightly."""
    from assessments.integrity import search  # numpy comes along: only this job pays for it

    now = clock.now()
    search.search_new_attempts(now=now)
    integrity.forget(now=now)


@shared_task(name="assessments.note_overdue_appeals")
def note_overdue_appeals() -> None:
    """Note and publish that appeals were not decided in time; beat sends this."""
    appeals.note_overdue(now=clock.now())
