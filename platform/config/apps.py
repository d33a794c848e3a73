from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Ties the apps together when all of them are loaded."""

    name = "config"
    verbose_name = "Platform"

    def ready(self) -> None:
        from config import celery, flow  # noqa: F401 (the Celery application must exist before a task is sent)
        from events import public as events

        events.install(flow.CONSUMERS, flow.EVENTS)
