"""`manage.py begin_feed_epoch`: after a restore, lets no agency go on from a cursor of before it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from agencies.feed.services import begin_epoch


class Command(BaseCommand):
    """Run it after each restore, before the web server starts. A second run does no harm: agencies start anew once more."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        epoch = begin_epoch(actor="begin_feed_epoch")
        self.stdout.write(
            f"A new epoch of the agencies' feeds has begun: {epoch}. Cursors from before are answered 410; "
            "each agency pulls from the start once and deletes what does not come."
        )
