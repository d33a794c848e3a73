"""The Celery application: wake-ups by Redis, a beat that wakes everybody, no results."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from django.conf import settings
from kombu.transport.redis import Channel

from common.memory import collect_less_often

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

# When Redis goes away, a channel that still holds a message tries to put it back, by the very connection that is gone; the
# error ends the worker (found with celery 5.7, kombu 5.7). A wake-up is not worth putting back.
Channel.do_restore = False

app = Celery("ai_skills")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "wake every consumer": {"task": "events.wake_all", "schedule": 2.0, "options": {"expires": 10}},
    "apply retention to events": {"task": "events.prune", "schedule": 3600.0, "options": {"expires": 600}},
    "close overdue attempts": {"task": "assessments.close_expired", "schedule": 60.0, "options": {"expires": 55}},
    "publish editions whose time has come": {
        "task": "courses.publish_due",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "let young items learn": {"task": "learners.publish_snapshot", "schedule": 10.0, "options": {"expires": 9}},
    "publish the log's checkpoint": {
        "task": "credentials.publish_checkpoint",
        "schedule": settings.LOG_CHECKPOINT_EVERY_S,
        "options": {"expires": 30},
    },
    "renew status lists": {
        "task": "credentials.renew_status_lists",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "remind of expiry": {"task": "credentials.remind_of_expiry", "schedule": 600.0, "options": {"expires": 590}},
    "watch certificates": {"task": "credentials.watch_certificates", "schedule": 300.0, "options": {"expires": 290}},
    # The nights' work: after 01:00 in Jakarta and Bangkok, after 03:00 in Tokyo.
    "let all items learn": {
        "task": "learners.publish_all",
        "schedule": crontab(hour=18, minute=0),
        "options": {"expires": 3600},
    },
    "analyse items": {
        "task": "assessments.analyse_items",
        "schedule": crontab(hour=18, minute=30),
        "options": {"expires": 3600},
    },
    "note overdue appeals": {
        "task": "assessments.note_overdue_appeals",
        "schedule": 600.0,
        "options": {"expires": 590},
    },
    "let feeds follow grants": {"task": "agencies.rebuild_due_feeds", "schedule": 60.0, "options": {"expires": 55}},
    "apply retention to agencies": {
        "task": "agencies.apply_retention",
        "schedule": 86400.0,
        "options": {"expires": 3600},
    },
    "forget attempts to sign in": {"task": "accounts.forget_attempts", "schedule": 3600.0, "options": {"expires": 600}},
    "forget ended sessions": {"task": "accounts.clear_sessions", "schedule": 86400.0, "options": {"expires": 3600}},
    "forget old pages of certificates": {
        "task": "credentials.forget_renderings",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "forget old links": {"task": "credentials.forget_old_shares", "schedule": 86400.0, "options": {"expires": 3600}},
    # At night from Jakarta to Tokyo.
    "monitor fairness": {
        "task": "assessments.monitor_fairness",
        "schedule": crontab(hour=19, minute=30),  # when the items are analysed
        "options": {"expires": 3600},
    },
    "look for hints": {
        "task": "assessments.look_for_hints",
        "schedule": crontab(hour=18, minute=40),
        "options": {"expires": 3600},
    },
    "refresh the statistics": {
        "task": "agencies.refresh_statistics",
        "schedule": settings.STATISTICS_REFRESH_S,
        "options": {"expires": 25},
    },
}

if settings.LOG_WITNESSES:
    app.conf.beat_schedule["ask the log's witnesses"] = {
        "task": "credentials.request_cosignatures",
        "schedule": 30.0,
        "options": {"expires": 25},
    }


@signals.setup_logging.connect
def _logging_is_django_s(**_: Any) -> None:
    """Celery would replace the handlers; connecting here keeps the settings' JSON logs."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.worker_process_init.connect
def _worker_has_loaded(**_: Any) -> None:
    collect_less_often()


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    from common.requests import request_id

    if headers is not None and request_id.get():
        headers["request_id"] = request_id.get()


@signals.task_prerun.connect
def _receive_request_id(task: Any = None, **_: Any) -> None:
    from common.requests import request_id

    request_id.set(getattr(task.request, "request_id", None) or str(task.request.id))
