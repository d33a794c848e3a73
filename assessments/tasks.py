"""The workers' entry points; the work is in the slices' services."""

from __future__ import annotations

from celery import shared_task

from assessments.attempts import grading
from common import clock


@shared_task(name="assessments.close_expired")
def close_expired() -> None:
    """Close attempts whose time is over; beat sends this."""
    grading.close_expired(now=clock.now())


@shared_task(name="assessments.analyse_items")
def analyse_items() -> None:
    """Make today's item analysis of every edition that lacks it; beat sends this nightly."""
    from assessments.analysis import services as analysis  # numpy comes along: only this job pays for it

    analysis.analyse_all(now=clock.now())
