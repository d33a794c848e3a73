"""The nightly search for attempts that a person should review. Only the job loads this module, and numpy with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from assessments.fairness.statistics import benjamini_hochberg
from assessments.integrity import cohorts, rules, similarity, times
from assessments.integrity.cohorts import Cohort
from assessments.integrity.models import IntegrityHint, IntegrityRun
from assessments.integrity.rules import Rule
from privacy import public as privacy

SEARCH = "assessments.look_for_hints"
# A submission may be committed a little after the instant it carries.
_SETTLED = timedelta(minutes=10)


@dataclass(frozen=True)
class _Found:
    """Something striking, before it is judged against everything else that was compared."""

    quiz_id: UUID
    attempt_id: UUID
    other_id: UUID | None
    statistic: float
    p_value: float
    facts: dict[str, Any]
    kept: bool


def search_new_attempts(*, now: datetime, rule: Rule | None = None) -> IntegrityRun | None:
    """Search what was submitted since the last night; return the run, None when there is nothing new to look at.

    Each attempt is new once, and is compared with those of the window. One cohort (quiz and language) is in memory at a
    time, three queries each. A second call finds nothing new; two at once leave one run and each hint once.
    """
    rule = rule or rules.rule()
    until = now - _SETTLED
    window = until - timedelta(days=rule.window_days)
    last = IntegrityRun.objects.order_by("-until").values_list("until", flat=True).first()
    since = max(last, window) if last else window
    if since >= until:
        return None
    attempts = pairs = timed = 0
    shared: list[_Found] = []
    fast: list[_Found] = []
    for quiz_id, language in cohorts.cohorts_with_new(since=since, until=until):
        cohort = cohorts.cohort(
            quiz_id=quiz_id, language=language, since=window, new_since=since, until=until, rule=rule
        )
        if cohort is None:
            continue
        attempts += len(cohort.new)
        compared, striking = _shared(quiz_id, cohort, rule)
        pairs, shared = pairs + compared, shared + striking
        judged, hasty = _fast(quiz_id, cohort, rule)
        timed, fast = timed + judged, fast + hasty
    hints = [
        *_hints(rules.SHARED, shared, tests=pairs, rule=rule),
        *_hints(rules.FAST, fast, tests=timed, rule=rule),
    ]
    return _keep(
        hints, since=since, until=until, rule_version=rule.version, attempts=attempts, pairs=pairs, timed=timed
    )


def _shared(quiz_id: UUID, cohort: Cohort, rule: Rule) -> tuple[int, list[_Found]]:
    compared = similarity.compare(
        cohort.answers, new=cohort.new, least_common=rule.least_common_items, rate=rule.false_discovery_rate
    )
    found = []
    for pair in compared.striking:
        first, second = sorted((cohort.attempts[pair.first], cohort.attempts[pair.second]))
        facts = {
            "common": pair.common,
            "same": pair.same,
            "same_wrong": pair.same_wrong,
            "expected": round(pair.expected, 2),
            "p_value": pair.p_value,
        }
        kept = pair.same_wrong >= rule.least_same_wrong
        found.append(_Found(quiz_id, first, second, float(pair.same), pair.p_value, facts, kept))
    return compared.pairs, found


def _fast(quiz_id: UUID, cohort: Cohort, rule: Rule) -> tuple[int, list[_Found]]:
    """Only attempts that passed are judged: who rushed through and failed has gained nothing by it."""
    pace = times.pace(cohort.seconds, least_answers=rule.least_timed_answers, least_times=rule.least_times_of_item)
    judged = [row for row in cohort.new if cohort.passed[row] and np.isfinite(pace.p_value[row])]
    found = []
    for row in judged:
        usable = np.isfinite(cohort.seconds[row]) & np.isfinite(pace.usual)
        hasty = usable & (cohort.seconds[row] < cohort.floors)
        count = int(hasty.sum())
        if not count:
            continue
        example = int(np.flatnonzero(hasty)[np.argmax((pace.usual / cohort.seconds[row])[hasty])])
        facts = {
            "hasty": count,
            "timed": int(usable.sum()),
            "right": int((hasty & cohort.answers.right[row]).sum()),
            "seconds": round(float(cohort.seconds[row, example]), 1),
            "floor": float(cohort.floors[example]),
            "usual": round(float(pace.usual[example]), 1),
            "p_value": float(pace.p_value[row]),
        }
        kept = count >= rule.least_hasty_share * int(usable.sum())
        found.append(
            _Found(quiz_id, cohort.attempts[row], None, float(pace.z[row]), float(pace.p_value[row]), facts, kept)
        )
    return len(judged), found


def _hints(kind: str, found: Sequence[_Found], *, tests: int, rule: Rule) -> list[IntegrityHint]:
    """Those clear of chance over all `tests` of the night. What was compared and not striking counts among them."""
    q_values = benjamini_hochberg([row.p_value for row in found], tests=tests)
    return [
        IntegrityHint(
            kind=kind,
            quiz_id=row.quiz_id,
            attempt_id=row.attempt_id,
            other_id=row.other_id,
            statistic=row.statistic,
            p_value=row.p_value,
            q_value=q_value,
            facts={**row.facts, "compared": tests},
            rule_version=rule.version,
        )
        for row, q_value in zip(found, q_values, strict=True)
        if row.kept and q_value <= rule.false_discovery_rate
    ]


@transaction.atomic
def _keep(hints: Iterable[IntegrityHint], **values: Any) -> IntegrityRun:
    hints = list(hints)
    run, is_new = IntegrityRun.objects.get_or_create(
        since=values.pop("since"), defaults={**values, "hints": len(hints)}
    )
    if is_new:
        IntegrityHint.objects.bulk_create(hints, ignore_conflicts=True)
        privacy.audit_many(
            actor=SEARCH,
            action="integrity.hinted",
            subject_kind="integrity_hint",
            subject_ids=[str(hint.pk) for hint in hints],
        )
    return run
