"""From answers to the trainer's page: what counts, what is kept, who sees it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
from assessments.analysis import groups, services
from assessments.models import (
    AnalysisRun,
    Attempt,
    AttemptItem,
    DifResult,
    FormStatistic,
    ItemStatistic,
    Quiz,
)
from assessments.tasks import analyse_items
from common import clock
from config.local.processes import ROOT
from learners.models import Learner
from privacy.models import AuditEntry
from tests.assessments.analysed import make_cohort, write_attempts
from tests.assessments.factories import consent, edition_of, join_teams, make_edition, version_of
from tests.factories import make_learner, make_user

pytestmark = pytest.mark.django_db


def analyse(cohort, *, day=0):
    return services.analyse_course(course_id=cohort.edition.course_id, now=clock.now() + timedelta(days=day))


def staff(client, role, **given):
    user = make_user(is_staff=True, **given)
    user.groups.add(Group.objects.get(name=role))
    join_teams(user, role="author" if role == TRAINER else "reviewer")
    client.force_login(user)
    return user


def statistics(run):
    return list(ItemStatistic.objects.filter(run=run).order_by("revision_id"))


@pytest.fixture
def cohort():
    return make_cohort(120, items=6, inverted=(4,))


def test_the_report_says_what_the_answers_say(cohort):
    run = analyse(cohort)
    assert (run.learners, run.answers) == (120, 720)
    rest = cohort.right.sum(axis=1)[:, None] - cohort.right
    for item, row in enumerate(statistics(run)):
        assert row.revision_id == cohort.revisions[item].pk
        assert row.n == 120
        assert row.facility == pytest.approx(cohort.right[:, item].mean())
        assert row.discrimination == pytest.approx(np.corrcoef(cohort.right[:, item], rest[:, item])[0, 1])
        assert row.median_seconds == pytest.approx(np.median(cohort.seconds[:, item]))
        shares = {option["option"]: option["share"] for option in row.options}
        assert shares == {option: pytest.approx(np.mean(cohort.chosen[:, item] == option)) for option in "abcd"}
        for place, state in enumerate(sorted(set(cohort.states))):
            of_state = np.array(cohort.states) == state
            group = DifResult.objects.filter(run=run, revision=row.revision, factor="member_state").order_by("group")[
                place
            ]
            assert (group.group, group.n) == (state, of_state.sum())
            assert group.facility == pytest.approx(cohort.right[of_state, item].mean())
            assert (group.delta, group.ets_class) == (None, "")
    assert "negative_discrimination" in statistics(run)[4].flags
    form = FormStatistic.objects.get(run=run, factor="")
    total = cohort.right.sum(axis=1)
    p = cohort.right.mean(axis=0)
    assert form.is_binary
    assert not form.is_drawn
    assert form.reliability == pytest.approx(6 / 5 * (1 - sum(p * (1 - p)) / total.var()))
    assert {"language", "member_state", "age_band", "device_class"} == set(
        FormStatistic.objects.filter(run=run).exclude(factor="").values_list("factor", flat=True)
    )


def test_only_first_graded_attempts_that_count_are_analysed(cohort):
    now, ids = clock.now(), cohort.attempt_ids
    # An expired attempt, one that waits for marks or is live, one of somebody who withdrew the consent.
    Attempt.objects.filter(pk=ids[0]).update(expired=True, closed_by_clock=True)
    AttemptItem.objects.filter(attempt=ids[1]).update(score=None)
    Attempt.objects.filter(pk=ids[2]).update(submitted_at=None, score=None, passed=None)
    consent(Attempt.objects.get(pk=ids[3]).learner, given=False)
    # A voided answer, and one that was corrected.
    voided = AttemptItem.objects.filter(attempt=ids[4], position=0)
    voided.update(score=None)
    AttemptItem.objects.filter(attempt=ids[5], position=0).update(score=0.5)
    # A second attempt, and a first one at practice.
    learner_id = cohort.learner_ids[6]
    practice = Quiz.objects.create(course=cohort.edition.course, slug="practice", titles={}, pools=[], mode="practice")
    for quiz, number in ((cohort.quiz, 2), (practice, 1)):
        again = Attempt.objects.create(
            quiz=quiz,
            edition=edition_of(quiz),
            quiz_version=version_of(quiz),
            learner_id=learner_id,
            number=number,
            seed=1,
            language="en",
            started_at=now,
            due_at=now,
            submitted_at=now,
            score=1.0,
            passed=True,
        )
        AttemptItem.objects.create(attempt=again, position=0, revision=cohort.revisions[0], score=1.0)
    run = analyse(cohort)
    assert (run.learners, run.answers) == (116, 116 * 6 - 1)
    first = statistics(run)[0]
    expected = cohort.right[4:, 0].copy()
    expected[1] = 0.5
    assert first.n == 115
    assert first.facility == pytest.approx(expected[1:].mean())
    assert not first.is_binary
    # The form is judged by attempts of its usual length.
    assert FormStatistic.objects.get(run=run, factor="").n == 115


def test_what_was_not_reached_before_the_time_was_over_says_nothing_of_the_item(cohort):
    before = statistics(analyse(cohort))
    late, handed_in = cohort.attempt_ids[:2]
    Attempt.objects.filter(pk=late).update(closed_by_clock=True)
    for attempt_id in (late, handed_in):
        AttemptItem.objects.filter(attempt=attempt_id, position__gte=4).update(response=None, score=0.0)
    after = statistics(analyse(cohort, day=1))
    # Left open in an attempt that was handed in, the item was met and not answered: that counts, as always.
    assert [row.n for row in before] == [120] * 6
    assert [row.n for row in after] == [120] * 4 + [119] * 2


def test_an_item_met_before_in_another_quiz_counts_once(cohort):
    other = make_cohort_again(cohort)
    run = analyse(cohort)
    assert run.answers == 2 * 720
    assert [row.n for row in statistics(run)] == [120] * 6
    assert statistics(run)[0].facility == pytest.approx(cohort.right[:, 0].mean())
    assert set(FormStatistic.objects.filter(run=run, factor="").values_list("quiz", flat=True)) == {
        cohort.quiz.pk,
        other.pk,
    }


def make_cohort_again(cohort):
    """The same learners take a second quiz of the same items an hour later, and get everything right."""
    from dataclasses import replace

    from common.ids import new_id
    from tests.assessments.factories import make_quiz

    quiz = make_quiz(cohort.edition)
    ids = [new_id() for _ in cohort.attempt_ids]
    write_attempts(
        replace(cohort, quiz=quiz, attempt_ids=ids, right=np.ones_like(cohort.right)), devices=["phone"] * len(ids)
    )
    Attempt.objects.filter(pk__in=ids).update(started_at=clock.now())
    return quiz


def test_a_report_a_day_and_none_where_nothing_is_new(cohort):
    run = analyse(cohort)
    assert analyse(cohort) is None
    assert analyse(cohort, day=1) is None, "nothing is new"
    AttemptItem.objects.filter(attempt=cohort.attempt_ids[0], position=0).update(score=0.25)
    assert analyse(cohort) is None, "there is one of today"
    newer = analyse(cohort, day=1)
    assert newer.digest != run.digest
    assert ItemStatistic.objects.filter(run=run).count() == ItemStatistic.objects.filter(run=newer).count() == 6
    assert AuditEntry.objects.filter(action="items.analysed", subject_id=str(cohort.edition.course_id)).count() == 2


def test_an_interrupted_job_goes_on_where_it_was_and_one_failure_holds_nobody_up(cohort, monkeypatch):
    other = make_cohort(40, items=5, seed=2)
    whole = services.answers_of

    def fails(course_id, *, now):
        if course_id == cohort.edition.course_id:
            raise RuntimeError
        return whole(course_id, now=now)

    monkeypatch.setattr(services, "answers_of", fails)
    analyse_items()
    assert list(AnalysisRun.objects.values_list("course_id", flat=True)) == [other.edition.course_id]
    monkeypatch.undo()
    assert services.analyse_all(now=clock.now()) == 1
    assert services.analyse_all(now=clock.now()) == 0


def test_the_number_of_queries_knows_nothing_of_the_number_of_answers(cohort, query_budget):
    with query_budget(22):
        analyse(cohort)
    larger = make_cohort(300, items=12, seed=3)
    with query_budget(22):
        analyse(larger)


def test_small_groups_are_neither_shown_nor_uncovered():
    cohort = make_cohort(60, items=5)
    states = ["TL"] * 4 + ["MY"] * 11 + ["JP"] * 45
    for state in set(states):
        ids = [pk for pk, of in zip(cohort.learner_ids, states, strict=True) if of == state]
        Learner.objects.filter(pk__in=ids).update(member_state_id=state)
    run = analyse(cohort)
    shown = {row.group for row in DifResult.objects.filter(run=run, factor="member_state")}
    assert shown == {"JP"}, "the four of TL would be what is left beside MY and JP"
    assert {row.group for row in FormStatistic.objects.filter(run=run, factor="member_state")} == {"JP"}


def test_a_group_whose_figures_would_uncover_a_few_is_still_compared():
    cohort = make_cohort(430, items=5)
    for state, ids in (
        ("JP", cohort.learner_ids[:225]),
        ("ID", cohort.learner_ids[225:426]),
        ("TL", cohort.learner_ids[426:]),
    ):
        Learner.objects.filter(pk__in=ids).update(member_state_id=state)
    run = analyse(cohort)
    rows = DifResult.objects.filter(run=run, factor="member_state", revision=cohort.revisions[0]).order_by("group")
    assert [(row.group, row.n, row.facility is None, row.delta is None) for row in rows] == [
        ("ID", 200, True, False),
        ("JP", 225, False, True),
    ]


def test_fewer_than_ten_learners_leave_no_figure(client):
    cohort = make_cohort(9, items=5)
    run = analyse(cohort)
    assert {(row.n, row.facility, row.median_seconds) for row in statistics(run)} == {(0, None, None)}
    assert not DifResult.objects.exists()
    assert not FormStatistic.objects.exists()
    staff(client, TRAINER)
    page = client.get(reverse("admin:assessments_itemstatistic_change", args=[statistics(run)[0].pk])).content.decode()
    assert "fewer than 10 learners" in page
    assert "insufficient data" in page


def test_a_factor_is_one_more_function(cohort, monkeypatch):
    asked = []

    def gender(learner_ids):
        asked.append(len(set(learner_ids)))
        return {pk: "woman" if index % 2 else "man" for index, pk in enumerate(sorted(learner_ids)[:90])}

    monkeypatch.setitem(groups.OF_LEARNERS, "gender", gender)
    run = analyse(cohort)
    rows = DifResult.objects.filter(run=run, factor="gender", revision=cohort.revisions[0])
    assert {row.group: row.n for row in rows} == {"man": 45, "woman": 45}
    assert asked == [120], "one call"


@pytest.mark.parametrize(
    ("year", "band"), [(2002, "under 25"), (2001, "25-34"), (1992, "25-34"), (1991, "35-44"), (1940, "55 and over")]
)
def test_age_bands(year, band):
    assert groups.age_band(year, year=2026) == band


def test_an_item_that_is_harder_in_one_language_is_flagged_to_the_trainer(client):
    cohort = make_cohort(1100, items=10, states=("ID", "PH"), harder_in=(3, "PH", 1.6), seed=6)
    run = analyse(cohort)
    tested = DifResult.objects.filter(run=run).exclude(delta=None)
    assert run.tests == tested.count() >= 20
    worst = DifResult.objects.get(run=run, revision=cohort.revisions[3], factor="language", group="en")
    assert (worst.reference, worst.ets_class) == ("id", "C")
    assert worst.delta < -1.5
    assert not tested.filter(ets_class="C").exclude(revision=cohort.revisions[3]).exists()
    staff(client, TRAINER)
    listing = reverse("admin:assessments_itemstatistic_changelist")
    shown = client.get(listing, {"flag": "differs_between_groups"}).content.decode()
    assert f"{cohort.revisions[3].item.code} (revision 1)" in shown
    assert f"{cohort.revisions[1].item.code} (revision 1)" not in shown
    row = ItemStatistic.objects.get(run=run, revision=cohort.revisions[3])
    page = client.get(reverse("admin:assessments_itemstatistic_change", args=[row.pk])).content.decode()
    assert "It is harder for English (en) than for equally able learners of Indonesian (id)" in page
    assert "a large difference: look at the wording, harder here" in page


def test_a_trainer_reads_list_page_and_history(client, cohort, query_budget):
    analyse(cohort, day=-1)
    AttemptItem.objects.filter(attempt=cohort.attempt_ids[0], position=0).update(score=0.25)
    run = analyse(cohort)
    staff(client, TRAINER)
    listing = client.get(reverse("admin:assessments_itemstatistic_changelist"))
    html = listing.content.decode()
    assert listing.status_code == 200
    assert html.count('class="figure columns"') == 6, "the newest report only"
    flagged = ItemStatistic.objects.get(run=run, revision=cohort.revisions[4])
    assert html.index(cohort.revisions[4].item.code) < html.index(cohort.revisions[0].item.code)
    address = reverse("admin:assessments_itemstatistic_change", args=[flagged.pk])
    client.get(address)
    with query_budget(12):
        page = client.get(address).content.decode()
    for text in (
        "of 10 answered right",
        "less often",
        'class="figure thirds"',
        'class="figure history"',
        "right</span>",
        "2 reports",
    ):
        assert text in page, text
    assert client.post(address, {"n": 1}).status_code == 403
    older = ItemStatistic.objects.filter(run__day__lt=run.day).first()
    assert client.get(reverse("admin:assessments_itemstatistic_change", args=[older.pk])).status_code == 200
    forms = client.get(reverse("admin:assessments_formstatistic_changelist")).content.decode()
    assert "KR-20" in forms
    for flag in ("any", "none", "too_hard"):
        assert client.get(reverse("admin:assessments_itemstatistic_changelist"), {"flag": flag}).status_code == 200
    assert client.get(reverse("admin:assessments_itemstatistic_change", args=[0])).status_code == 404


def test_the_tables_have_no_key_no_name_and_no_locale(client, cohort):
    run = analyse(cohort)
    staff(client, TRAINER)
    for name, model in (
        ("itemstatistic_download_items", ItemStatistic),
        ("itemstatistic_download_groups", DifResult),
        ("formstatistic_download_forms", FormStatistic),
    ):
        answer = client.get(reverse(f"admin:assessments_{name}"), headers={"accept-language": "id"})
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert len(rows) == model.objects.filter(run=run).count() > 0
        assert "愛子" not in answer.content.decode()
        assert not any(str(pk) in answer.content.decode() for pk in cohort.learner_ids)
        assert "correct" not in answer.content.decode()
    rows = list(
        csv.DictReader(
            io.StringIO(client.get(reverse("admin:assessments_itemstatistic_download_items")).content.decode())
        )
    )
    first = next(row for row in rows if row["item"] == cohort.revisions[0].item.code)
    assert float(first["facility"]) == pytest.approx(cohort.right[:, 0].mean(), rel=1e-5)
    assert first["day"] == run.day.isoformat()


def test_who_must_not_see_keys_sees_nothing_of_it(client, cohort):
    """Options with their shares tell the key. Reviewers read; those limited to a state, and Dao, do not."""
    run = analyse(cohort)
    page = reverse("admin:assessments_itemstatistic_change", args=[statistics(run)[0].pk])
    addresses = [
        page,
        *(
            reverse(f"admin:assessments_{name}")
            for name in (
                "itemstatistic_changelist",
                "formstatistic_changelist",
                "itemstatistic_download_items",
                "itemstatistic_download_groups",
                "formstatistic_download_forms",
            )
        ),
    ]
    staff(client, REVIEWER)
    assert {client.get(address).status_code for address in addresses} == {200}
    staff(client, STATE_ADMINISTRATOR, member_state_id="JP")
    assert {client.get(address).status_code for address in addresses} == {403}
    limited = staff(client, TRAINER, member_state_id="JP")
    limited.groups.add(Group.objects.get(name=STATE_ADMINISTRATOR))
    assert {client.get(address).status_code for address in addresses} == {403}
    client.force_login(make_learner("ID", name="Dao").user)
    assert {client.get(address).status_code for address in addresses} == {302}


def test_an_edition_without_answers_has_no_report():
    edition = make_edition()
    assert services.analyse_course(course_id=edition.course_id, now=clock.now()) is None
    assert services.analyse_all(now=clock.now()) == 0


def test_only_the_job_pays_for_the_arithmetic():
    """The web process, which loads the admin and the tasks, imports neither statsmodels nor pandas nor numpy."""
    code = (
        "import django; django.setup(); import assessments.tasks, sys; "
        "print([name for name in ('statsmodels', 'pandas', 'scipy', 'numpy') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stderr


@pytest.mark.slow
def test_a_hundred_thousand_answers_take_a_few_seconds():
    """Of this process's time: reading, arithmetic, some hundred tests, rows. The database adds its one statement."""
    cohort = make_cohort(10_000, items=40, asked=10)
    began, cpu = time.perf_counter(), time.process_time()
    run = analyse(cohort)
    spent = time.process_time() - cpu
    print(f"{run.answers} answers, {run.tests} tests: {spent:.1f} s CPU, {time.perf_counter() - began:.1f} s in all")
    assert run.answers == 100_000
    assert run.tests >= 100
    assert spent < 8
