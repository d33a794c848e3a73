"""The answers of a quiz as the nightly search compares them; numpy comes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Case, F, QuerySet, When

from assessments.attempts.models import Attempt, AttemptItem
from assessments.integrity import rules
from assessments.integrity.rules import Rule
from assessments.integrity.similarity import Answers, Floats
from assessments.items.models import ItemRevision
from common.rendering import to_json


@dataclass(frozen=True)
class Cohort:
    """Attempts of one quiz in one language, one row each, and their questions, one column each.

    new: rows that no night has looked at. seconds: (attempts, questions), nan where not timed. floors: seconds below
    which a question cannot have been read.
    """

    attempts: Sequence[UUID]
    passed: np.ndarray[Any, np.dtype[np.bool_]]
    new: np.ndarray[Any, np.dtype[np.int64]]
    answers: Answers
    seconds: Floats
    floors: Floats


def _submitted(since: datetime, until: datetime) -> QuerySet[Any]:
    """Attempts with answers, whether people still mark some of them or not, and `closed_at`: when they were there to look at.

    What the clock closed was over when it was due, and may be closed days later: by `submitted_at` no night would find it.
    """
    closed = Attempt.objects.annotate(
        closed_at=Case(When(closed_by_clock=True, then=F("known_at")), default=F("submitted_at"))
    )
    return closed.filter(closed_at__gte=since, closed_at__lt=until, expired=False)


def cohorts_with_new(*, since: datetime, until: datetime) -> list[tuple[UUID, str]]:
    """Return (quiz, language) of what was submitted in the time, each once; one query."""
    found = _submitted(since, until).order_by("quiz_id", "language").values_list("quiz_id", "language").distinct()
    return list(found)


def cohort(
    *, quiz_id: UUID, language: str, since: datetime, new_since: datetime, until: datetime, rule: Rule
) -> Cohort | None:
    """Return the newest attempts of the quiz and language, `since` to `until`; None where they are too few.

    Three queries, whatever their number.
    """
    rows = list(
        _submitted(since, until)
        .filter(quiz_id=quiz_id, language=language)
        .order_by("-closed_at", "pk")
        .values_list("pk", "learner_id", "closed_at", "passed")[: rule.largest_cohort]
    )
    if len(rows) < rule.smallest_cohort:
        return None
    row_of = {pk: row for row, (pk, *_) in enumerate(rows)}
    # What waits for a person's mark has no score, and is no answer that could be the same as another.
    given = list(
        AttemptItem.objects.filter(attempt_id__in=list(row_of), score__isnull=False).values_list(
            "attempt_id", "revision_id", "response", "score", "seconds"
        )
    )
    revisions = list(ItemRevision.objects.filter(pk__in={revision_id for _, revision_id, *_ in given}).order_by("pk"))
    column_of = {revision.pk: column for column, revision in enumerate(revisions)}
    shape = len(rows), len(revisions)
    asked, right = np.zeros(shape, bool), np.zeros(shape, bool)
    code, seconds = np.full(shape, -1), np.full(shape, np.nan)
    codes: list[dict[bytes, int]] = [{} for _ in revisions]
    for attempt_id, revision_id, response, score, taken in given:
        cell = row_of[attempt_id], column_of[revision_id]
        asked[cell], right[cell] = True, score is not None and score >= 1.0
        if response is not None:
            known = codes[cell[1]]
            code[cell] = known.setdefault(to_json(response), len(known))
            seconds[cell] = np.nan if taken is None else taken
    learners = {learner_id: number for number, learner_id in enumerate({row[1] for row in rows})}
    return Cohort(
        attempts=[row[0] for row in rows],
        passed=np.array([row[3] is True for row in rows]),
        new=np.flatnonzero([row[2] is not None and row[2] >= new_since for row in rows]),
        answers=Answers(
            asked,
            code,
            right,
            np.array([revision.guess for revision in revisions]),
            np.array([learners[row[1]] for row in rows]),
        ),
        seconds=seconds,
        floors=np.array(
            [rules.reading_floor(rules.texts_of(revision.content.get(language, {}))) for revision in revisions]
        ),
    )
