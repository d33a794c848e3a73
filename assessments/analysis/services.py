"""The nightly item analysis: one pass a course, one report a day, nothing where nothing is new."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction

from assessments.analysis import classical, dif, rules, selectors
from assessments.analysis.answers import Analysed, answers_of
from assessments.analysis.models import AnalysisRun, DifResult, FormStatistic, ItemStatistic
from privacy import public as privacy

log = logging.getLogger(__name__)

ANALYST = "assessments.analyse_items"


def analyse_all(*, now: datetime) -> int:
    """Analyse every course that has something to analyse and no report of today; return how many reports were made.

    One transaction a course, so an interrupted job goes on where it was. A course that fails is logged and left for
    the next night; the others are not held up.
    """
    made = 0
    for course_id in selectors.courses_to_analyse(day=now.date()):
        try:
            made += analyse_course(course_id=course_id, now=now) is not None
        except Exception:
            log.exception("item analysis failed", extra={"course_id": str(course_id)})
    return made


def analyse_course(*, course_id: UUID, now: datetime) -> AnalysisRun | None:
    """Analyse the course's answers and store the report; a second call on a day makes none.

    Returns the new run; None where there is one of today, or nothing is new since the newest. The arithmetic is done
    before the transaction, which writes ready rows.
    """
    if AnalysisRun.objects.filter(course_id=course_id, day=now.date()).exists():
        return None
    analysed = answers_of(course_id, now=now)
    newest = AnalysisRun.objects.filter(course_id=course_id).order_by("-day").first()
    if analysed is None or (newest is not None and newest.digest == analysed.digest):
        return None
    items, forms, groups, tests = _rows(analysed)
    with transaction.atomic():
        run, is_new = AnalysisRun.objects.get_or_create(
            course_id=course_id,
            day=now.date(),
            defaults={
                "made_at": now,
                "digest": analysed.digest,
                "method": rules.METHOD,
                "learners": analysed.learners,
                "answers": len(analysed.answers.score),
                "tests": tests,
            },
        )
        if not is_new:
            return None
        for rows in (items, forms, groups):
            for row in rows:
                row.run = run
        ItemStatistic.objects.bulk_create(items, batch_size=1000)
        FormStatistic.objects.bulk_create(forms, batch_size=1000)
        DifResult.objects.bulk_create(groups, batch_size=1000)
        privacy.audit(
            actor=ANALYST, action="items.analysed", subject_kind="course", subject_id=str(course_id), run=run.pk
        )
    return run


def _rows(analysed: Analysed) -> tuple[list[ItemStatistic], list[FormStatistic], list[DifResult], int]:
    answers = analysed.answers
    facility = classical.facilities(answers)
    rest = classical.rest_scores(answers, facility)
    figures = classical.item_figures(answers, rest, analysed.choices)
    found = dif.comparisons(answers, facility)
    groups = list(_by_group(analysed, rest, dif.by_item(found)))
    items = _items(analysed, figures, found, dif.jumps(answers, facility))
    return items, list(_forms(analysed)), groups, len(found)


def _items(
    analysed: Analysed,
    figures: Sequence[rules.ItemFigures],
    found: Sequence[dif.Comparison],
    jumps: Sequence[dif.Comparison],
) -> list[ItemStatistic]:
    observed = [
        rules.observed_difficulty(figure.facility, n=figure.n, guess=stated.guess)
        if figure.facility is not None and figure.n >= rules.CORRELATED
        else None
        for figure, stated in zip(figures, analysed.stated, strict=True)
    ]
    difficulties = rules.difficulties_beside_each_other(observed, [stated.difficulty for stated in analysed.stated])
    rows = []
    for item, (figure, stated, difficulty) in enumerate(zip(figures, analysed.stated, difficulties, strict=True)):
        differences = [
            rules.Difference(test.factor, test.group, test.reference, test.delta, test.ets_class)
            for test in found
            if test.item == item
        ]
        since = [rules.Jump(int(test.group), test.delta, test.ets_class) for test in jumps if test.item == item]
        reasons = rules.findings(figure, stated, difficulty=difficulty, differences=differences, jumps=since)
        rows.append(
            ItemStatistic(
                revision_id=analysed.revisions[item],
                joined=analysed.joined[item],
                n=figure.n,
                facility=figure.facility,
                is_binary=figure.is_binary,
                discrimination=figure.discrimination,
                timed=figure.timed,
                median_seconds=figure.median_seconds,
                difficulty=difficulty,
                thirds=[asdict(third) for third in figure.thirds or ()],
                options=[
                    {"option": option.option, "right": option.right, "share": option.share, "thirds": option.thirds}
                    for option in figure.options
                ],
                flags=list(dict.fromkeys(reason.flag for reason in reasons)),
                findings=[{"flag": reason.flag, **reason.figures} for reason in reasons],
            )
        )
    return rows


def _by_group(
    analysed: Analysed, rest: classical.Floats, tests: Mapping[tuple[int, str, str], dif.Comparison]
) -> Iterator[DifResult]:
    answers = analysed.answers
    for factor, group_of in answers.groups.items():
        of_answer = group_of[answers.attempt]
        names = [str(name) for name in np.unique(group_of)]
        reference = rules.reference_of({name: int((group_of == name).sum()) for name in names}) or ""
        figures = {name: classical.item_figures(answers, rest, {}, among=of_answer == name) for name in names if name}
        # Counted from the answers, not from the figures: those of a few are not there, and must not be uncovered.
        counts = {
            name: np.bincount(answers.item[answers.is_first & (of_answer == name)], minlength=answers.items)
            for name in names
        }
        for item, revision_id in enumerate(analysed.revisions):
            shown = rules.shown_groups(
                {name: int(counts[name][item]) for name in names},
                smallest=rules.SMALLEST_OF.get(factor, rules.SMALLEST),
            )
            for name, of_item in figures.items():
                test = tests.get((item, factor, name))
                if name not in shown and test is None:
                    continue
                row = DifResult(
                    revision_id=revision_id,
                    factor=factor,
                    group=name,
                    n=rules.PER_GROUP,
                    reference="" if name == reference else reference,
                )
                if name in shown:
                    one = of_item[item]
                    row.n, row.facility = one.n, one.facility
                    row.discrimination, row.median_seconds = one.discrimination, one.median_seconds
                if test is not None:
                    row.delta, row.delta_error, row.p, row.q = test.delta, test.error, test.p, test.q
                    row.ets_class = test.ets_class
                yield row


def _forms(analysed: Analysed) -> Iterator[FormStatistic]:
    answers = analysed.answers
    for quiz, quiz_id in enumerate(analysed.quizzes):
        # A coefficient belongs to a length.
        among = classical.of_usual_length(answers, answers.quiz == quiz)
        yield from _form(quiz_id, "", "", classical.form_figures(answers, among))
        for factor, group_of in answers.groups.items():
            names, counts = np.unique(group_of[among], return_counts=True)
            shown = rules.shown_groups(
                dict(zip(map(str, names), map(int, counts), strict=True)),
                smallest=rules.SMALLEST_OF.get(factor, rules.SMALLEST),
            )
            for name in sorted(shown):
                yield from _form(quiz_id, factor, name, classical.form_figures(answers, among & (group_of == name)))


def _form(quiz_id: UUID, factor: str, group: str, figures: classical.FormFigures | None) -> Iterator[FormStatistic]:
    if figures is not None:
        yield FormStatistic(quiz_id=quiz_id, factor=factor, group=group, **asdict(figures))
