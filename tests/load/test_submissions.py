"""Everybody submits at once, over HTTP, on a bad line: nothing is lost, nothing counts twice, mastery follows soon."""

from __future__ import annotations

import http.client
import json
import queue
import statistics
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Count

from assessments.attempts.models import Attempt, AttemptItem
from events.models import Delivery, Event
from learners.models import Ability, Evidence
from tests.load.sitters import QUESTIONS, Sitter, seat
from tests.parts import Parts, parts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


@dataclass
class Seen:
    """What the clients were told: status, code and score by attempt and number of right answers, and the latencies."""

    answers: dict[tuple[UUID, int], list[tuple[int, Any, Any]]] = field(default_factory=lambda: defaultdict(list))
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0


def _submit_all(running: Parts, calls: list[tuple[Sitter, int]], *, clients: int) -> Seen:
    """Each client takes the next call, so that the calls of one attempt run at the same time."""
    waiting: queue.SimpleQueue[tuple[Sitter, int]] = queue.SimpleQueue()
    for call in calls:
        waiting.put(call)
    seen, lock = Seen(started=time.perf_counter()), threading.Lock()

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        while True:
            try:
                sitter, right = waiting.get_nowait()
            except queue.Empty:
                line.close()
                return
            headers = {"Authorization": f"Bearer {sitter.token()}", "Content-Type": "application/json"}
            body = json.dumps(sitter.answers(right=right))
            before = time.perf_counter()
            try:
                line.request("PUT", sitter.path, body, headers)
                answer = line.getresponse()
                told = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError) as error:
                with lock:
                    seen.failures.append(repr(error))
                line.close()
                continue
            took = time.perf_counter() - before
            with lock:
                seen.answers[sitter.attempt_id, right].append((answer.status, told.get("code"), told.get("score")))
                seen.latencies.append(took)
                seen.ended = time.perf_counter()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _run(folder: Path, count: int, *, clients: int, visible_within_s: float) -> None:
    sitters = seat(count)
    calls: list[tuple[Sitter, int]] = []
    for n, sitter in enumerate(sitters):
        # Everybody's phone sends it twice; of each third also something else, as if from a second window.
        calls += [(sitter, 7), (sitter, 7)] + ([(sitter, 10)] if n % 3 == 0 else [])
    with parts(folder) as running:
        running.environment["DATABASE_CONN_MAX_AGE"] = "600"
        running.start_web()
        running.start_worker()
        running.start_beat()
        seen = _submit_all(running, calls, clients=clients)
        running.wait(lambda: _is_visible(count), "everybody's mastery", within_s=120)
        lag = time.perf_counter() - seen.ended
        shown = _skills_of(running, sitters[-1])
        running.wait(lambda: not Delivery.objects.exists(), "every delivery", within_s=60)
    seconds = seen.ended - seen.started
    spread = statistics.quantiles(seen.latencies, n=100)
    print(
        f"\n{count} attempts in {len(calls)} calls by {clients} clients: {count / seconds:.0f} attempts/s, "
        f"{len(calls) / seconds:.0f} calls/s; latency p50 {spread[49] * 1000:.0f} ms, p95 {spread[94] * 1000:.0f} ms; "
        f"mastery visible {lag:.1f} s after the last answer"
    )
    assert seen.failures == []
    _check_nothing_is_lost_or_doubled(sitters, seen)
    assert shown, "the learner sees it"
    assert lag <= visible_within_s


def _check_nothing_is_lost_or_doubled(sitters: list[Sitter], seen: Seen) -> None:
    count = len(sitters)
    graded = {row.pk: row for row in Attempt.objects.all()}
    assert len(graded) == count
    assert all(row.submitted_at is not None and not row.expired for row in graded.values())
    for sitter in sitters:
        held = graded[sitter.attempt_id].score
        for right in (7, 10):
            for status, code, score in seen.answers[sitter.attempt_id, right]:
                # Either these answers stand and were told so each time, or they were refused each time.
                expected = (200, None, held) if held == pytest.approx(right / 10) else (409, "already_submitted", None)
                assert (status, code, score) == expected
    stored = AttemptItem.objects.values("attempt_id").annotate(scored=Count("score")).values_list("scored", flat=True)
    assert Counter(stored) == {QUESTIONS: count}
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == count
    assert Evidence.objects.count() == count * QUESTIONS
    assert set(Evidence.objects.values_list("pk", flat=True)) == set(AttemptItem.objects.values_list("pk", flat=True))
    assert Counter(Ability.objects.values_list("count", flat=True)) == {QUESTIONS: count}


def _is_visible(count: int) -> bool:
    return Ability.objects.filter(count=QUESTIONS).count() == count


def _skills_of(running: Parts, sitter: Sitter) -> Any:
    line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    line.request("GET", "/api/v1/me/skills", headers={"Authorization": f"Bearer {sitter.token()}"})
    answer = line.getresponse()
    body = json.loads(answer.read())
    line.close()
    assert answer.status == 200, body
    return [skill for skill in body.get("skills", body.get("items", [])) if skill.get("probability") is not None]


def test_sixty_attempts_at_once(tmp_path: Path) -> None:
    _run(tmp_path, 60, clients=12, visible_within_s=30)


@pytest.mark.slow
def test_two_thousand_attempts_at_once(tmp_path: Path) -> None:
    _run(tmp_path, 2000, clients=16, visible_within_s=5)
