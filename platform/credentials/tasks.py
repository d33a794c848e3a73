"""The workers' entry points; the work is in the slices' services."""

from __future__ import annotations

import logging

from celery import shared_task

from common import clock
from credentials.certificates import reconciliation, reminders, status_publishing
from credentials.paper import rendering_cache
from credentials.sharing import services as sharing
from credentials.transparency import cosigning
from credentials.transparency.errors import LogAltered
from credentials.transparency.services import publish

_log = logging.getLogger(__name__)


@shared_task(name="credentials.forget_renderings")
def forget_renderings() -> None:
    """Delete pages and pictures of certificates that were made long ago; they are made again when asked for."""
    rendering_cache.delete_old_renderings(now=clock.now())


@shared_task(name="credentials.publish_checkpoint")
def publish_checkpoint() -> None:
    """Sign the transparency log's head if it grew; beat sends this every few seconds."""
    try:
        publish(now=clock.now())
    except LogAltered:
        _log.error("the log's rows contradict what it signed", extra={"alert": "log_altered"})
        raise


@shared_task(name="credentials.request_cosignatures")
def request_cosignatures() -> None:
    """Ask the witnesses that have not cosigned the newest checkpoint; beat sends this when there are witnesses."""
    cosigning.request_cosignatures()


@shared_task(name="credentials.renew_status_lists")
def renew_status_lists() -> None:
    """Sign status lists anew long before a copy of them may not be relied on any more; beat sends this."""
    status_publishing.renew_due(now=clock.now())


@shared_task(name="credentials.remind_of_expiry")
def remind_of_expiry() -> None:
    """Note which reminders of expiry are due, and send them; beat sends this."""
    now = clock.now()
    reminders.note_due(now=now)
    reminders.send_due(now=now)


@shared_task(name="credentials.watch_certificates")
def watch_certificates() -> None:
    """Compare certificates with entitlement, and raise the alarm; beat sends this."""
    reconciliation.check_and_alert(now=clock.now())


@shared_task(name="credentials.forget_old_shares")
def forget_old_shares() -> None:
    """Delete links whose time was over a while ago; beat sends this daily."""
    sharing.forget_old(now=clock.now())
