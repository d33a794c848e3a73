"""A piece of work from the trainer who sets the task to the levels of the learner who did it; then its score is appealed.
The pieces are the real ones: pages, the API, the consumers of events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import MARKER, REVIEWER, TRAINER
from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from assessments.models import Appeal, Attempt
from common.ids import new_id
from events import public as events
from events.models import Delivery
from events.registry import consumers
from learners.models import Evidence, Learner
from tests.assessments.factories import answers, enrol, make_bank, make_edition, make_quiz, path
from tests.assessments.test_admin import BUTTON, form_of, staff
from tests.assessments.test_files import chunk, png
from tests.assessments.test_kinds import LANGUAGES
from tests.assessments.test_kinds_in_the_admin import page as item_page
from tests.assessments.test_kinds_in_the_admin import written
from tests.factories import make_learner, make_user, signed_in

pytestmark = pytest.mark.django_db

SKILL = "AIS-A1"
QUEUE = "/admin/assessments/markingtask/"
APPEALS = "/admin/assessments/appeal/"
TEXT = "ข้าพเจ้าจะใช้ AI ร่างจดหมาย แล้วตรวจทุกประโยคก่อนส่ง"
REASON = "The rubric asks for a risk that is named, and the work names one."


def settle() -> None:
    """What the workers do, until nothing is owed."""
    for _ in range(5):
        for name in consumers():
            events.drain(name)
    assert not events.is_waiting(), list(Delivery.objects.values_list("consumer", "cause"))


@dataclass
class Person:
    """Somebody of the staff at a browser."""

    user: User
    client: Client


def at_work(role: str, **given: Any) -> Person:
    client = Client()
    return Person(staff(client, role, **given), client)


@dataclass
class Handed:
    """Somchai's attempt as he handed it in: one task and four items that nobody marks."""

    somchai: Learner
    phone: APIClient
    attempt_id: UUID
    task: str
    file_id: UUID
    shown: dict[str, Any]

    def skill(self, code: str = SKILL) -> Any:
        listed = self.phone.get("/api/v1/me/skills").json()["items"]
        return next((row for row in listed if row["code"] == code), None)

    def attempt(self) -> Any:
        return self.phone.get(path(self.attempt_id)).json()

    def review(self) -> Any:
        return next(item["review"] for item in self.attempt()["items"] if item["id"] == self.task)


@pytest.fixture
def handed() -> Handed:
    edition = make_edition(languages=LANGUAGES)
    item = Item.objects.create(bank=bank_of_course(edition.course_id), code="plan-a-letter")
    trainer = at_work(TRAINER).client
    page = item_page(item)
    assert trainer.post(page, form_of(trainer.get(page)) | written("task") | {BUTTON: "1"}).status_code == 302
    assert ItemRevision.objects.get(item=item).approved_at is not None
    make_bank(edition, each=4, skills=["AIS-B1"])
    quiz = make_quiz(edition, pools=[{"skill": SKILL, "count": 1}, {"skill": "AIS-B1", "count": 4}])

    somchai = make_learner("TH", name="สมชาย ใจดี", languages=("th", "en"))
    enrol(somchai, edition)
    phone, attempt_id, file_id = signed_in(somchai.user), new_id(), new_id()
    started = phone.put(path(attempt_id), {"quiz_id": str(quiz.pk)})
    assert started.status_code == 201, started.content
    (task,) = (entry["id"] for entry in started.json()["items"] if entry["kind"] == "task")
    picture = png(chunk(b"tEXt", b"Author\x00SOMCHAI"))
    file = path(attempt_id, f"/files/{file_id}")
    assert phone.generic("PUT", file, picture, content_type="image/png").status_code == 201
    given = {"text": TEXT, "files": [str(file_id)]}
    body = {
        "answers": [
            answer | {"response": given} if answer["item"] == task else answer
            for answer in answers(started.json(), ANSWERS)["answers"]
        ]
    }
    shown = phone.put(path(attempt_id, "/submission"), body)
    assert shown.status_code == 200, shown.content
    assert phone.put(path(attempt_id, "/submission"), body).json() == shown.json()
    settle()
    return Handed(somchai, phone, attempt_id, task, file_id, shown.json())


def mark(marker: Person, aim: int, risk: int) -> str:
    """Take the one work that waits on, read it, mark it; the work's page as it was read."""
    page = re.search(rf"{QUEUE}[0-9a-f-]+/change/", marker.client.get(QUEUE).content.decode())
    assert page is not None, "nothing waits for this marker"
    marker.client.post(page[0], {"take_on": "1"})
    read = marker.client.get(page[0])
    (file,) = re.findall(rf"{QUEUE}[0-9a-f-]+/files/[0-9a-f-]+/", read.content.decode())
    assert marker.client.get(file).content == png(), "without what tells whose it is"
    given = {
        "mark_id": str(read.context["form"]["mark_id"].value()),
        "points__aim": str(aim),
        "points__risk": str(risk),
        "comment__aim": "ชัดเจน",
        "reason": "As the rubric says.",
    }
    told = marker.client.post(page[0], given, follow=True)
    assert "is marked. Thank you." in told.content.decode()
    return read.content.decode()


ANSWERS: dict[str, Any] = {
    "single": "b",
    "multiple": ["a", "c"],
    "numeric": 42,
    "ordering": ["c", "a", "d", "b"],
    "task": None,
}


def test_work_that_people_mark_reaches_the_learner_s_levels(handed: Handed) -> None:
    assert (handed.shown["state"], handed.shown["score"], handed.shown["passed"]) == ("marking", None, None)
    assert handed.phone.get(path(handed.attempt_id, "/marks")).json() == {"items": []}
    assert handed.skill() is None
    assert not Evidence.objects.exists()

    first, second, third = at_work(MARKER), at_work(TRAINER), at_work(MARKER)
    read = mark(first, 3, 3)
    assert TEXT in read
    for secret in ("สมชาย", str(handed.attempt_id), str(handed.somchai.pk), handed.somchai.user.username):
        assert secret not in read
    file = re.search(rf"{QUEUE}[0-9a-f-]+/files/{handed.file_id}/", read)
    assert file is not None
    # The mark is given: the file is no longer hers to read.
    assert first.client.get(file[0]).status_code == 404
    assert "Marker 1" not in mark(second, 0, 0)
    settle()
    assert handed.attempt()["state"] == "marking"
    assert not Evidence.objects.exists()
    assert "Marker 1: 100 %" in mark(third, 3, 1)
    for marker in (first, second, third):
        assert re.search(rf"{QUEUE}[0-9a-f-]+/change/", marker.client.get(QUEUE).content.decode()) is None
    settle()

    result = handed.attempt()
    assert (result["state"], result["score"], result["passed"]) == ("graded", pytest.approx((4 / 6 + 4) / 5), True)
    assert handed.review()["score"] == pytest.approx(4 / 6)
    (told,) = handed.phone.get(path(handed.attempt_id, "/marks")).json()["items"]
    assert (told["item"], told["final"]) == (handed.task, pytest.approx(4 / 6))
    assert [entry["percent"] for entry in told["marks"]] == [100, 0, 67]
    assert told["marks"][2]["lines"][0] == {"criterion": "aim th", "points": 3, "comment": "ชัดเจน"}
    for marker in (first, second, third):
        assert str(marker.user.pk) not in str(told)

    evidence = Evidence.objects.get(pk=handed.task)
    assert (evidence.score, evidence.skills, evidence.language) == (pytest.approx(4 / 6), [SKILL], "th")
    # Evidence counts from when the marks were final.
    assert evidence.answered_at == Attempt.objects.get(pk=result["id"]).known_at
    assert evidence.answered_at > datetime.fromisoformat(result["submitted_at"])
    skill = handed.skill()
    assert (skill["answers"], skill["evidence"][0]["id"], skill["evidence"][0]["moved_by"] != 0) == (
        1,
        handed.task,
        True,
    )
    assert handed.skill("AIS-B1")["answers"] == 4

    for dao in (make_learner("TH", name="Dao").user, make_user(), first.user):
        assert signed_in(dao).get(path(handed.attempt_id, "/marks")).status_code == 404
        assert signed_in(dao).get(path(handed.attempt_id, f"/files/{handed.file_id}")).status_code == 404


def appeal(handed: Handed, subject: dict[str, str] | None = None) -> str:
    """Somchai disputes what his work was given, or `subject`; the page on which that is decided."""
    appeal_id = new_id()
    subject = subject or {"kind": "score", "attempt_id": str(handed.attempt_id), "item_id": handed.task}
    body = {"subject": subject, "grounds": "ผมเขียนถึงความเสี่ยงในบรรทัดที่สอง"}
    opened = handed.phone.put(f"/api/v1/me/appeals/{appeal_id}", body)
    assert opened.status_code == 201, opened.content
    return f"{APPEALS}{appeal_id}/change/"


def review(reviewer: Person, page: str, **decision: str) -> str:
    """Claim the appeal and decide it; the page as it was read before."""
    reviewer.client.post(page, {"do": "claim", "public_name": f"Reviewer {reviewer.user.username}"})
    read = reviewer.client.get(page).content.decode()
    told = reviewer.client.post(page, {"do": "decide", "outcome": "upheld", "reason": REASON, **decision}, follow=True)
    assert "The appeal is decided" in told.content.decode()
    settle()
    return read


def test_a_score_that_is_corrected_on_appeal_reaches_the_learner_s_levels(handed: Handed) -> None:
    first, second, mai = at_work(REVIEWER), at_work(MARKER), at_work(REVIEWER)
    first.user.groups.add(Group.objects.get(name=MARKER))
    for marker in (first, second):
        mark(marker, 3, 0)
    settle()
    assert handed.review()["score"] == 0.5
    before = handed.skill()

    page = appeal(handed)
    # Whoever marked the work may read the appeal, and does not decide it.
    assert "so somebody else reviews it" in first.client.get(page).content.decode()
    refused = first.client.post(page, {"do": "claim", "public_name": "Judge of herself"}, follow=True)
    assert "You review this appeal" not in refused.content.decode()
    assert Appeal.objects.get().reviewer is None

    read = review(mai, page, **{f"score-{handed.task}": "1"})
    assert TEXT in read
    assert "As the rubric says." in read
    file = re.search(rf"{APPEALS}[0-9a-f-]+/files/{handed.file_id}/", read)
    assert file is not None, "a reviewer reads what was handed in"
    answer = mai.client.get(file[0])
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, png(), "image/png")
    assert at_work(MARKER).client.get(file[0]).status_code == 403
    corrected = Evidence.objects.get(corrects=handed.task)
    assert (corrected.score, corrected.voided, corrected.skills) == (1.0, False, [SKILL])
    assert (handed.review()["score"], handed.attempt()["score"]) == (1.0, 1.0)
    after = handed.skill()
    assert [row["id"] for row in after["evidence"]] == [str(corrected.pk)]
    assert after["answers"] == before["answers"] == 1
    assert after["expected_success"] > before["expected_success"]
    assert (after["evidence"][0]["score"], before["evidence"][0]["score"]) == (1.0, 0.5)
    assert Evidence.objects.get(pk=handed.task).score == 0.5, "what was given first stays on record"

    # Whoever reviews the level afterwards finds the work behind it, though its evidence is the correction's.
    level = appeal(handed, {"kind": "level", "skill": SKILL})
    read = mai.client.get(level).content.decode()
    assert TEXT in read
    file = re.search(rf"{APPEALS}[0-9a-f-]+/files/{handed.file_id}/", read)
    assert file is not None
    assert mai.client.get(file[0]).content == png()
    assert mai.client.get(file[0].replace(str(handed.file_id), str(new_id()))).status_code == 404
    assert at_work(REVIEWER, member_state_id="VN").client.get(file[0]).status_code == 404


def test_an_item_that_is_struck_on_appeal_counts_for_nothing(handed: Handed) -> None:
    for _ in range(2):
        mark(at_work(MARKER), 1, 0)
    settle()
    assert handed.skill()["evidence"][0]["score"] == pytest.approx(1 / 6)
    review(at_work(REVIEWER), appeal(handed), **{f"strike-{handed.task}": "on"})
    voided = Evidence.objects.get(corrects=handed.task)
    assert voided.voided
    assert handed.review()["score"] is None
    assert (handed.attempt()["score"], handed.attempt()["passed"]) == (1.0, True)
    assert handed.skill() is None, "nothing else tells of this skill"
    assert handed.skill("AIS-B1")["answers"] == 4
    decided = handed.phone.get("/api/v1/me/appeals").json()["items"][0]["decision"]
    assert (decided["scores"], decided["reason"]) == ({handed.task: None}, REASON)
