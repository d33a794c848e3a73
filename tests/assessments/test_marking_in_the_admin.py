"""A marker works through the queue in the admin; nobody else sees a work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.roles import MARKER, REVIEWER, STATE_ADMINISTRATOR, TRAINER
from assessments.attempts import grading
from assessments.files.models import HandedInFile
from assessments.marking import services
from assessments.marking.models import Claim, Mark, MarkingTask
from common import clock
from common.ids import new_id
from tests.assessments.test_admin import staff
from tests.assessments.test_marking import hand_in, mark, needed, pks
from tests.factories import make_learner, make_user

pytestmark = pytest.mark.django_db
LISTING = "admin:assessments_markingtask_changelist"


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    calls = []
    monkeypatch.setattr(grading, "settle", lambda **given: calls.append(given))
    return calls


@pytest.fixture
def task():
    file_id = new_id()
    attempt, items = hand_in(make_learner("JP", name="山田 愛子"), text="<b>My</b> plan", files=[file_id])
    HandedInFile.objects.create(
        pk=file_id,
        attempt=attempt,
        media_type="text/plain",
        size=3,
        sha256=b"x" * 32,
        body=b"abc",
        uploaded_at=clock.now(),
    )
    services.open_tasks([needed(*pks(items))])
    return MarkingTask.objects.get()


def page(task):
    return reverse("admin:assessments_markingtask_change", args=[task.pk])


def filled(shown, **change):
    return {
        "mark_id": str(shown.context["form"]["mark_id"].value()),
        "points__aim": "3",
        "points__risk": "1",
        "comment__aim": "Clear.",
        "reason": "A sound plan.",
    } | change


def test_which_works_were_handed_in_together_is_not_shown(client):
    staff(client, MARKER)
    morning = clock.now().replace(hour=1, minute=2, second=3)
    for learner, hours in (("JP", 0), ("TH", 1), ("VN", 2)):
        _, items = hand_in(make_learner(learner), tasks=4)
        services.open_tasks([needed(*pks(items), at=morning + timedelta(hours=hours))])
    tasks = sorted(MarkingTask.objects.all(), key=lambda task: task.pk)
    assert {task.pk.version for task in tasks} == {4}
    for order in ("", "?o=4", "?o=-4"):
        listing = client.get(reverse(LISTING) + order)
        assert list(listing.context["cl"].result_list) in (tasks, tasks[::-1])
        assert "1:02" not in listing.content.decode()


@pytest.mark.parametrize("role", [MARKER, TRAINER])
def test_a_marker_takes_a_work_on_and_marks_it(client, task, role):
    user = staff(client, role)
    listing = client.get(reverse(LISTING))
    assert task.code in listing.content.decode()
    before = client.get(page(task)).content.decode()
    assert "Take it on" in before
    assert "plan" not in before
    assert not Claim.objects.exists()
    client.post(page(task), {"take_on": "1"})
    shown = client.get(page(task))
    text = shown.content.decode()
    assert "&lt;b&gt;My&lt;/b&gt; plan" in text
    assert "3 en" in text
    for secret in ("山田", str(task.attempt_item.attempt_id), str(task.attempt_item.attempt.learner_id)):
        assert secret not in text + listing.content.decode()

    refused = client.post(page(task), filled(shown, points__risk="", reason=""))
    assert refused.status_code == 200
    assert "Choose a level." in refused.content.decode()
    assert "Clear." in refused.content.decode()
    assert not Mark.objects.exists()

    done = client.post(page(task), filled(shown), follow=True)
    assert "is marked. Thank you." in done.content.decode()
    given = Mark.objects.get()
    assert (given.points, given.comments, given.marker_id) == ({"aim": 3, "risk": 1}, {"aim": "Clear."}, user.pk)
    # Sent twice: the work is no longer this person's to see, and the mark stands.
    again = client.post(page(task), filled(shown), follow=True)
    assert again.status_code == 200
    assert Mark.objects.count() == 1
    assert task.code not in client.get(reverse(LISTING)).content.decode().split("result_list")[-1]


def test_a_file_is_saved_by_whoever_has_the_work_and_by_nobody_else(client, task):
    file_id = task.attempt_item.response["files"][0]
    address = reverse("admin:assessments_markingtask_file", args=[task.pk, file_id])
    staff(client, MARKER)
    assert client.get(address).status_code == 404
    client.post(page(task), {"take_on": "1"})
    answer = client.get(address)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"abc", "text/plain")
    assert answer["Content-Disposition"] == f'attachment; filename="{file_id}.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(reverse("admin:assessments_markingtask_file", args=[task.pk, new_id()])).status_code == 404
    staff(client, MARKER)
    assert client.get(address).status_code == 404


def test_a_work_can_be_put_back(client, task):
    staff(client, MARKER)
    client.post(page(task), {"take_on": "1"})
    answer = client.post(page(task), {"put_back": "1"}, follow=True)
    assert "is back in the queue" in answer.content.decode()
    assert not Claim.objects.exists()


def test_a_work_that_others_took_meanwhile_is_refused_with_a_message(client, task):
    staff(client, MARKER)
    client.get(page(task))
    for _ in range(2):
        services.claim(task_id=task.pk, marker_id=make_user().pk, now=clock.now())
    answer = client.post(page(task), {"take_on": "1"}, follow=True)
    assert answer.status_code == 200
    assert Claim.objects.count() == 2


def test_whoever_decides_sees_both_marks(client, task):
    for aim in (3, 0):
        mark(task, make_user().pk, aim, aim)
    staff(client, MARKER)
    assert "your mark decides" in client.get(page(task)).content.decode()
    client.post(page(task), {"take_on": "1"})
    text = client.get(page(task)).content.decode()
    assert "Marker 1: 100 %" in text
    assert "Marker 2: 0 %" in text


def test_others_have_no_way_in(client, task):
    learner = task.attempt_item.attempt.learner
    for role, given in (
        (REVIEWER, {}),
        (STATE_ADMINISTRATOR, {"member_state_id": "JP"}),
        (MARKER, {"member_state_id": "JP"}),
    ):
        staff(client, role, **given)
        for address in (reverse(LISTING), page(task)):
            assert client.get(address).status_code == 403
        assert client.post(page(task), {"take_on": "1"}).status_code == 403
    dao = make_user()
    client.force_login(dao)
    assert client.get(page(task)).status_code == 302
    # A learner who is a marker as well does not find their own work.
    learner.user.is_staff = learner.user.is_superuser = True
    learner.user.save()
    client.force_login(learner.user)
    assert task.code not in client.get(reverse(LISTING)).content.decode()
    assert client.get(page(task)).status_code == 302
    assert not Claim.objects.exists()
