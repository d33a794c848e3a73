"""The main job over HTTP with a real worker: enrol -> learn -> assessment -> mastery -> certificate -> agency."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.personal_data import Category
from config import starter_course
from config.field_register import register
from config.local import processes, session
from config.local.redis import Redis
from credentials.models import Award, Certificate
from demo.knowledge import Knowledge
from demo.learner import Walk, text_versions
from demo.people import Person
from demo.verification import verify_from_published_key
from learners.models import Evidence
from tests.factories import MONITORING
from tests.parts import Parts, parts
from tests.where_found import where_found

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


def _agency_client(state: str) -> tuple[str, str, str]:
    """A client of an agency of `state` that holds a learner-level and an aggregate grant: (agency id, client id, secret)."""
    from config.demo_accounts import agency_with_client

    registered = agency_with_client(state, actor="test")
    return registered["agency_id"], registered["client_id"], registered["client_secret"]


def _able(state: str, name: str, languages: tuple[str, ...]) -> Person:
    return Person(f"journey-{state.lower()}", name, state, languages, 1990, 9.0, True, "all")


def _walk(http: httpx.Client, person: Person, edition_id: str) -> Walk:
    walk = Walk(http, person, text_versions(http), random.Random(7))
    walk.learn(edition_id)
    return walk


def _token(http: httpx.Client, client_id: str, secret: str) -> dict[str, str]:
    answer = http.post("/agency/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _settled(running: Parts, http: httpx.Client) -> None:
    running.wait(lambda: not http.get("/readyz", headers=MONITORING).json()["outbox_waiting"], "the workers to finish")


def _final_state(learner_id: Any) -> str:
    """What the worker made of the evidence, without ids and instants: the same whatever happened on the way."""
    from learners.models import Ability, SkillState

    ability = Ability.objects.get(learner_id=learner_id)
    states = SkillState.objects.filter(learner_id=learner_id).order_by("skill_code")
    return json.dumps([ability.count, *[[s.skill_code, s.count, s.level, round(s.probability, 3)] for s in states]])


@pytest.fixture
def edition_id() -> str:
    return str(starter_course.load())


def test_a_learner_becomes_certified_and_redis_killed_in_the_middle_changes_nothing(
    tmp_path: Path, edition_id: str
) -> None:
    knowledge = Knowledge(processes.ROOT, starter_course.SLUG)
    with parts(tmp_path) as running:
        running.start_worker()
        running.start_beat()
        running.start_web()
        with httpx.Client(base_url=running.base_url, timeout=30) as http:
            _certified_and_seen_by_her_agency(running, http, edition_id, knowledge)
            redis = session.redis_of_this_process()
            if redis is None:
                pytest.skip("REDIS_URL names a Redis that is not this test's to kill")
            _certified_without_redis(running, http, edition_id, knowledge, redis)

    certificates = Certificate.objects.all()
    assert {c.learner.legal_name for c in certificates} == {"山田 愛子", "Dewi Lestari"}
    assert Award.objects.count() == 2
    for certificate in certificates:
        assert Evidence.objects.filter(learner=certificate.learner).count() == 10
    first, second = (_final_state(c.learner_id) for c in certificates)
    assert json.loads(first)[0] == json.loads(second)[0] == 10
    _names_stand_only_where_the_register_says_so("山田 愛子", "journey-jp")


def _names_stand_only_where_the_register_says_so(*names: str) -> None:
    """After a whole story, with everything that jobs wrote on the way."""
    declared = {
        f"{table.model}.{name}"
        for table in register().values()
        for name, category in table.categories().items()
        if category in (Category.PERSONAL, Category.SENSITIVE)
    }
    found = set().union(*map(where_found, names))
    assert {"learners.Learner.legal_name", "accounts.User.username", "credentials.Certificate.credential"} <= found
    assert found <= declared


def _certified_and_seen_by_her_agency(
    running: Parts, http: httpx.Client, edition_id: str, knowledge: Knowledge
) -> None:
    _, client_id, secret = _agency_client("JP")
    _, outsider_id, outsider_secret = _agency_client("PH")
    walk = _walk(http, _able("JP", "山田 愛子", ("ja", "en")), edition_id)
    walk.take_assessment(edition_id, knowledge)
    _settled(running, http)
    outcome = walk.look_back()
    assert outcome.passed
    assert outcome.completed
    assert [skill["level"] >= 1 for skill in outcome.skills] == [True] * 4
    assert len(outcome.certificates) == 1

    url = outcome.certificates[0]["url"]
    issuer, name = verify_from_published_key(http, url)
    assert issuer == f"did:web:localhost%3A{running.port}:issuers:jp"
    assert name
    page = http.get(url, headers={"Accept": "text/html", "Accept-Language": "ja"})
    assert page.status_code == 200
    assert "山田 愛子" in page.text

    rows = http.get("/agency/v1/progress", headers=_token(http, client_id, secret)).json()["items"]
    assert len(rows) == 1
    assert rows[0]["state"] == "JP"
    assert len(rows[0]["skills"]) == 4
    assert all(skill["level"] >= 1 for skill in rows[0]["skills"])
    assert rows[0]["certificates"]
    ledger = walk.call("GET", "/api/v1/me/disclosures")["items"]
    assert len(ledger) == 1

    theirs = http.get("/agency/v1/progress", headers=_token(http, outsider_id, outsider_secret))
    assert theirs.json()["items"] == []
    assert "愛子" not in theirs.text


def _certified_without_redis(
    running: Parts, http: httpx.Client, edition_id: str, knowledge: Knowledge, redis: Redis
) -> None:
    disturbed = _walk(http, _able("ID", "Dewi Lestari", ("id",)), edition_id)
    redis.kill()
    try:
        disturbed.take_assessment(edition_id, knowledge)
        assert http.get("/readyz").json()["status"] == "degraded"
    finally:
        redis.start()
    _settled(running, http)
    outcome = disturbed.look_back()
    assert outcome.completed
    assert len(outcome.certificates) == 1
    verify_from_published_key(http, outcome.certificates[0]["url"])
