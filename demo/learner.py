"""One learner's way through the platform, call by call."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from demo.knowledge import Knowledge
from demo.people import Person


class Refused(RuntimeError):
    """The platform answered something the walk did not expect."""


@dataclass
class Outcome:
    """What became of one learner, as the learner's own calls show it."""

    person: Person
    enrolled: bool = False
    passed: bool = False
    token: str = ""
    refresh: str = ""
    completed: bool = False
    certificates: list[dict[str, Any]] = field(default_factory=list)
    skills: list[dict[str, Any]] = field(default_factory=list)


class Walk:
    """The calls of one learner; `http` is shared by the learners of one thread and keeps its connections."""

    def __init__(self, http: httpx.Client, person: Person, texts: dict[str, int], rng: random.Random) -> None:
        self.http = http
        self.person = person
        self.texts = texts
        self.rng = rng
        self.outcome = Outcome(person)

    def call(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Any:
        """One request as this learner; the answer's JSON. Signs in anew by refresh token when the access token is old."""
        for again in (True, False):
            sent = {"Accept-Language": ", ".join(self.person.languages), **(headers or {})}
            if self.outcome.token:
                sent["Authorization"] = f"Bearer {self.outcome.token}"
            answer = self.http.request(method, path, json=body, headers=sent)
            if answer.status_code == 401 and again and self.outcome.refresh:
                self._refresh()
                continue
            break
        if answer.status_code >= 400:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:400]}")
        return answer.json() if answer.content else None

    def _refresh(self) -> None:
        answer = self.http.post("/auth/app/v1/tokens/refresh", json={"refresh_token": self.outcome.refresh})
        if answer.status_code != 200:
            raise Refused(f"refresh: {answer.status_code} {answer.text[:200]}")
        data = answer.json()["data"]
        self.outcome.token = data["access_token"]
        self.outcome.refresh = data.get("refresh_token", self.outcome.refresh)

    def sign_up(self) -> None:
        answer = self.call(
            "POST",
            "/auth/app/v1/auth/signup",
            {"username": self.person.username, "password": secrets.token_urlsafe(12)},
        )
        self.outcome.token = answer["meta"]["access_token"]
        self.outcome.refresh = answer["meta"].get("refresh_token", "")
        self.call(
            "PUT",
            "/api/v1/me/profile",
            {
                "legal_name": self.person.legal_name,
                "member_state": self.person.state,
                "languages": list(self.person.languages),
                "birth_year": self.person.birth_year,
            },
        )

    def consent(self, purpose: str, agency_id: str | None = None) -> None:
        self.call(
            "PUT",
            f"/api/v1/me/consents/{uuid7()}",
            {
                "purpose": purpose,
                "agency_id": agency_id,
                "given": True,
                "text_version": self.texts[purpose],
                "text_language": "en",
            },
        )

    def learn(self, edition_id: str) -> None:
        """Sign up, agree, enrol, learn, and take the assessment, as far as this person means to go."""
        self.sign_up()
        self.consent("learning_records")
        if self.person.shares:
            for agency in self.call("GET", "/api/v1/agencies")["items"]:
                self.consent("share_progress", agency["id"])
        edition = self.call("GET", f"/api/v1/editions/{edition_id}")
        enrolment = str(uuid7())
        self.call("PUT", f"/api/v1/me/enrolments/{enrolment}", {"edition_id": edition["id"]})
        self.outcome.enrolled = True
        modules = edition["modules"]
        walked = {"browse": modules[:0], "half": modules[:1], "all": modules}[self.person.plan]
        for module in walked:
            done = []
            for lesson in module["lessons"]:
                self.call("GET", f"/api/v1/lessons/{lesson['id']}")
                done.append({"lesson_id": lesson["id"], "furthest": 100, "done_at": _now()})
            self.call("PUT", f"/api/v1/me/enrolments/{enrolment}/progress", {"lessons": done})

    def take_assessment(self, edition_id: str, knowledge: Knowledge) -> None:
        """Take the assessment until it is passed or no attempt is left."""
        if self.person.plan != "all":
            return
        quiz = self.call("GET", f"/api/v1/editions/{edition_id}/quizzes")["items"][0]
        for number in range(int(quiz["attempt_limit"])):
            attempt = str(uuid7())
            shown = self.call("PUT", f"/api/v1/me/attempts/{attempt}", {"quiz_id": quiz["id"]})
            # Whoever failed reads up before the next try.
            ability = self.person.ability + 0.5 * number
            answers = [
                {"item": item["id"], "response": knowledge.answer(item, ability, self.rng)} for item in shown["items"]
            ]
            result = self.call("PUT", f"/api/v1/me/attempts/{attempt}/submission", {"answers": answers})
            if result["passed"]:
                self.outcome.passed = True
                return

    def look_back(self) -> Outcome:
        """Read what the platform made of it: enrolment, skills, certificates."""
        listed = self.call("GET", "/api/v1/me/enrolments")["items"]
        self.outcome.completed = any(row["completed_at"] for row in listed)
        self.outcome.skills = self.call("GET", "/api/v1/me/skills")["items"]
        self.outcome.certificates = self.call("GET", "/api/v1/me/certificates")["items"]
        return self.outcome


def text_versions(http: httpx.Client) -> dict[str, int]:
    """The newest version of each purpose's English text, which a synthetic person agrees to."""
    return {
        purpose["code"]: max(text["version"] for text in purpose["texts"] if text["language"] == "en")
        for purpose in http.get("/api/v1/purposes").json()["items"]
    }


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
