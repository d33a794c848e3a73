"""/livez: the process answers. /readyz: it can serve; what of it does not work is told to the operator's monitoring alone."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import orjson
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from config import statements
from credentials import public as credentials
from events import public as events

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
_migrations_seen_at = 0.0


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; needs no other part."""
    return HttpResponse(b'{"status":"ok"}', content_type="application/json")


class Readiness(NamedTuple):
    """Whether requests can be served. status: `ok`, `degraded` or `unavailable`; parts: how each of them does."""

    is_ready: bool
    status: str
    parts: dict[str, Any]


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 or 503, and one word; with the token of the operator's monitoring also what it is made of."""
    found = readiness()
    told = {"status": found.status, **(found.parts if _is_monitoring(request) else {})}
    response = HttpResponse(orjson.dumps(told), status=200 if found.is_ready else 503, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def _is_monitoring(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.READYZ_TOKEN
    return bool(expected) and scheme.lower() == "bearer" and constant_time_compare(token.strip(), expected)


def readiness() -> Readiness:
    """Ready when database and migrations are there. Without Redis or with a late outbox it is `degraded`, still ready.

    Wake-ups then come late, but nothing is lost and every request can be served.
    """
    parts: dict[str, Any] = {}
    ready = True
    try:
        parts["database"] = "ok"
        parts["migrations"] = "ok" if _migrated() else "missing"
        ready = parts["migrations"] == "ok"
        if ready:
            parts["outbox_lag_s"] = round(events.lag_seconds(), 1)
            parts["outbox_waiting"] = events.is_waiting()
            # Of the last check within the hour (beat starts them). All zero: no difference; null: there was no check.
            parts["certificates"] = credentials.certificate_differences()
    except DatabaseError:
        parts["database"], ready = "down", False
    try:
        _redis.ping()
        parts["redis"] = "ok"
    except redis.exceptions.RedisError:
        parts["redis"] = "down"
    late = parts.get("outbox_lag_s", 0) > settings.OUTBOX_LAG_WARNING_S
    status = "unavailable" if not ready else "degraded" if late or parts["redis"] == "down" else "ok"
    return Readiness(ready, status, parts)


def _migrated() -> bool:
    """Whether every migration is applied; True is kept for a minute, because reading the graph costs milliseconds."""
    global _migrations_seen_at
    statements.ping()
    if time.monotonic() - _migrations_seen_at < 60 and _migrations_seen_at:
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _migrations_seen_at = time.monotonic()
    return True
