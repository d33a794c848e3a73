"""The workers' entry points; the work is in the slices' services."""

from __future__ import annotations

from celery import shared_task

from assessments.appeals import services as appeals
from assessments.attempts import grading
from common import clock


@shared_task(name="assessments.close_expired")
def close_expired() -> None:
    """Close attempts whose time is over; beat sends this."""
    grading.close_expired(now=clock.now())


@shared_task(name="assessments.note_overdue_appeals")
def note_overdue_appeals() -> None:
    """Note and tell of appeals that nobody decided in time; beat sends this."""
    appeals.note_overdue(now=clock.now())
