"""The nightly report: Budi's group fares worse, a person is told; Dao is told nothing, and no person stands in it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from accounts.roles import REVIEWER, STATE_ADMINISTRATOR
from assessments import tasks
from assessments.attempts.models import Attempt
from assessments.fairness import services
from assessments.fairness.models import FairnessGroup, FairnessReport
from assessments.fairness.sources import DifFinding, Sources
from assessments.quizzes.models import Quiz
from common import clock
from common.ids import new_id
from learners.models import Learner, SelfDescription
from privacy.models import AuditEntry, ConsentRecord
from tests.assessments.factories import edition_of, make_edition, make_quiz, version_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NOTHING = Sources()
_numbers = itertools.count(1)


def cohort(
    quiz: Quiz,
    n: int,
    *,
    passed: int,
    state: str = "JP",
    language: str = "ja",
    device: str = "phone",
    born: int = 1990,
    gender: str | None = None,
    consents: bool = True,
    **given: Any,
) -> list[Learner]:
    """So many learners with their first attempt, the first of them passed; written as rows."""
    now = clock.now()
    users = User.objects.bulk_create(
        User(id=new_id(), username=f"cohort-{next(_numbers)}", password="!") for _ in range(n)
    )
    learners = Learner.objects.bulk_create(
        Learner(user=user, legal_name="N", member_state_id=state, languages=[language], birth_year=born)
        for user in users
    )
    attempt(quiz, learners, passed=passed, language=language, device=device, **given)
    if gender is not None:
        SelfDescription.objects.bulk_create(
            SelfDescription(learner=learner, gender=gender, said_at=now) for learner in learners
        )
        ConsentRecord.objects.bulk_create(
            ConsentRecord(
                user=user, purpose_id="fairness_monitoring", given=consents, text_version=1, text_language="en"
            )
            for user in users
        )
    return learners


def attempt(
    quiz: Quiz,
    learners: Iterable[Learner],
    *,
    passed: int,
    number: int = 1,
    language: str = "ja",
    device: str = "phone",
    days_ago: int = 1,
    **given: Any,
) -> None:
    at = clock.now() - timedelta(days=days_ago)
    version = version_of(quiz)
    Attempt.objects.bulk_create(
        Attempt(
            quiz=quiz,
            quiz_version=version,
            edition=edition_of(quiz),
            learner=learner,
            number=number,
            seed=1,
            language=language,
            device_class=device,
            started_at=at,
            due_at=at,
            submitted_at=at,
            score=float(index < passed),
            passed=index < passed,
            **given,
        )
        for index, learner in enumerate(learners)
    )


def verdicts(
    report: FairnessReport, dimension: str, *, measure: str = "pass_rate", quiz: Quiz | None = None
) -> dict[str, str]:
    rows = report.groups.filter(measure=measure, dimension=dimension, quiz=quiz)
    return {row.group: row.verdict for row in rows if row.verdict != "insufficient"}


@pytest.fixture
def quiz() -> Quiz:
    return make_quiz(make_edition())


def test_a_group_that_fares_worse_raises_an_alert(
    quiz: Quiz, caplog: pytest.LogCaptureFixture, query_budget: Any
) -> None:
    cohort(quiz, 60, passed=48, gender="male")
    cohort(quiz, 50, passed=20, state="ID", language="th", device="computer", born=1960, gender="female")
    cohort(quiz, 5, passed=0, state="VN", language="en", device="tablet", gender="another")
    with caplog.at_level(logging.ERROR, logger="assessments.fairness"), query_budget(25):
        report = services.monitor(now=clock.now(), sources=NOTHING)
    assert verdicts(report, "gender") == {"male": "reference", "female": "alert"}
    assert verdicts(report, "gender", quiz=quiz) == {"male": "reference", "female": "alert"}
    assert verdicts(report, "member_state") == {"JP": "reference", "ID": "alert"}
    assert verdicts(report, "language", quiz=quiz) == {"ja": "reference", "th": "alert"}
    assert verdicts(report, "device_class") == {"phone": "reference", "computer": "alert"}
    assert set(verdicts(report, "age_band").values()) == {"reference", "alert"}
    assert report.alerts == 10
    small = report.groups.filter(group__in=["another", "VN", "tablet"])
    assert {(row.verdict, row.people, row.share) for row in small} == {("insufficient", None, None)}
    states = report.groups.filter(dimension="member_state", quiz=None)
    assert states.count() == 12, "a state with nobody looks like a state with few"
    (line,) = caplog.records
    assert (line.levelname, line.alert, line.alerts) == ("ERROR", "fairness_alert", 10)  # type: ignore[attr-defined]
    assert AuditEntry.objects.get(action="fairness.reported").detail == {"alerts": 10}


def test_more_learners_and_quizzes_cost_no_more_queries(quiz: Quiz, query_budget: Any) -> None:
    for more in range(8):
        cohort(make_quiz(edition_of(quiz)), 40, passed=20 + more)
    with query_budget(25):
        assert services.monitor(now=clock.now(), sources=NOTHING).quizzes == 8


def test_the_same_day_has_one_report_and_the_next_another(quiz: Quiz, caplog: pytest.LogCaptureFixture) -> None:
    cohort(quiz, 40, passed=36)
    cohort(quiz, 40, passed=8, state="ID")
    now = clock.now()
    first = services.monitor(now=now, sources=NOTHING)
    assert services.monitor(now=now, sources=NOTHING) == first
    assert len(caplog.records) == 1, "an alert is sent once"
    services.monitor(now=now + timedelta(days=1), sources=NOTHING)
    tasks.monitor_fairness()
    assert FairnessReport.objects.count() == 2


def test_everybody_counts_once_with_what_counted_for_them(quiz: Quiz) -> None:
    first = cohort(quiz, 40, passed=10, expired=False)
    attempt(quiz, first, passed=40, number=2)
    cohort(quiz, 40, passed=30, state="ID")
    cohort(make_quiz(edition_of(quiz), mode="practice"), 40, passed=0, state="ID")
    cohort(quiz, 40, passed=0, state="ID", days_ago=500)
    # Whom the clock stopped did not pass, and that is an outcome as well.
    cohort(quiz, 30, passed=0, state="TH", expired=True, closed_by_clock=True)
    # A second quiz of the same people: in that quiz's figures, but overall each person counts once.
    other = make_quiz(edition_of(quiz))
    attempt(other, first, passed=40, days_ago=0)
    report = services.monitor(now=clock.now() + timedelta(minutes=1), sources=NOTHING)
    rows = report.groups.filter(dimension="member_state", quiz=None, share__isnull=False)
    shares = {row.group: (row.people, row.share) for row in rows}
    assert shares == {"JP": (40, 0.25), "ID": (40, 0.75), "TH": (30, 0.0)}
    assert report.quizzes == 2


def test_gender_counts_only_with_the_consent_of_the_moment(quiz: Quiz) -> None:
    cohort(quiz, 40, passed=20, gender="female")
    cohort(quiz, 40, passed=20, gender="male", consents=False)
    report = services.monitor(now=clock.now(), sources=NOTHING)
    assert verdicts(report, "gender") == {"female": "reference"}


def test_figures_of_other_parts_are_shown_or_said_to_be_unknown(quiz: Quiz) -> None:
    japan, indonesia = cohort(quiz, 40, passed=20), cohort(quiz, 40, passed=20, state="ID")
    silent = services.monitor(now=clock.now(), sources=NOTHING)
    assert (silent.appeals_overdue, silent.dif) == (None, None)
    decided = [(entry.pk, index < 4) for index, entry in enumerate(japan)]
    decided += [(entry.pk, index < 36) for index, entry in enumerate(indonesia)]
    # Somebody who appealed twice is one person.
    decided += [(japan[0].pk, False)]
    item = new_id()
    sources = Sources(
        decided_appeals=lambda since, until: decided,
        overdue_appeals=lambda now: 3,
        dif_findings=lambda: [DifFinding(item, "language", "th", True), DifFinding(new_id(), "language", "th", False)],
    )
    report = services.monitor(now=clock.now() + timedelta(days=1), sources=sources)
    assert verdicts(report, "member_state", measure="appeals_upheld") == {"ID": "reference", "JP": "alert"} or verdicts(
        report, "member_state", measure="appeals_upheld"
    ) == {"JP": "reference", "ID": "alert"}
    assert report.appeals_overdue == 3
    assert report.dif == [{"dimension": "language", "group": "th", "examined": 2, "flagged": 1}]


def test_a_report_is_never_edited_and_holds_no_small_group(quiz: Quiz) -> None:
    cohort(quiz, 40, passed=20)
    report = services.monitor(now=clock.now(), sources=NOTHING)
    for rows in (FairnessReport.objects.all(), FairnessGroup.objects.all()):
        for change in (lambda rows=rows: rows.update(id=rows[0].pk), lambda rows=rows: rows._raw_delete("default")):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                change()
    with pytest.raises(IntegrityError, match="small_groups_are_not_told"), transaction.atomic():
        FairnessGroup.objects.create(
            report=report, measure="pass_rate", dimension="gender", group="x", verdict="within", people=29, share=0.5
        )
    related = {
        field.related_model for model in (FairnessReport, FairnessGroup) for field in model._meta.concrete_fields
    }
    assert not related & {User, Learner, Attempt}


def test_reviewers_read_it_the_front_page_tells_of_it_and_others_see_nothing(client: Any, quiz: Quiz) -> None:
    cohort(quiz, 60, passed=48, gender="male")
    cohort(quiz, 50, passed=20, state="ID", gender="female")
    report = services.monitor(now=clock.now(), sources=NOTHING)
    page = reverse("admin:assessments_fairnessreport_change", args=[report.pk])
    listing, index = reverse("admin:assessments_fairnessreport_changelist"), reverse("admin:index")
    reviewer = make_user(is_staff=True)
    reviewer.groups.add(Group.objects.get(name=REVIEWER))
    client.force_login(reviewer)
    shown = client.get(page).content.decode()
    assert "Alert." in shown
    assert "Insufficient data: another" in shown
    assert f"{report.alerts} alerts" in client.get(listing).content.decode()
    assert page in client.get(index).content.decode()
    assert client.post(page, {}).status_code in {200, 403}
    assert client.get(reverse("admin:assessments_fairnessreport_change", args=[new_id()])).status_code == 404
    admin_of_state = make_user(is_staff=True, member_state_id="JP")
    admin_of_state.groups.add(Group.objects.get(name=STATE_ADMINISTRATOR))
    client.force_login(admin_of_state)
    assert client.get(page).status_code == 403
    assert page not in client.get(index).content.decode()
