"""Many learners' answers to a bank, simulated from a Rasch model and written by COPY: for the tests of item analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from psycopg.types.json import Jsonb

from accounts.usernames import skeleton
from assessments.items.models import ItemRevision
from assessments.quizzes.models import Quiz
from common.ids import new_id
from courses.models import Edition
from tests.assessments.factories import make_bank, make_edition, make_quiz, version_of

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STATES = ("ID", "PH", "JP", "VN")
LANGUAGES = {"ID": "id", "PH": "en", "JP": "ja", "VN": "vi"}
OPTIONS = ("a", "b", "c", "d")


@dataclass
class Cohort:
    """A bank and what learners answered. right: attempts x items, NaN where an item was not asked."""

    edition: Edition
    quiz: Quiz
    revisions: list[ItemRevision]
    learner_ids: list[UUID]
    attempt_ids: list[UUID]
    states: list[str]
    right: Any
    chosen: Any
    seconds: Any


def _copy(table: str, columns: Sequence[str], rows: Any) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def add_learners(states: Sequence[str], *, birth_years: Sequence[int]) -> list[UUID]:
    """Consenting learners, one for each of `states`."""
    ids = [new_id() for _ in states]
    _copy(
        "accounts_user",
        ("id", "username", "skeleton", "password", "email", "is_staff", "is_active", "is_superuser"),
        ((pk, name, skeleton(name), "!", "", False, True, False) for pk in ids for name in [f"analysed-{pk}"]),
    )
    _copy(
        "learners_learner",
        (
            "user_id",
            "legal_name",
            "latin_name",
            "name_reading",
            "member_state_id",
            "languages",
            "birth_year",
            "version",
        ),
        (
            (pk, "愛子", "", "", state, [LANGUAGES.get(state, "en")], year, 1)
            for pk, state, year in zip(ids, states, birth_years, strict=True)
        ),
    )
    from privacy.models import ConsentRecord

    ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(user_id=pk, purpose_id="learning_records", given=True, text_version=1, text_language="en")
            for pk in ids
        ],
        batch_size=2000,
    )
    return ids


def make_cohort(
    learners: int = 400,
    *,
    items: int = 12,
    asked: int | None = None,
    seed: int = 1,
    states: Sequence[str] = STATES,
    harder_in: tuple[int, str, float] | None = None,
    inverted: Sequence[int] = (),
    edition: Edition | None = None,
) -> Cohort:
    """A cohort of which each learner took `asked` of the bank's items (all by default).

    Args: harder_in: item, state, logits: that item is so much harder there for equally able learners. inverted: items
    with a wrong key: the able choose another option.
    """
    random = np.random.default_rng(seed)
    edition = edition or make_edition(languages=("en", "id", "ja", "vi"))
    revisions = make_bank(edition, each=items, skills=("AIS-A1",), kinds=("single",))
    quiz = make_quiz(edition, pools=[{"skill": "AIS-A1", "count": asked or items}])
    of_state = [str(state) for state in random.choice(states, learners, p=_shares(len(states)))]
    learner_ids = add_learners(of_state, birth_years=random.integers(1960, 2006, learners).tolist())
    ability = random.normal(0.6, 1.1, learners)
    hardness = np.tile(np.linspace(-1.2, 1.2, items), (learners, 1))
    if harder_in is not None:
        item, state, logits = harder_in
        hardness[np.array(of_state) == state, item] += logits
    probability = 0.15 + 0.85 / (1 + np.exp(hardness - ability[:, None]))
    probability[:, list(inverted)] = 1.1 - probability[:, list(inverted)]
    right = (random.random((learners, items)) < probability).astype(float)
    chosen = np.where(right == 1, "b", random.choice(["a", "c", "d"], (learners, items), p=[0.6, 0.3, 0.1]))
    seconds = np.round(random.lognormal(3.2, 0.5, (learners, items)), 2)
    if asked:
        out = np.argsort(np.argsort(random.random((learners, items)), axis=1), axis=1) >= asked
        right[out] = np.nan
    attempt_ids = [new_id() for _ in range(learners)]
    devices = random.choice(["phone", "tablet", "computer", ""], learners, p=[0.6, 0.1, 0.25, 0.05])
    cohort = Cohort(edition, quiz, revisions, learner_ids, attempt_ids, of_state, right, chosen, seconds)
    write_attempts(cohort, devices=[str(device) for device in devices])
    return cohort


def _shares(count: int) -> Any:
    shares = np.linspace(2.0, 1.0, count)
    return shares / shares.sum()


def write_attempts(cohort: Cohort, *, devices: Sequence[str]) -> None:
    """The first attempt of every learner of the cohort, graded."""
    scores = np.nanmean(cohort.right, axis=1)
    version = version_of(cohort.quiz)
    _copy(
        "assessments_attempt",
        (
            "id",
            "quiz_id",
            "quiz_version_id",
            "edition_id",
            "learner_id",
            "number",
            "seed",
            "language",
            "started_at",
            "due_at",
            "submitted_at",
            "score",
            "passed",
            "rule_version",
            "framework_version",
            "expired",
            "device_class",
            "exclusive",
            "form",
            "selection",
            "outcome_published",
        ),
        (
            (
                pk,
                cohort.quiz.pk,
                version.pk,
                cohort.edition.pk,
                learner,
                1,
                1,
                LANGUAGES.get(state, "en"),
                STARTED + timedelta(seconds=index),
                STARTED + timedelta(hours=1),
                STARTED + timedelta(minutes=20),
                float(score),
                bool(score >= 0.6),
                "items-3",
                "0.1.0-draft",
                False,
                device,
                False,
                "",
                Jsonb({}),
                True,
            )
            for index, (pk, learner, state, score, device) in enumerate(
                zip(cohort.attempt_ids, cohort.learner_ids, cohort.states, scores, devices, strict=True)
            )
        ),
    )
    _copy(
        "assessments_attemptitem",
        (
            "id",
            "attempt_id",
            "position",
            "revision_id",
            "option_order",
            "response",
            "score",
            "seconds",
            "section",
            "seen_before",
        ),
        (
            (
                new_id(),
                pk,
                index,
                cohort.revisions[item].pk,
                list(OPTIONS),
                Jsonb(str(cohort.chosen[row, item])),
                float(cohort.right[row, item]),
                float(cohort.seconds[row, item]),
                0,
                False,
            )
            for row, pk in enumerate(cohort.attempt_ids)
            for index, item in enumerate(np.flatnonzero(~np.isnan(cohort.right[row])))
        ),
    )
