"""The workers' entry points; the work is in `events.services`."""

from __future__ import annotations

from celery import shared_task

from events import registry, services, wakeups


@shared_task(name="events.drain")
def drain(*consumers: str) -> None:
    """Drain consumers one after the other; what another worker is draining meanwhile is skipped."""
    for consumer in consumers:
        services.drain(consumer)


@shared_task(name="events.wake_all")
def wake_all() -> None:
    """Wake every consumer that has deliveries; beat sends this every few seconds and after any outage."""
    from events.models import Delivery

    consumers = Delivery.objects.filter(dead=False).values_list("consumer", flat=True).distinct()
    for name in consumers:
        if name in registry.consumers():
            # A message each: after an outage all workers have something to do.
            wakeups.wake([name])


@shared_task(name="events.prune")
def prune() -> None:
    """Apply retention."""
    services.prune()
