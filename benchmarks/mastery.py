"""Absorbing answers: CPU of worker and database together, beside the pure update and beside COPY of the same rows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from assessments.events import OutcomeRecorded
from benchmarks.measure import Figure, backend_cpu
from common import clock
from common.ids import new_id
from common.memory import collect_less_often
from config import reference_data
from courses import public as courses
from events import public as events
from learners.events import ScoredAnswer
from learners.mastery import chains, evidence, publishing, rules
from learners.mastery.framework import scales
from learners.models import Learner
from tests.factories import make_user

LEARNERS, SITTINGS, QUESTIONS = 500, 4, 10


def _outcomes(learner_ids: list[UUID], items: list[UUID], at: datetime, rng: random.Random) -> list[OutcomeRecorded]:
    """One attempt of ten questions per learner."""
    codes = sorted(courses.framework().skills)[:8]
    version = courses.framework().version
    return [
        OutcomeRecorded(
            learner_id=learner,
            edition_id=items[0],
            quiz_id=items[0],
            attempt_id=new_id(),
            mode="assessment",
            passed=True,
            score=0.7,
            submitted_at=at,
            skills=(),
            supervised=False,
            language="ja",
            answered_at=at,
            framework_version=version,
            rule_version="bench",
            answers=tuple(
                ScoredAnswer(
                    id=new_id(),
                    item_id=item,
                    item_revision=1,
                    skills=(codes[item.int % 8],),
                    level=2,
                    score=float(rng.random() < 0.7),
                    voided=False,
                    guess=0.25,
                    difficulty=0.0,
                    seen_before=False,
                    lapsed=False,
                )
                for item in rng.sample(items, QUESTIONS)
            ),
        )
        for learner in learner_ids
    ]


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process and of its database's backend that `work` took."""
    backend = connection.connection.info.backend_pid
    before = time.process_time() + backend_cpu(backend)
    work()
    return time.process_time() + backend_cpu(backend) - before


def run() -> list[Figure]:
    """Absorb `LEARNERS` x `SITTINGS` attempts of ten questions by the mastery consumer, one worker."""
    reference_data.load()
    collect_less_often()  # as every worker does when it starts
    rng = random.Random(3)
    ids = [make_user(username=f"bench-{number}").pk for number in range(LEARNERS)]
    Learner.objects.bulk_create(
        Learner(user_id=identifier, legal_name="Bench", member_state_id="JP", languages=["ja"], birth_year=1990)
        for identifier in ids
    )
    items = [new_id() for _ in range(400)]
    start = clock.now() - timedelta(days=30)
    absorbing = learning = 0.0
    for sitting in range(SITTINGS + 1):
        with transaction.atomic():
            events.record_many(_outcomes(ids, items, start + timedelta(days=sitting), rng))
        spent = _cpu(lambda: events.drain("mastery", budget_s=600))
        learned = _cpu(publishing.publish_all)
        if sitting:  # the first warms caches and makes the states
            absorbing, learning = absorbing + spent, learning + learned
    answers = LEARNERS * SITTINGS * QUESTIONS
    listed = evidence.evidence_of(map(str, ids))
    chain = chains.chain_of(answer for answers_of_one in listed.values() for answer in answers_of_one)
    by = scales()
    pure = _cpu(lambda: [rules.extend(rules.Mastery(), listed[str(identifier)], by, chain) for identifier in ids])
    copied = _copy(ids)
    total = LEARNERS * (SITTINGS + 1) * QUESTIONS

    def microseconds(seconds: float, count: int) -> str:
        return f"{seconds / count * 1e6:.1f} µs"

    each, update, copy = absorbing / answers, pure / total, copied / total
    return [
        Figure(
            "an answer absorbed: read, update, write, history (worker and database, CPU)",
            microseconds(absorbing, answers),
            "the pure update of the filter",
            microseconds(pure, total),
            each / update,
        ),
        Figure(
            "the same",
            microseconds(absorbing, answers),
            "COPY of the same evidence rows",
            microseconds(copied, total),
            each / copy,
        ),
        Figure(
            "an answer learned from by its item and skills",
            microseconds(learning, answers),
            "COPY of the same evidence rows",
            microseconds(copied, total),
            learning / answers / copy,
        ),
    ]


def _copy(ids: list[UUID]) -> float:
    """CPU seconds to COPY the learners' evidence, as it is, into a table like it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (LIKE learners_evidence INCLUDING INDEXES INCLUDING DEFAULTS)")
        cursor.execute("SELECT * FROM learners_evidence WHERE learner_id = ANY(%s)", [ids])
        found = cursor.fetchall()

        def copy() -> None:
            with cursor.copy("COPY copied FROM STDIN") as into:
                for row in found:
                    into.write_row(row)

        spent = _cpu(copy)
        cursor.execute("DROP TABLE copied")
    return spent
