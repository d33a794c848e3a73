"""The workers' entry points."""

from __future__ import annotations

from celery import shared_task
from oauth2_provider.models import clear_expired

from agencies.feed import services as feed
from agencies.statistics import services as statistics
from common import clock


@shared_task(name="agencies.refresh_statistics")
def refresh_statistics() -> None:
    """Rebuild the published statistics."""
    statistics.refresh_statistics(now=clock.now())


@shared_task(name="agencies.rebuild_due_feeds")
def rebuild_due_feeds() -> None:
    """Let the feeds follow grants that changed, began or ended; beat sends this every minute."""
    feed.rebuild_due_feeds(now=clock.now())


@shared_task(name="agencies.apply_retention")
def apply_retention() -> None:
    """Purge old tombstones and expired access tokens, and withdraw learners whose leaving no event told of; nightly."""
    feed.withdraw_invisible(now=clock.now())
    feed.purge_tombstones(now=clock.now())
    clear_expired()
