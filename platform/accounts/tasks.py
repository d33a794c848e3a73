"""The workers' entry points."""

from celery import shared_task
from django.core.management import call_command

from accounts import failed_attempts, rates, recovery
from common import clock


@shared_task(name="accounts.forget_attempts")
def forget_attempts() -> None:
    """Delete counts of attempts and codes that are over, and addresses nobody has signed in from for long; hourly."""
    now = clock.now()
    rates.prune(now)
    failed_attempts.prune(now)
    recovery.prune(now)


@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Delete sessions that have ended; nightly."""
    call_command("clearsessions")
