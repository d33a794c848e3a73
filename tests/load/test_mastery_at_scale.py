"""The same answers give the same mastery, byte for byte, however many workers absorb them and in whatever order."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from django.db import connection, transaction
from msgspec import structs

from assessments.events import OutcomeRecorded
from courses import public as courses
from events import public as events
from events.models import Delivery
from learners.models import Evidence, ItemParameters, Learner, SkillParameters, Snapshot
from tests.factories import make_user
from tests.learners.factories import ENROLLED_AT, an_answer, an_outcome
from tests.parts import parts

DERIVED = (
    "learners_skillstate",
    "learners_levelchange",
    "learners_ability",
    "learners_sittingtrace",
    "learners_evidence",
)
# Identity columns count inserts and carry nothing; `waits` says how far the publishing of snapshots has come.
LEFT_OUT = {"id", "recorded_at", "waits"}


def log(answers: int, *, seed: int) -> list[OutcomeRecorded]:
    """Attempts of ten answers by learners with a history of ten attempts, over items that change on the way."""
    rng = random.Random(seed)
    codes = sorted(courses.framework().skills)[:6]
    items = [(str(UUID(int=number + 1)), rng.sample(codes, rng.choice([1, 1, 1, 2]))) for number in range(200)]
    ids = [make_user(username=f"scale-{number}").pk for number in range(answers // 100)]
    Learner.objects.bulk_create(
        Learner(user_id=identifier, legal_name="Scale", member_state_id="VN", languages=["vi"], birth_year=1990)
        for identifier in ids
    )
    snapshot_parameters(items)
    outcomes = []
    for learner in ids:
        ability = rng.gauss(0.5, 1.0)
        for sitting in range(10):
            at = ENROLLED_AT + timedelta(days=sitting * 3, seconds=rng.randrange(86400))
            asked = [
                an_answer(
                    item_id=item,
                    skills=skills,
                    level=rng.choice([1, 2, 3]),
                    difficulty=rng.choice([-1.0, 0.0, 1.0]),
                    score=float(rng.random() < 1 / (1 + 2.718**-ability)),
                    at=at,
                )
                for item, skills in rng.sample(items, 10)
            ]
            outcomes.append(an_outcome(learner, asked, mode=rng.choice(["assessment", "placement", "certification"])))
    return outcomes


def snapshot_parameters(items: list[tuple[str, list[str]]]) -> None:
    """Two snapshots that begin to hold between sittings, so that answers are judged by three versions."""
    for number, days in enumerate((8, 17), 1):
        held_from = ENROLLED_AT + timedelta(days=days)
        snapshot = Snapshot.objects.create(version=f"scale-{number}", held_from=held_from, answers=0, rule_version="x")
        ItemParameters.objects.bulk_create(
            ItemParameters(
                snapshot=snapshot,
                held_from=held_from,
                item_id=item,
                item_revision=1,
                mean=place % 7 / 3 - 1,
                variance=0.3 / number,
                count=20 * number,
            )
            for place, (item, _) in enumerate(items)
        )
        SkillParameters.objects.create(
            snapshot=snapshot, held_from=held_from, skill_code=items[0][1][0], mean=0.4, variance=0.1, count=99
        )


def record(outcomes: list[OutcomeRecorded]) -> None:
    with transaction.atomic():
        events.record_many(outcomes)


def fingerprint() -> str:
    """SHA-256 over every row that follows from evidence, as PostgreSQL writes it, in order."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in DERIVED:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            names = [column.name for column in cursor.description if column.name not in LEFT_OUT]
            if table == "learners_evidence":
                names.append("id")
            cursor.execute(f"SELECT ({', '.join(f't.{name}' for name in names)})::text FROM {table} AS t ORDER BY 1")
            for (row,) in cursor.fetchall():
                digest.update(row.encode())
    return digest.hexdigest()


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(DERIVED)}, events_delivery, events_event CASCADE")


def _drain() -> None:
    try:
        events.drain("mastery", budget_s=600)
    finally:
        connection.close()


def drain_in_threads(workers: int) -> None:
    threads = [Thread(target=_drain) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events.drain("mastery")


@pytest.mark.django_db(transaction=True)
def test_one_worker_and_three_in_another_order_with_repeats_give_the_same_bytes() -> None:
    outcomes = log(3_000, seed=5)
    record(outcomes)
    drain_in_threads(1)
    first = fingerprint()
    assert Evidence.objects.count() == 3_000
    forget()
    rng = random.Random(1)
    shuffled = [*outcomes, *rng.sample(outcomes, 60)]
    rng.shuffle(shuffled)
    record(shuffled)
    drain_in_threads(3)
    assert Evidence.objects.count() == 3_000
    assert fingerprint() == first
    # The control: one answer scored otherwise does not pass unnoticed.
    forget()
    answers = list(outcomes[7].answers)
    answers[3] = structs.replace(answers[3], score=1.0 - answers[3].score)
    record([*outcomes[:7], structs.replace(outcomes[7], answers=tuple(answers)), *outcomes[8:]])
    drain_in_threads(1)
    assert fingerprint() != first


@pytest.mark.slow
@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_hundred_thousand_answers_by_one_and_by_four_worker_processes(tmp_path: Path) -> None:
    outcomes = log(100_000, seed=6)
    found = []
    for concurrency in (1, 4):
        forget()
        random.Random(concurrency).shuffle(outcomes)
        record(outcomes)
        with parts(tmp_path) as running:
            running.start_worker(concurrency=concurrency)
            running.start_beat()
            running.wait(
                lambda: not Delivery.objects.filter(consumer="mastery").exists(), "all answers absorbed", within_s=900
            )
        assert Evidence.objects.count() == 100_000
        found.append(fingerprint())
    assert found[0] == found[1]
