"""The nightly report."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.fairness import rules, selectors
from assessments.fairness.models import FairnessGroup, FairnessReport
from assessments.fairness.rules import Figure, Observation, Rule
from assessments.fairness.sources import DifFinding, Sources
from member_states import public as member_states
from privacy import public as privacy

MONITOR = "assessments.monitor_fairness"
ALERT_CODE = "fairness_alert"
_log = logging.getLogger("assessments.fairness")


def monitor(*, now: datetime, sources: Sources) -> FairnessReport:
    """Compare the groups and store the report of the day; a second call on the same day returns the first report.

    A report with alerts writes one line at ERROR with the code `fairness_alert`.
    """
    known = FairnessReport.objects.filter(day=now.date()).first()
    if known is not None:
        return known
    rule = rules.rule()
    since = now - timedelta(days=rule.window_days)
    quizzes, figures = _pass_rates(since, now, rule)
    if sources.decided_appeals is not None:
        figures += _appeals(sources.decided_appeals(since, now), now, rule)
    figures = rules.settle(figures, rule=rule)
    alerts = sum(figure.verdict == rules.ALERT for figure in figures)
    report, is_new = _keep(
        figures,
        day=now.date(),
        since=since,
        rule_version=rule.version,
        rule=asdict(rule),
        quizzes=quizzes,
        comparisons=sum(figure.q_value is not None for figure in figures),
        alerts=alerts,
        appeals_overdue=sources.overdue_appeals(now) if sources.overdue_appeals is not None else None,
        dif=_dif(sources.dif_findings()) if sources.dif_findings is not None else None,
    )
    if is_new and alerts:
        _log.error("fairness alert", extra={"alert": ALERT_CODE, "report": str(report.pk), "alerts": alerts})
    return report


def _pass_rates(since: datetime, until: datetime, rule: Rule) -> tuple[int, list[Figure]]:
    found = selectors.first_attempts(since=since, until=until, rule=rule)
    dimensions = {
        **selectors.dimensions_of_people(rule, member_states.codes()),
        "device_class": rules.DEVICES,
        "language": sorted({language for offered in found.languages.values() for language in offered}),
    }
    firsts = [
        observation for observation, is_first in zip(found.observations, found.first_of_person, strict=True) if is_first
    ]
    figures = rules.compare(firsts, measure=rules.PASS_RATE, quiz_id=None, dimensions=dimensions, rule=rule)
    of_quiz: dict[UUID, list[Observation]] = defaultdict(list)
    for observation in found.observations:
        if observation.quiz_id is not None:
            of_quiz[observation.quiz_id].append(observation)
    for quiz_id in sorted(of_quiz):
        figures += rules.compare(
            of_quiz[quiz_id],
            measure=rules.PASS_RATE,
            quiz_id=quiz_id,
            briefly=True,
            rule=rule,
            dimensions={**dimensions, "language": found.languages[quiz_id]},
        )
    return len(of_quiz), figures


def _appeals(decided: Sequence[tuple[UUID, bool]], now: datetime, rule: Rule) -> list[Figure]:
    """Whose appeals are upheld. A person counts once, as upheld if any appeal of theirs was."""
    upheld: dict[UUID, bool] = {}
    for learner_id, was_upheld in decided:
        upheld[learner_id] = upheld.get(learner_id, False) or was_upheld
    who = selectors.groups_of(upheld, year=now.year, rule=rule)
    return rules.compare(
        [Observation(None, was_upheld, who.get(learner_id, {})) for learner_id, was_upheld in upheld.items()],
        measure=rules.APPEALS_UPHELD,
        quiz_id=None,
        dimensions=selectors.dimensions_of_people(rule, member_states.codes()),
        rule=rule,
    )


def _dif(findings: Sequence[DifFinding]) -> list[dict[str, Any]]:
    counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for finding in findings:
        counted[finding.dimension, finding.group][0] += 1
        counted[finding.dimension, finding.group][1] += finding.flagged
    return [
        {"dimension": dimension, "group": group, "examined": examined, "flagged": flagged}
        for (dimension, group), (examined, flagged) in sorted(counted.items())
    ]


@transaction.atomic
def _keep(figures: Sequence[Figure], **values: Any) -> tuple[FairnessReport, bool]:
    report, is_new = FairnessReport.objects.get_or_create(day=values.pop("day"), defaults=values)
    if is_new:
        FairnessGroup.objects.bulk_create([FairnessGroup(report=report, **asdict(figure)) for figure in figures])
        privacy.audit(
            actor=MONITOR,
            action="fairness.reported",
            subject_kind="fairness_report",
            subject_id=str(report.pk),
            alerts=report.alerts,
        )
    return report, is_new
