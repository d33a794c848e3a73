"""Many learners become entitled at once while the worker is killed and Redis is flushed."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import override_settings

from config import starter_course
from credentials.models import Certificate
from events import public as events
from tests.faults import naive
from tests.faults.verifying import verify_all
from tests.parts import Parts, parts
from tests.population import entitle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]
MESSAGES = 400


def test_certificates_survive_a_killed_worker_and_a_flushed_redis(tmp_path: Path) -> None:
    _survive(tmp_path, entitled=500, shares=(0.15,))


@pytest.mark.slow
def test_a_thousand_certificates_survive_it_twice(tmp_path: Path) -> None:
    _survive(tmp_path, entitled=1000, shares=(0.15, 0.45))


def _survive(folder: Path, *, entitled: int, shares: tuple[float, ...]) -> None:
    edition_id = starter_course.load()
    broker = redis.Redis.from_url(settings.REDIS_URL)
    with parts(folder) as running:
        running.start_worker()
        running.start_beat()
        ids = entitle(entitled, edition_id)
        for share in shares:
            running.wait(lambda share=share: Certificate.objects.count() >= share * entitled, f"{share:.0%} of them")
            running.kill("worker")
            broker.flushall()
            assert Certificate.objects.count() < entitled
            running.start_worker()
        running.wait(lambda: not events.is_waiting(), "every delivery", within_s=120)
    certificates = list(Certificate.objects.all())
    assert {c.learner_id for c in certificates} == set(ids)
    assert len(certificates) == entitled
    assert len({c.public_code for c in certificates}) == entitled
    with override_settings(PUBLIC_BASE_URL=running.base_url):
        assert verify_all([certificate.credential for certificate in certificates]) == entitled


def test_the_naive_way_loses_certificates_under_the_same_faults(tmp_path: Path) -> None:
    """Control: the same kill and flush against a message per certificate, so that the test above is known to bite."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.flushall()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {naive.TABLE} (learner int)")
    try:
        with parts(tmp_path) as running:
            # Celery would set Django up, which this way does not use, for each of the two workers.
            running.environment.pop("DJANGO_SETTINGS_MODULE")
            naive.app.conf.broker_url = settings.REDIS_URL
            with naive.app.connection_for_write() as to:
                for learner in range(MESSAGES):
                    naive.issue.apply_async([learner], connection=to)
            running.start_worker(app="tests.faults.naive")
            running.wait(lambda: _issued(running) >= 50, "the first fifty")
            running.kill("worker")
            broker.flushall()
            running.start_worker(app="tests.faults.naive", name="next")
            # The next worker is there, nothing waits, and nothing more comes in the time that fifty took.
            running.wait(lambda: " ready." in (tmp_path / "next.log").read_text(), "the next worker")
            assert broker.llen("celery") == 0
            issued = _issued(running)
            time.sleep(1)
            assert _issued(running) == issued < MESSAGES
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {naive.TABLE}")


def _issued(running: Parts) -> int:
    with psycopg.connect(running.environment["DATABASE_URL"]) as outside:
        row = outside.execute(f"SELECT count(DISTINCT learner) FROM {naive.TABLE}").fetchone()
    return int(row[0]) if row else 0
