"""A learner in Viet Nam appeals a computed level; a reviewer upholds it in the admin; agency, certificate and
explanation follow. Once over plain HTTP, so that it runs everywhere, and once with the reviewer at a real browser."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.roles import REVIEWER
from assessments.quizzes.models import Quiz
from assessments.quizzes.services import freeze_quiz
from common.ids import new_id
from config import starter_course
from config.demo_accounts import agency_with_client
from config.local import processes
from demo.knowledge import Knowledge
from demo.learner import Walk, text_versions
from demo.people import Person
from events import public as events
from events.models import Delivery
from events.registry import consumers
from tests.accounts.test_second_factor import code_of
from tests.assessments.factories import edition_of

pytestmark = [pytest.mark.django_db(transaction=True)]

SKILL = "AIS-A1"
GROUNDS = "Tôi hiểu nhầm hai câu hỏi vì bản dịch. Ở cơ quan tôi dùng AI mỗi ngày và luôn kiểm tra kết quả."
REASON = "The wording of both items misleads, and the work described shows level 1."
REVIEWER_NAME = "Trần Thị Mai"
PASSWORD = "a-long-pass-phrase-7"
CHROMIUM = "/usr/bin/chromium"
QUEUE = "/admin/assessments/appeal/"


class _Never(random.Random):
    """Of somebody who knows nothing and guesses wrong."""

    def random(self) -> float:
        return 0.999


def _settle() -> None:
    """What the workers do, until nothing is owed."""
    for _ in range(5):
        for name in consumers():
            events.drain(name)
    assert not events.is_waiting(), list(Delivery.objects.values_list("consumer", "cause"))


def _all_but_one_skill(walk: Walk, edition_id: str) -> None:
    """Take the assessment: everything right but the items of one skill."""
    knowledge = Knowledge(processes.ROOT, starter_course.SLUG)
    quiz = walk.call("GET", f"/api/v1/editions/{edition_id}/quizzes")["items"][0]
    attempt = f"/api/v1/me/attempts/{new_id()}"
    shown = walk.call("PUT", attempt, {"quiz_id": quiz["id"]})
    answers = []
    for item in shown["items"]:
        unknown = SKILL in knowledge._by_prompt[item["prompt"].strip()]["skills"]
        ability, rng = (-99.0, _Never()) if unknown else (99.0, random.Random(7))
        answers.append({"item": item["id"], "response": knowledge.answer(item, ability, rng)})
    assert walk.call("PUT", f"{attempt}/submission", {"answers": answers})["passed"]


class Story:
    """Linh, her agency and an outsider's; and Mai, who reviews."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self._tokens: dict[str, str] = {}
        edition_id = str(starter_course.load())
        # Four questions a skill of what she knows: with two the level of a right answerer depends on which are drawn.
        known = [{"skill": skill, "count": 4} for skill in ("AIS-A3", "AIS-B1", "AIS-B2")]
        quiz = Quiz.objects.get()
        quiz.pools = [{"skill": SKILL, "count": 3}, *known]
        quiz.save()
        freeze_quiz(edition_id=edition_of(quiz).pk, quiz_id=quiz.pk, actor="test")
        self.agency, self.outsider = agency_with_client("VN", actor="test"), agency_with_client("PH", actor="test")
        person = Person("linh", "Nguyễn Thị Linh", "VN", ("vi", "en"), 1994, 9.0, True, "all")
        self.linh = Walk(http, person, text_versions(http), random.Random(7))
        self.linh.learn(edition_id)
        self.linh.consent("share_explanations", self.agency["agency_id"])
        _all_but_one_skill(self.linh, edition_id)
        _settle()
        self.mai = User(username="staff-0417", is_staff=True)
        self.mai.set_password(PASSWORD)
        self.mai.save()
        self.mai.groups.add(Group.objects.get(name=REVIEWER))
        self.appeal = f"/api/v1/me/appeals/{new_id()}"

    def skill(self) -> Any:
        listed = self.linh.call("GET", "/api/v1/me/skills")["items"]
        return next(row for row in listed if row["code"] == SKILL)

    def read(self, agency: dict[str, Any], path: str) -> httpx.Response:
        client_id, secret = agency["client_id"], agency["client_secret"]
        if client_id not in self._tokens:
            asked = {"grant_type": "client_credentials"}
            answer = self.http.post("/agency/oauth/token", data=asked, auth=(client_id, secret)).json()
            self._tokens[client_id] = answer["access_token"]
        return self.http.get(path, headers={"Authorization": f"Bearer {self._tokens[client_id]}"})

    def rows(self, agency: dict[str, Any]) -> Any:
        return self.read(agency, "/agency/v1/progress").json()["items"]

    def explained(self, agency: dict[str, Any]) -> httpx.Response:
        """What an agency is told of why, for the learner by the name that her own agency knows."""
        (row,) = self.rows(self.agency)
        return self.read(agency, f"/agency/v1/learners/{row['learner']}/skills")

    def explanation_agrees(self) -> None:
        """The agency's explanation is the learner's, by days, without reason and items; and she reads that it asked."""
        shown = self.explained(self.agency)
        theirs = next(item for item in shown.json()["items"] if item["code"] == SKILL)
        hers = self.skill()
        assert {name: theirs[name] for name in ("level", "level_cause", "frozen", "answers", "probability")} == {
            name: hers[name] for name in ("level", "level_cause", "frozen", "answers", "probability")
        }
        assert [row["moved_by"] for row in theirs["evidence"]] == [row["moved_by"] for row in hers["evidence"]]
        assert [(change["on"], change["cause"], change["rule"]) for change in theirs["history"]] == [
            (change["at"][:10], change["cause"], change["rule"]) for change in hers["history"]
        ]
        assert shown.json()["rule"] == self.linh.call("GET", "/api/v1/me/skills")["rule"]
        assert REASON not in shown.text
        assert not any(row["item_id"] in shown.text for row in hers["evidence"])
        newest = self.linh.call("GET", "/api/v1/me/disclosures")["items"][0]
        assert (newest["agency"]["id"], newest["operation"]) == (self.agency["agency_id"], "explanation")
        assert self.explained(self.outsider).status_code == 404

    def level_at_the_agency(self) -> int:
        (row,) = self.rows(self.agency)
        assert row["state"] == "VN"
        return next(int(entry["level"]) for entry in row["skills"] if entry["code"] == SKILL)

    def appeals(self) -> None:
        """Before: no level, no certificate; then the one call."""
        assert self.skill()["level"] == self.level_at_the_agency() == 0
        outcome = self.linh.look_back()
        assert outcome.completed
        assert outcome.certificates == []
        body = {"subject": {"kind": "level", "skill": SKILL}, "grounds": GROUNDS}
        shown = self.linh.call("PUT", self.appeal, body)
        assert (shown["state"], shown["due_time_zone"], shown["language"]) == ("open", "Asia/Ho_Chi_Minh", "vi")
        assert self.linh.call("PUT", self.appeal, body)["id"] == shown["id"]
        skill = self.skill()
        assert (skill["frozen"], skill["level_cause"], skill["history"]) == (True, None, [])
        self.explanation_agrees()

    def follows(self) -> None:
        """After: the decision is told by name, and everything that rests on the level has followed."""
        _settle()
        shown = self.linh.call("GET", self.appeal)
        assert shown["state"] == "decided"
        assert shown["decision"]["outcome"] == "upheld"
        assert (shown["decision"]["reviewer"], shown["decision"]["reason"]) == (REVIEWER_NAME, REASON)
        assert self.mai.username not in str(shown)
        skill = self.skill()
        assert (skill["level"], skill["level_name"] is not None) == (1, True)
        assert (skill["level_cause"], skill["frozen"]) == ("appeal", False)
        (change,) = skill["history"]
        assert (change["level"], change["cause"], change["reason"]) == (1, "appeal", REASON)
        assert (change["decision_id"] is None, change["evidence_id"]) == (False, None)
        assert self.level_at_the_agency() == 1
        assert len(self.linh.look_back().certificates) == 1
        (row,) = self.rows(self.agency)
        assert [certificate["status"] for certificate in row["certificates"]] == ["active"]
        assert "Linh" not in str(row)
        assert self.rows(self.outsider) == []
        self.explanation_agrees()


@pytest.fixture
def story(live_server: Any) -> Iterator[Story]:
    with httpx.Client(base_url=live_server.url, timeout=30) as http:
        yield Story(http)


def test_an_upheld_appeal_reaches_agency_certificate_and_explanation(story: Story) -> None:
    story.appeals()
    reviewer = Client()
    reviewer.force_login(story.mai)
    page = re.search(rf"{QUEUE}[0-9a-f-]+/change/", reviewer.get(QUEUE).content.decode())[0]  # type: ignore[index]
    assert GROUNDS in reviewer.get(page).content.decode()
    reviewer.post(page, {"do": "claim", "public_name": REVIEWER_NAME})
    assert story.linh.call("GET", story.appeal)["reviewer"] == REVIEWER_NAME
    reviewer.post(page, {"do": "decide", "outcome": "upheld", "reason": REASON, f"level-{SKILL}": "1"})
    story.follows()


def _screenshots() -> Callable[[Any, str], None]:
    folder = os.environ.get("SCREENSHOTS")

    def take(page: Any, name: str) -> None:
        """The page on a desk and on a phone, if anybody wants to look; nothing may reach out of a phone's screen."""
        for width, height in ((1280, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            if folder:
                page.wait_for_timeout(150)
                Path(folder).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=f"{folder}/appeal-{name}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        page.set_viewport_size({"width": 1280, "height": 900})

    return take


@pytest.mark.browser
def test_a_reviewer_upholds_the_appeal_in_a_browser(story: Story, live_server: Any, settings: Any) -> None:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}")
    sync_api = pytest.importorskip("playwright.sync_api")
    settings.STAFF_MFA_REQUIRED = True
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(story.mai, secret)
    story.appeals()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--headless=new", "--disable-dev-shm-usage"]
        )
        _review(browser.new_page(base_url=live_server.url), secret, _screenshots())
        browser.close()
    story.follows()


def _review(page: Any, secret: str, shoot: Callable[[Any, str], None]) -> None:
    """Mai signs in with both factors, takes the appeal from the queue, reads, and upholds it."""
    page.goto(f"/admin/login/?next={QUEUE}")
    page.fill("[name=username]", "staff-0417")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[name=code]")
    page.fill("[name=code]", code_of(secret))
    page.press("[name=code]", "Enter")
    page.wait_for_selector("text=Nguyễn Thị Linh")
    shoot(page, "queue")
    page.click(f"text=Level in {SKILL}")
    page.wait_for_selector(f"text={GROUNDS}")
    shoot(page, "unclaimed")
    page.fill("[name=public_name]", REVIEWER_NAME)
    page.click("button[value=claim]")
    page.wait_for_selector("button[value=decide]")
    page.select_option("[name=outcome]", "upheld")
    page.fill("[name=reason]", REASON)
    # Without a level to give, nothing is decided, and what was written is still there.
    page.click("button[value=decide]")
    page.wait_for_selector("text=has to change something")
    assert page.input_value("[name=reason]") == REASON
    page.select_option(f"[name='level-{SKILL}']", "1")
    shoot(page, "deciding")
    page.click("button[value=decide]")
    page.wait_for_selector("text=The appeal is decided")
    assert page.locator("button[value=decide]").count() == 0
    shoot(page, "decided")
    page.goto(QUEUE)
    assert page.locator("text=Nguyễn Thị Linh").count() == 0
