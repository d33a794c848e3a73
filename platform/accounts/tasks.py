"""The workers' entry points."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Delete sessions that have ended; nightly."""
    call_command("clearsessions")
