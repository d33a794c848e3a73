"""A wake-up may be lost, doubled or late; a request never fails by it nor waits long. The request's id goes with it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery.app.task import Context
from django.conf import settings
from django.db import transaction

from common.requests import request_id
from config.celery import _receive_request_id, app
from config.local.session import redis_of_this_process
from events import registry, services, tasks, wakeups
from events.models import Delivery
from tests.events.conftest import Counted

QUEUE = "celery"


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE, "unacked", "unacked_index")
    yield client
    client.delete(QUEUE, "unacked", "unacked_index")
    client.close()


def _messages(broker: redis.Redis) -> list[dict[str, Any]]:
    return [json.loads(message) for message in reversed(broker.lrange(QUEUE, 0, -1))]


def test_a_burst_sends_few(broker: redis.Redis) -> None:
    for _ in range(200):
        wakeups.wake(["one", "two"])
    messages = _messages(broker)
    assert {message["headers"]["argsrepr"] for message in messages} == {"['one', 'two']"}
    assert 1 <= len(messages) <= 20
    assert {message["headers"]["task"] for message in messages} == {"events.drain"}
    # Each is forgotten when nobody takes it: a heap of old wake-ups wakes nobody faster.
    assert all(message["headers"]["expires"] for message in messages)


def test_the_request_id_travels_from_the_request_into_the_job(broker: redis.Redis) -> None:
    token = request_id.set("request-0001")
    try:
        wakeups.wake(["one"])
    finally:
        request_id.reset(token)
    (message,) = _messages(broker)
    assert message["headers"]["request_id"] == "request-0001"

    class Task:
        request = Context(message["headers"])

    before = request_id.set("")
    try:
        _receive_request_id(task=Task())
        assert request_id.get() == "request-0001"
    finally:
        request_id.reset(before)


def test_a_job_without_a_request_gets_its_own_id() -> None:
    class Task:
        request = Context({"id": "job-1"})

    before = request_id.set("left over from the job before")
    try:
        _receive_request_id(task=Task())
        assert request_id.get() == "job-1"
    finally:
        request_id.reset(before)


@pytest.mark.parametrize("connected_before", [True, False])
def test_without_redis_a_request_neither_fails_nor_waits(broker: redis.Redis, connected_before: bool) -> None:
    server = redis_of_this_process()
    if server is None:
        pytest.skip("REDIS_URL names a Redis that is not ours to stop")
    if connected_before:
        wakeups.wake(["zero"])
    else:
        wakeups._producers.clear()
    server.kill()
    try:
        started = time.monotonic()
        wakeups.wake(["one", "two"])
        assert time.monotonic() - started < 2.5
        # Known to be away: the next ones cost nothing.
        started = time.monotonic()
        for number in range(1000):
            wakeups.wake([f"consumer {number}"])
        assert time.monotonic() - started < 0.1
    finally:
        server.start()
    assert wakeups._broker_down_until > 0
    wakeups._broker_down_until = 0.0
    wakeups.wake(["three"])
    assert len(_messages(broker)) == 1


@pytest.mark.django_db
def test_a_commit_wakes_the_consumers_once_and_a_rollback_nobody(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[tuple[str, ...]] = []
    monkeypatch.setattr(wakeups, "wake", lambda names: woken.append(tuple(names)))
    registry.install((registry.Consumer("one", lambda recorded: None).takes(Counted),), (Counted,))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        services.record_many([Counted(number=number) for number in range(9)])
        assert woken == []
    assert woken == [("one",)]


@pytest.mark.django_db
def test_beat_wakes_consumers_that_have_deliveries_and_still_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[list[str]] = []
    consumers = [
        registry.Consumer(name, lambda recorded: None).takes(Counted) for name in ("one", "two", "gone", "idle")
    ]
    registry.install(consumers, (Counted,))
    with transaction.atomic():
        services.record(Counted(number=1))
    Delivery.objects.filter(consumer="idle").delete()
    Delivery.objects.filter(consumer="two").update(dead=True)
    registry.install(consumers[:2] + consumers[3:], (Counted,))
    monkeypatch.setattr(wakeups, "wake", lambda names: woken.append(sorted(names)))
    tasks.wake_all()
    assert woken == [["one"]]


def test_a_worker_that_holds_messages_survives_the_loss_of_redis(broker: redis.Redis) -> None:
    """What its connection does at the end must not raise: that ends the worker, with Redis back or not."""
    server = redis_of_this_process()
    if server is None:
        pytest.skip("REDIS_URL names a Redis that is not ours to stop")
    connection = app.connection_for_read()
    channel = connection.default_channel
    wakeups.wake(["one"])
    assert channel.basic_get(QUEUE) is not None, "taken, and not acknowledged"
    assert not broker.exists("unacked"), "nothing is left in Redis to be put back"
    server.kill()
    try:
        # As the transport does when it sees that the other side is gone.
        channel._disconnect_pools()
        connection.transport.client = None
        connection.release()
    finally:
        server.start()
