from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Ties the apps together when all of them are loaded."""

    name = "config"
    verbose_name = "Platform"

    def ready(self) -> None:
        from assessments import public as assessments
        from config import celery, flow, publishing  # noqa: F401 (the Celery application must exist before a task is sent)
        from courses import public as courses
        from events import public as events
        from learners import public as learners

        events.install(flow.CONSUMERS, flow.EVENTS)
        courses.install_contributors(publishing.CONTRIBUTORS)
        learners.install_move_guard(assessments.LiveAttempts())
