"""The workers' entry points."""

from celery import shared_task


@shared_task(name="agencies.refresh_statistics")
def refresh_statistics() -> None:
    """Rebuild the published statistics."""
