"""Embedded services for one test process: started once, stopped when it ends."""

from __future__ import annotations

import atexit
import os

from config.local.migrated import migrated_cluster
from config.local.postgres import Postgres
from config.local.redis import Redis

_running: dict[str, Postgres | Redis] = {}


def services_for_this_process() -> dict[str, str]:
    """Start what DATABASE_URL and REDIS_URL do not name; return the variables that do."""
    variables: dict[str, str] = {}
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres("test", temporary=True, copy_of=migrated_cluster())
        postgres.start()
        atexit.register(postgres.stop)
        _running["postgres"] = postgres
        variables["DATABASE_URL"] = postgres.url("skills_owner")
    if "REDIS_URL" not in os.environ:
        redis = Redis("test")
        redis.start()
        atexit.register(redis.stop)
        _running["redis"] = redis
        variables["REDIS_URL"] = redis.url
    return variables


def redis_of_this_process() -> Redis | None:
    """The embedded Redis, for tests that take it away; None when REDIS_URL named another."""
    found = _running.get("redis")
    return found if isinstance(found, Redis) else None


def postgres_of_this_process() -> Postgres | None:
    """The embedded PostgreSQL, for tests that take it away; None when DATABASE_URL named another."""
    found = _running.get("postgres")
    return found if isinstance(found, Postgres) else None
