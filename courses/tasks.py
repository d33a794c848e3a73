"""Jobs of courses."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="courses.publish_due")
def publish_due() -> None:
    """Publish the proposals whose time has come."""
    from courses.publishing.services import publish_due as publish_those_due

    publish_those_due()
