"""Reads of the kept reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from assessments.analysis.models import AnalysisRun, DifResult, FormStatistic, ItemStatistic
from assessments.attempts.models import Attempt

HISTORY = 30


def newest_runs() -> QuerySet[AnalysisRun]:
    """The newest run of each course."""
    return AnalysisRun.objects.order_by("course_id", "-day").distinct("course_id")


def newest_items() -> QuerySet[ItemStatistic]:
    """The items of the newest runs."""
    return ItemStatistic.objects.filter(run__in=newest_runs().values("pk"))


def newest_forms() -> QuerySet[FormStatistic]:
    """The forms of the newest runs."""
    return FormStatistic.objects.filter(run__in=newest_runs().values("pk"))


def dif_findings() -> list[tuple[UUID, str, str, bool]]:
    """(item, factor, group, whether worth a look) of every comparison in the newest runs; one query.

    Worth a look is a difference of a class that a person should see (`rules.is_worth_a_look`), still significant after the
    correction for many comparisons.
    """
    from assessments.analysis.rules import SIGNIFICANT, is_worth_a_look  # numpy comes along: only the job pays for it

    rows = DifResult.objects.filter(run__in=newest_runs().values("pk")).exclude(ets_class="")
    return [
        (item_id, factor, group, q is not None and q <= SIGNIFICANT and is_worth_a_look(factor, ets_class))
        for item_id, factor, group, ets_class, q in rows.values_list(
            "revision__item_id", "factor", "group", "ets_class", "q"
        )
    ]


def groups_of(*, run_id: int, revision_id: int) -> Sequence[DifResult]:
    """The item's figures by group in a run, the reference of each factor first; one query."""
    rows = DifResult.objects.filter(run_id=run_id, revision_id=revision_id)
    return sorted(rows, key=lambda row: (row.factor, bool(row.reference), -row.n, row.group))


def history_of(*, course_id: UUID, revision_id: int, until: date) -> Sequence[ItemStatistic]:
    """The item's figures in the last runs of a course, oldest first; one query."""
    rows = ItemStatistic.objects.filter(revision_id=revision_id, run__course=course_id, run__day__lte=until, n__gt=0)
    return list(rows.select_related("run").order_by("-run__day")[:HISTORY])[::-1]


def courses_to_analyse(*, day: date) -> Sequence[UUID]:
    """Courses with graded attempts and no run of that day; one query."""
    graded = Attempt.objects.filter(submitted_at__isnull=False, expired=False)
    done = AnalysisRun.objects.filter(day=day).values("course_id")
    return list(
        graded.exclude(quiz__course__in=done)
        .order_by("quiz__course_id")
        .values_list("quiz__course_id", flat=True)
        .distinct()
    )
