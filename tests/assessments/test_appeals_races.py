"""What happens to an appeal at the same instant: one opens, one claims, one decides."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction

from accounts.roles import ensure_roles
from assessments.appeals import reviewing, rules, services
from assessments.appeals.rules import Subject
from assessments.errors import AppealClosed, AppealOpen, AppealTaken
from assessments.models import Appeal, AppealDecision, AppealStep
from common import clock
from common.ids import new_id
from events.models import Event
from learners import public as learners
from learners.models import LevelDecision
from tests.assessments.appealing import SKILL, claim, decide, make_linh, make_reviewer, open_appeal, quiz_for
from tests.assessments.test_races import in_threads
from tests.credentials.certificates.factories import make_achievement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _roles(_reference_data: None) -> None:
    # Another test's truncation takes the groups along.
    if not Group.objects.exists():
        ensure_roles()


def test_two_calls_at_once_open_one_appeal() -> None:
    linh = make_linh()
    results = in_threads(lambda _: open_appeal(linh), range(8), threads=4)
    assert Counter(type(result) if not isinstance(result, type) else result for result in results)[AppealOpen] == 7
    assert Appeal.objects.count() == AppealStep.objects.count() == 1
    appeal_id = new_id()
    hung = make_linh(name="Lê Văn Hùng")
    assert set(in_threads(lambda _: open_appeal(hung, appeal_id=appeal_id), range(8), threads=4)) == {appeal_id}
    assert Event.objects.filter(kind="assessments.appeal_opened").count() == 2


def test_of_two_reviewers_who_claim_at_once_one_reviews() -> None:
    appeal_id = open_appeal(make_linh())
    reviewers = [make_reviewer("Mai"), make_reviewer("Hùng")]
    results = in_threads(lambda who: claim(appeal_id, who), reviewers * 3, threads=6)
    assert Counter(results) == {None: 3, AppealTaken: 3}
    assert AppealStep.objects.filter(what="claimed").count() == 1


@pytest.mark.parametrize("same", [True, False])
def test_a_second_decision_just_before_the_lock_gives_one_outcome(monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    mai = make_reviewer()
    appeal_id = open_appeal(make_linh())
    claim(appeal_id, mai)
    lock, overtaken = reviewing.appeals_for_update, []  # type: ignore[var-annotated]

    def overtaking() -> Any:
        if not overtaken:
            overtaken.append(True)
            overtaken.extend(in_threads(lambda _: decide(appeal_id, mai, levels={SKILL: 2}), [None], threads=1))
        return lock()

    monkeypatch.setattr(reviewing, "appeals_for_update", overtaking)
    if same:
        assert decide(appeal_id, mai, levels={SKILL: 2}) == overtaken[1]
    else:
        with pytest.raises(AppealClosed):
            decide(appeal_id, mai, "dismissed")
    assert AppealDecision.objects.get().outcome == "upheld"
    assert LevelDecision.objects.count() == 1
    assert Event.objects.filter(kind="assessments.appeal_decided").count() == 1


@pytest.mark.parametrize("is_locked", [True, False])
def test_nobody_moves_a_level_between_the_check_of_a_decision_and_its_effect(
    monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    """The control decides without the lock: then what others gave meanwhile is lost."""
    mai, linh = make_reviewer(), make_linh(level=0)
    quiz = quiz_for(linh)
    make_achievement(
        quiz.course,
        slug="first-steps",
        texts={"en": {"name": "First steps"}},
        criteria={"course_completed": False, "skills": [{"skill": SKILL, "level": 1}]},
    )
    appeal_id = open_appeal(linh, Subject("refusal", achievement="first-steps"))
    claim(appeal_id, mai)

    def rise(_: Any) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
            learners.decide_level(
                decision_id=new_id(),
                learner_id=linh.pk,
                skill=SKILL,
                level=2,
                cause="review",
                decided_by=[new_id()],
                reason="x",
                now=clock.now(),
            )

    check, tried = rules.check, []  # type: ignore[var-annotated]

    def after_the_check(**given: Any) -> None:
        check(**given)
        tried.extend(in_threads(rise, [None], threads=1))

    monkeypatch.setattr(rules, "check", after_the_check)
    if not is_locked:
        monkeypatch.setattr(learners, "lock_levels", lambda ids: set(ids))
    decide(appeal_id, mai, levels={SKILL: 1})
    assert tried == [OperationalError if is_locked else None]


def test_withdrawing_and_deciding_at_once_end_one_way() -> None:
    mai, linh = make_reviewer(), make_linh()
    appeal_id = open_appeal(linh)
    claim(appeal_id, mai)
    ways = [
        lambda: services.withdraw(appeal_id=appeal_id, learner_id=linh.pk, now=clock.now()),
        lambda: decide(appeal_id, mai, levels={SKILL: 2}),
    ]
    results = in_threads(lambda way: way(), ways, threads=2)
    assert results.count(AppealClosed) == 1
    appeal = Appeal.objects.get()
    assert appeal.withdrawn is (not AppealDecision.objects.exists())
    assert appeal.subject == Subject("level", skill=SKILL).key


def test_two_clocks_note_an_overdue_appeal_once() -> None:
    for _ in range(3):
        open_appeal(make_linh(level=0), now=clock.now() - timedelta(days=40))
    noted = in_threads(lambda _: services.note_overdue(now=clock.now()), range(4), threads=4)
    assert sum(noted) == 3
    assert Event.objects.filter(kind="assessments.appeal_overdue").count() == 3
