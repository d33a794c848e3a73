"""The workers' entry points; the work is in `events.services`."""

from __future__ import annotations

from celery import shared_task

from events import registry, services, wakeups


@shared_task(name="events.drain")
def drain(consumer: str) -> None:
    """Drain one consumer."""
    services.drain(consumer)


@shared_task(name="events.wake_all")
def wake_all() -> None:
    """Wake every consumer that is owed something; beat sends this every few seconds and after any outage."""
    from events.models import Delivery

    owed = Delivery.objects.filter(dead=False).values_list("consumer", flat=True).distinct()
    wakeups.wake([name for name in owed if name in registry.consumers()])


@shared_task(name="events.prune")
def prune() -> None:
    """Apply retention."""
    services.prune()
