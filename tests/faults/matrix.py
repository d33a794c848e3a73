"""A cohort becomes entitled over a while, and meanwhile everything that can break breaks; drawn by seed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count
from django.db.models.functions import Now
from redis.exceptions import RedisError

from config.local import session
from credentials.events import AwardDecided
from credentials.models import Award, Certificate
from events import public as events
from events import wakeups
from events.models import Delivery, Event
from events.wakeups import wake
from learners.models import Learner
from tests.parts import Parts, parts
from tests.population import entitle

# A name that no certificate can bear, with a control character. Forms refuse it; the database does not.
POISONED_NAME = "x\x07"


@dataclass(frozen=True)
class Profile:
    """How much, and for how long. poison: learners whose name cannot be signed, beside `certificates`.

    arrival_s: over how many seconds they become entitled; ticks: in how many portions. outage_s: how long Redis stays away.
    waits: whether to wait half a minute from the first to the last try of what fails for good, or to let that time pass.
    """

    certificates: int
    poison: int
    arrival_s: float
    ticks: int
    outage_s: float
    waits: bool


SHORT = Profile(certificates=240, poison=2, arrival_s=5, ticks=10, outage_s=1, waits=False)
FULL = Profile(certificates=10_000, poison=20, arrival_s=120, ticks=60, outage_s=60, waits=True)


@dataclass
class Outcome:
    """What came of a run. Counts; seconds from the first entitlement to the last certificate."""

    seed: int | None
    base_url: str = ""
    seconds: float = 0.0
    certificates: int = 0
    learners: int = 0
    awards_doubled: int = 0
    poison_issued: int = 0
    poison_dead: int = 0
    doubled_deliveries: int = 0
    faults: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)


class Run:
    """One run on the test's own database and Redis."""

    def __init__(self, folder: Path, profile: Profile, *, edition_id: UUID, seed: int | None) -> None:
        self.folder, self.profile, self.edition_id = folder, profile, edition_id
        self.outcome = Outcome(seed)
        self._random = random.Random(seed)
        self._redis_back_at: float | None = None
        self._workers = 0

    def go(self) -> Outcome:
        """Run to the end.

        Raises:
            AssertionError: something that is owed did not come, with the logs of all parts.
        """
        ids: list[UUID] = []
        poisoned: list[UUID] = []
        with parts(self.folder) as running:
            self.outcome.base_url = running.base_url
            self._start_worker(running)
            running.start_beat()
            plan = self._plan()
            started = time.monotonic()
            for tick in range(self.profile.ticks):
                for fault in plan.get(tick, ()):
                    self.outcome.faults.append(fault.__name__.strip("_").replace("_", " "))
                    fault(running)
                share = self._share(self.profile.certificates, tick)
                ids += self._insist(lambda share=share: entitle(share, self.edition_id))
                poisoned += self._insist(lambda tick=tick: self._poison(self._share(self.profile.poison, tick)))
                if self.outcome.seed is not None:
                    self._insist(self._double)
                self._return_redis()
                self._supervise(running)
                due = started + (tick + 1) * self.profile.arrival_s / self.profile.ticks
                time.sleep(max(0.0, due - time.monotonic()))
            while self._redis_back_at is not None:
                self._return_redis()
                time.sleep(0.05)
            running.wait(lambda: self._done(running, len(ids)), "every certificate", within_s=300)
            self.outcome.seconds = time.monotonic() - started
            if self.outcome.seed is not None:
                self._insist(self._double)
            # Each poisoned award ends among the dead, and nothing else is left waiting.
            running.wait(lambda: self._insist(self._only_dead), "what is left to fail for good", within_s=300)
        self._look_back(ids, poisoned)
        return self.outcome

    def _share(self, whole: int, tick: int) -> int:
        ticks = self.profile.ticks
        return whole * (tick + 1) // ticks - whole * tick // ticks

    def _poison(self, count: int) -> list[UUID]:
        if not count:
            return []
        with transaction.atomic():
            ids = entitle(count, self.edition_id)
            Learner.objects.filter(pk__in=ids).update(legal_name=POISONED_NAME)
        return ids

    def _double(self) -> None:
        """Record every decision once more: each of its deliveries comes twice."""
        decided = Event.objects.filter(kind="credentials.award_decided")
        # By what they say and not by their number: of two transactions the later number may be seen first.
        once = list(
            decided.values("payload").annotate(times=Count("pk")).filter(times=1).values_list("payload", flat=True)
        )
        if once:
            with transaction.atomic():
                events.record_many([AwardDecided(**{name: UUID(said[name]) for name in said}) for said in once])
            self.outcome.doubled_deliveries += len(once)

    def _insist(self, work: Callable[[], Any]) -> Any:
        """Do a short transaction until the database takes it: it may be away."""
        for _ in range(600):
            try:
                return work()
            except (OperationalError, InterfaceError):
                connection.close()
                time.sleep(0.1)
        return work()

    def _plan(self) -> dict[int, list[Callable[[Parts], None]]]:
        """Which fault comes at which tick: all of them, in an order and at moments that the seed draws."""
        if self.outcome.seed is None:
            return {}
        faults: list[Callable[[Parts], None]] = [
            self._worker_killed,
            self._worker_killed,
            self._children_killed,
            self._redis_flushed,
            self._redis_flushed,
            self._redis_killed,
            self._postgresql_killed,
            self._worker_replaced,
        ]
        self._random.shuffle(faults)
        # Redis goes early enough to come back before all have arrived.
        place = faults.index(self._redis_killed)
        early = self._random.randrange(len(faults) // 2)
        faults[place], faults[early] = faults[early], faults[place]
        ticks = sorted(self._random.sample(range(1, self.profile.ticks - 1), len(faults)))
        plan: dict[int, list[Callable[[Parts], None]]] = {}
        for tick, fault in zip(ticks, faults, strict=True):
            plan.setdefault(tick, []).append(fault)
        return plan

    def _start_worker(self, running: Parts) -> None:
        self._workers += 1
        running.start_worker(name=f"worker {self._workers}")

    def _supervise(self, running: Parts) -> None:
        """Start a worker for one that ended by itself, as the container's restart policy does.

        Celery gives up when its children are killed while it starts.
        """
        if running.running[f"worker {self._workers}"].poll() is not None:
            self._start_worker(running)

    def _worker_killed(self, running: Parts) -> None:
        """SIGKILL to the worker and its children; a new one is started, as a supervisor would."""
        running.kill(f"worker {self._workers}")
        self._start_worker(running)

    def _children_killed(self, running: Parts) -> None:
        """SIGKILL to the processes of the pool; the worker itself lives and makes new ones."""
        for child in _children(running.running[f"worker {self._workers}"].pid):
            os.kill(child, signal.SIGKILL)

    def _worker_replaced(self, running: Parts) -> None:
        """A rolling restart: the next worker is started, the one before is asked to end (SIGTERM)."""
        before = running.running[f"worker {self._workers}"]
        self._start_worker(running)
        os.kill(before.pid, signal.SIGTERM)

    def _redis_flushed(self, running: Parts) -> None:
        with contextlib.suppress(RedisError):  # when it is away just now, which is worse
            redis.Redis.from_url(settings.REDIS_URL).flushall()

    def _redis_killed(self, running: Parts) -> None:
        server = session.redis_of_this_process()
        assert server is not None
        server.kill()
        self._redis_back_at = time.monotonic() + self.profile.outage_s

    def _return_redis(self) -> None:
        if self._redis_back_at is not None and time.monotonic() >= self._redis_back_at:
            server = session.redis_of_this_process()
            assert server is not None
            server.start()
            self._redis_back_at = None
            wakeups._broker_down_until = 0.0  # this process, which wakes what has failed, need not wait to find out

    def _postgresql_killed(self, running: Parts) -> None:
        server = session.postgres_of_this_process()
        assert server is not None
        connection.close()
        server.kill()
        server.start()

    def _done(self, running: Parts, wanted: int) -> bool:
        self._supervise(running)
        return bool(self._insist(Certificate.objects.count) >= wanted)

    def _only_dead(self) -> bool:
        failing = Delivery.objects.filter(consumer="certificates", dead=False)
        if not self.profile.waits and failing.filter(available_at__gt=Now()).update(available_at=Now()):
            wake(["certificates"])
        return not failing.exists()

    def _look_back(self, ids: Sequence[UUID], poisoned: Sequence[UUID]) -> None:
        found = list(Certificate.objects.values_list("learner_id", "public_code", "credential"))
        self.outcome.certificates = len(found)
        self.outcome.learners = len({learner for learner, _, _ in found} & set(ids))
        self.outcome.awards_doubled = Award.objects.count() - len(ids) - len(poisoned)
        self.outcome.poison_issued = len({learner for learner, _, _ in found} & set(poisoned))
        self.outcome.poison_dead = Delivery.objects.filter(consumer="certificates", dead=True).count()
        self.outcome.credentials = [credential for _, _, credential in found]
        assert len({code for _, code, _ in found}) == len(found)


def _children(parent: int) -> list[int]:
    """Processes that this one started (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
