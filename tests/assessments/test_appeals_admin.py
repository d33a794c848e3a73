"""Reviewers work through a queue and decide on one page; a state's administrator sees and assigns the state's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import STATE_ADMINISTRATOR, TRAINER
from assessments.appeals.rules import Subject
from assessments.models import Appeal, AppealDecision, AppealStep, Reviewer
from common import clock
from learners.models import SkillState
from privacy.models import AuditEntry
from tests.assessments.appealing import (
    SKILL,
    claim,
    make_linh,
    make_reviewer,
    make_state_administrator,
    open_appeal,
    quiz_for,
    take,
)
from tests.assessments.factories import FEEDBACK

pytestmark = pytest.mark.django_db
QUEUE = "/admin/assessments/appeal/"


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(appeal_id: Any) -> str:
    return f"{QUEUE}{appeal_id}/change/"


def do(client: Client, appeal_id: Any, what: str, **given: Any) -> str:
    """Press a button of the page; the messages that come back."""
    answer = client.post(page_of(appeal_id), {"do": what, **given}, follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_reviewer_claims_looks_and_decides() -> None:
    linh, mai = make_linh(level=1), make_reviewer(named=False)
    appeal_id = open_appeal(linh, grounds="Tôi làm việc này <b>ba năm</b> rồi.")
    client = entered(mai)
    queue = client.get(QUEUE).content.decode()
    assert "Nguyễn Thị Linh" in queue
    assert "Asia/Ho_Chi_Minh" in queue
    shown = client.get(page_of(appeal_id)).content.decode()
    assert "Tôi làm việc này &lt;b&gt;ba năm&lt;/b&gt; rồi." in shown
    assert "Claim" in shown
    assert 'value="decide"' not in shown
    assert "A name that the learner can be told is missing" in do(client, appeal_id, "claim")
    assert "You review this appeal" in do(client, appeal_id, "claim", public_name="Trần Thị Mai")
    shown = client.get(page_of(appeal_id)).content.decode()
    assert 'value="decide"' in shown
    answer = client.post(page_of(appeal_id), {"do": "decide", "outcome": "upheld", "reason": "A reason of mine."})
    assert "has to change something" in answer.content.decode()
    assert "A reason of mine." in answer.content.decode(), "what was written is not lost"
    missing = client.post(page_of(appeal_id), {"do": "decide", "outcome": "upheld", f"level-{SKILL}": "2"})
    assert "This field is required" in missing.content.decode()
    assert not AppealDecision.objects.exists()
    page = do(client, appeal_id, "decide", outcome="upheld", reason="At level 2.", **{f"level-{SKILL}": "2"})
    assert "The appeal is decided" in page
    assert SkillState.objects.get(learner=linh).level == 2
    assert AuditEntry.objects.get(action="appeal.decided").actor == str(mai.pk)
    assert "cannot be done" in do(client, appeal_id, "decide", outcome="dismissed", reason="No.")
    assert "decided by a person (appeal)" in client.get(page_of(appeal_id)).content.decode()
    assert "Nguyễn Thị Linh" not in client.get(QUEUE).content.decode()
    assert "Nguyễn Thị Linh" in client.get(QUEUE, {"state": "decided"}).content.decode()


def test_the_answers_stand_on_the_page_with_their_key_for_who_may_see_keys() -> None:
    linh, mai = make_linh(), make_reviewer()
    attempt = take(quiz_for(linh), linh, wrong={0})
    appeal_id = open_appeal(linh, Subject("score", attempt_id=attempt.id))
    claim(appeal_id, mai)
    shown = entered(mai).get(page_of(appeal_id)).content.decode()
    assert shown.count("<dt>Key</dt>") == 8
    assert FEEDBACK in shown
    assert f"score-{attempt.items[0].id}" in shown
    assert f"score-{attempt.items[1].id}" not in shown, "what is right already cannot be raised"
    limited = make_reviewer("Hùng", member_state_id="VN")
    assert "<dt>Key</dt>" not in entered(limited).get(page_of(appeal_id)).content.decode()
    page = do(
        entered(mai),
        appeal_id,
        "decide",
        outcome="partly_upheld",
        reason="Ambiguous.",
        **{f"score-{attempt.items[0].id}": "0.5"},
    )
    assert "decided" in page
    assert AppealDecision.objects.get().remedy["scores"] == {str(attempt.items[0].id): 0.5}


def test_a_state_s_administrator_sees_and_assigns_the_state_s_own() -> None:
    linh, budi, mai = make_linh(), make_linh("ID", name="Budi Santoso"), make_reviewer()
    of_another = make_reviewer("Andi", member_state_id="ID")
    vn, indonesian = open_appeal(linh), open_appeal(budi)
    client = entered(make_state_administrator("VN"))
    queue = client.get(QUEUE).content.decode()
    assert "Nguyễn Thị Linh" in queue
    assert "Budi" not in queue
    assert client.get(page_of(indonesian)).status_code == 302
    shown = client.get(page_of(vn)).content.decode()
    assert "Trần Thị Mai" in shown
    assert "Andi" not in shown
    assert "Choose one of the reviewers" in do(client, vn, "assign", reviewer=str(of_another.pk))
    assert "assigned" in do(client, vn, "assign", reviewer=str(mai.pk))
    assert Appeal.objects.get(pk=vn).reviewer_id == mai.pk
    step = AppealStep.objects.get(what="assigned")
    assert (step.reviewer_name, step.actor) == ("Trần Thị Mai", str(client.session["_auth_user_id"]))
    for what in ("claim", "release", "decide"):
        assert client.post(page_of(vn), {"do": what}).status_code == 403
    assert client.post(page_of(indonesian), {"do": "assign", "reviewer": str(mai.pk)}).status_code == 302
    assert Appeal.objects.get(pk=indonesian).reviewer is None


def test_others_have_no_way_in() -> None:
    appeal_id = open_appeal(make_linh())
    for user in (
        make_reviewer(role=TRAINER, named=False),
        make_reviewer(role=STATE_ADMINISTRATOR, named=False),  # of no state: sees nothing
        make_reviewer("Andi", member_state_id="TH"),
    ):
        client = entered(user)
        assert client.get(page_of(appeal_id)).status_code in {302, 403}
        assert client.post(page_of(appeal_id), {"do": "claim", "public_name": "x"}).status_code in {302, 403}
    assert Client().get(page_of(appeal_id)).status_code == 302
    assert Appeal.objects.get().reviewer is None


def test_the_queue_is_due_soonest_first_and_marks_what_is_overdue() -> None:
    mai = make_reviewer()
    now = clock.now()
    open_appeal(make_linh(name="Person C"), now=now)
    open_appeal(make_linh(name="Person B"), now=now - timedelta(days=20))
    late = open_appeal(make_linh(name="Person A"), now=now - timedelta(days=40))
    client = entered(mai)
    queue = client.get(QUEUE).content.decode()
    assert queue.index("Person A") < queue.index("Person B") < queue.index("Person C")
    assert re.search(r"bg-red-100[^>]*>\s*overdue", queue)
    overdue = client.get(QUEUE, {"state": "overdue"}).content.decode()
    assert "Person A" in overdue
    assert "Person B" not in overdue
    assert "Person A" not in client.get(QUEUE, {"state": "mine"}).content.decode()
    do(client, late, "claim")
    assert "Person A" in client.get(QUEUE, {"state": "mine"}).content.decode()
    assert "Person A" not in client.get(QUEUE, {"state": "unassigned"}).content.decode()
    assert "handed the appeal back" in do(client, late, "release")


def test_a_reviewer_s_name_is_put_right_by_an_administrator_only() -> None:
    mai = make_reviewer("Tran Mai")
    page = f"/admin/assessments/reviewer/{mai.pk}/change/"
    assert entered(mai).post(page, {"public_name": "Somebody"}).status_code == 403
    root = make_reviewer(named=False, is_superuser=True)
    assert entered(root).post(page, {"public_name": "Trần Thị Mai"}).status_code == 302
    assert Reviewer.objects.get().public_name == "Trần Thị Mai"
    assert AuditEntry.objects.get(action="reviewer.named").actor == str(root.pk)


def test_a_queue_costs_the_same_for_two_and_for_ten(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    client = entered(make_reviewer())
    for many in (2, 8):
        for _ in range(many):
            open_appeal(make_linh())
        with query_budget(14):
            assert client.get(QUEUE).status_code == 200
