"""The workers' entry points; the work is in the slices' services."""

from __future__ import annotations

from celery import shared_task

from learners.mastery import publishing


@shared_task(name="learners.publish_snapshot")
def publish_snapshot() -> None:
    """Update the parameters of uncalibrated items; beat sends this every few seconds."""
    publishing.publish(uncalibrated_only=True)


@shared_task(name="learners.publish_all")
def publish_all() -> None:
    """Update the parameters of all items and skills from all answers that wait; nightly."""
    publishing.publish_all()
