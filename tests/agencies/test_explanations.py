"""Citra's agency asks why the levels of one of its learners are what they are; nobody else gets an answer, and the learner sees
who asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agencies.feed import services as feed
from agencies.feed.rules import pseudonym
from agencies.models import Agency, Grant
from common import clock
from common.ids import new_id
from events import public as events
from learners import public as learners
from learners.models import Evidence, Learner
from privacy.models import Disclosure
from privacy.public import SHARE_EXPLANATIONS
from tests.agencies.factories import (
    Machine,
    consent,
    consent_to_records,
    drain,
    make_agency,
    make_explaining_agency,
    make_grant,
    signed_in_machine,
)
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import ENROLLED_AT, an_answer, outcomes, record_outcomes

pytestmark = pytest.mark.django_db

SKILL, OTHER = "AIS-A1", "AIS-B1"
REASON = "Maria showed me her letters."
REVIEWER = UUID(int=7)
DECIDED = datetime(2026, 3, 20, 23, 30, tzinfo=UTC)
INSTANT = re.compile(r"\d\d:\d\d")


def make_maria(*agencies: Agency, state: str = "PH") -> Learner:
    """A Philippine learner who answered well in one skill and badly in another, and appealed the latter's level."""
    maria = make_learner(state, name="Maria Santos", languages=("fil", "en"))
    answers = [an_answer(skills=[SKILL], at=ENROLLED_AT + timedelta(hours=n)) for n in range(3)]
    answers += [an_answer(skills=[OTHER], score=0.0, at=ENROLLED_AT + timedelta(days=1))]
    record_outcomes(*outcomes(maria.pk, answers))
    events.drain("mastery")
    learners.decide_level(
        decision_id=new_id(),
        learner_id=maria.pk,
        skill=OTHER,
        level=2,
        cause="appeal",
        decided_by=[REVIEWER],
        reason=REASON,
        now=DECIDED,
    )
    for agency in agencies:
        consent(maria, agency)
        consent(maria, agency, purpose=SHARE_EXPLANATIONS)
    drain()
    return maria


@pytest.fixture
def agency() -> Agency:
    return make_explaining_agency("PH", name="Citra's agency")


def known(agency: Agency, learner: Learner) -> str:
    return pseudonym(bytes(agency.pseudonym_key), learner.pk)


def ask(machine: Machine, learner: str, **headers: str) -> Any:
    return machine.read(f"/agency/v1/learners/{learner}/skills", **{"accept-language": "en", **headers})


def read_by(learner: Learner) -> Any:
    return signed_in(learner.user).get("/api/v1/me/skills", headers={"Accept-Language": "en"}).json()


def ledger(learner: Learner) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = signed_in(learner.user).get("/api/v1/me/disclosures").json()["items"]
    return listed


def test_the_agency_reads_what_the_learner_reads(agency: Agency) -> None:
    maria = make_maria(agency)
    machine = signed_in_machine(agency)
    learner = machine.pull().json()["items"][0]["learner"]
    answer = ask(machine, learner)
    assert (answer.status_code, answer["Cache-Control"], answer["Content-Language"]) == (200, "no-store", "en")
    explanation, own = answer.json(), read_by(maria)
    for name in ("rule", "snapshot", "framework_version", "next"):
        assert explanation[name] == own[name]
    assert [item["code"] for item in explanation["items"]] == [SKILL, OTHER]
    for theirs, hers in zip(explanation["items"], own["items"], strict=True):
        for name in (
            "code",
            "name",
            "area",
            "level",
            "level_name",
            "level_cause",
            "frozen",
            "certified_level",
            "expected_success",
            "review_due",
            "probability",
            "provisional",
            "answers",
            "next_level",
        ):
            assert theirs[name] == hers[name], name
        assert theirs["level_since"] == hers["level_since"][:10]
        assert theirs["last_on"] == hers["last_at"][:10]
        for movement, hers_of_it in zip(theirs["evidence"], hers["evidence"], strict=True):
            for name in ("level", "score", "language", "supervised", "moved_by", "of_which_practice", "explanation"):
                assert movement[name] == hers_of_it[name], name
            assert movement["answered_on"] == hers_of_it["answered_at"][:10]
        for change, hers_of_it in zip(theirs["history"], hers["history"], strict=True):
            for name in ("level", "cause", "explanation", "probability", "rule"):
                assert change[name] == hers_of_it[name], name
            assert change["on"] == hers_of_it["at"][:10]
    right, appealed = explanation["items"]
    assert (right["level_cause"], appealed["level_cause"]) == ("evidence", "appeal")
    assert (appealed["level"], appealed["level_since"]) == (2, "2026-03-20")
    assert right["history"][0]["evidence_id"] in {row["id"] for row in right["evidence"]}


def test_days_instead_of_instants_and_no_id_or_word_that_leads_to_the_person(agency: Agency) -> None:
    maria = make_maria(agency)
    text = ask(signed_in_machine(agency), known(agency, maria)).content.decode()
    assert read_by(maria)["items"][1]["history"][0]["reason"] == REASON
    secrets = ["Maria", "Santos", REASON, "reason", "item_id", str(maria.pk), str(REVIEWER), maria.user.username]
    for pk, item_id in Evidence.objects.values_list("pk", "item_id"):
        secrets += [str(pk), str(item_id)]
    for secret in secrets:
        assert secret not in text, secret
    assert not INSTANT.search(text)


def test_two_agencies_of_a_state_get_other_ids(agency: Agency) -> None:
    second = make_explaining_agency("PH")
    maria = make_maria(agency, second)
    ids = [
        {
            row["id"]
            for skill in ask(signed_in_machine(asked), known(asked, maria)).json()["items"]
            for row in skill["evidence"]
        }
        for asked in (agency, second)
    ]
    assert len(ids[0]) == len(ids[1]) == 4
    assert not ids[0] & ids[1]
    assert ask(signed_in_machine(second), known(agency, maria)).status_code == 404


def test_a_level_that_is_disputed_is_shown_as_frozen(agency: Agency) -> None:
    maria = make_maria(agency)
    freeze = new_id()
    learners.freeze_level(freeze_id=freeze, learner_id=maria.pk, skill=SKILL, reason="appeal", now=clock.now())
    machine = signed_in_machine(agency)
    assert [item["frozen"] for item in ask(machine, known(agency, maria)).json()["items"]] == [True, False]
    learners.release_level(freeze_id=freeze, now=clock.now())
    assert [item["frozen"] for item in ask(machine, known(agency, maria)).json()["items"]] == [False, False]


def test_each_disclosure_is_on_the_learner_s_ledger(agency: Agency) -> None:
    maria = make_maria(agency)
    machine = signed_in_machine(agency)
    assert ledger(maria) == []
    for asked in (1, 2):
        ask(machine, known(agency, maria))
        assert len(ledger(maria)) == asked
    disclosure = ledger(maria)[0]
    assert (disclosure["agency"]["name"], disclosure["purpose"], disclosure["operation"]) == (
        "Citra's agency",
        "share_explanations",
        "explanation",
    )
    assert disclosure["fields"] == ["learner", "skills", "evidence", "history"]


def test_outsiders_get_nothing_and_leave_no_trace(agency: Agency) -> None:
    thai, region, ungranted = make_explaining_agency("TH"), make_agency(None), make_agency("PH")
    for purpose in ("share_progress", SHARE_EXPLANATIONS):  # written past the service, which refuses them
        make_grant(thai, "PH", "learner", purpose_id=purpose)
        make_grant(region, "PH", "learner", purpose_id=purpose)
    maria = make_maria(agency, thai, region, ungranted)
    dao = make_learner("PH", name="Dao")  # consents to nothing
    drain()
    learner = known(agency, maria)
    for asked in (learner, known(thai, maria), str(maria.pk)):
        assert ask(signed_in_machine(thai), asked).status_code == 404
    for outsider, code in ((region, "insufficient_scope"), (ungranted, "no_grant")):
        for asked in (learner, known(outsider, maria)):
            answer = ask(signed_in_machine(outsider), asked)
            assert (answer.status_code, answer.json()["code"]) == (403, code)
    machine = signed_in_machine(agency)
    for asked in (known(agency, dao), str(dao.pk), str(maria.pk), uuid4().hex):
        assert ask(machine, asked).status_code == 404
    nobody = make_user()
    address = f"/agency/v1/learners/{learner}/skills"
    assert signed_in(nobody).get(address).status_code == 403
    assert Machine(agency).get(address).status_code == 401
    assert not Disclosure.objects.exists()


def test_a_consent_that_is_withdrawn_holds_at_once(agency: Agency) -> None:
    maria = make_maria(agency)
    machine = signed_in_machine(agency)
    assert ask(machine, known(agency, maria)).status_code == 200
    # The feed has not heard of it yet.
    consent(maria, agency, given=False)
    assert ask(machine, known(agency, maria)).status_code == 404
    drain()
    assert ask(machine, known(agency, maria)).status_code == 404
    assert len(ledger(maria)) == 1


def test_who_shares_the_progress_alone_is_not_explained(agency: Agency) -> None:
    maria = make_maria(agency)
    machine = signed_in_machine(agency)

    def told() -> bool:
        drain()
        [item] = machine.pull().json()["items"]
        return bool(item["explanations"])

    assert told()
    asked = len(ledger(maria))
    consent(maria, agency, given=False, purpose=SHARE_EXPLANATIONS)
    refused = ask(machine, known(agency, maria))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert refused.json()["purpose"] == SHARE_EXPLANATIONS
    assert not told(), "the feed tells it, so that the agency deletes what it got"
    assert [entry["operation"] for entry in ledger(maria)[:-asked]] == ["progress"]
    consent(maria, agency, purpose=SHARE_EXPLANATIONS)
    assert told()
    assert ask(machine, known(agency, maria)).status_code == 200


def test_without_records_or_an_active_account_nothing_is_explained(agency: Agency) -> None:
    maria = make_maria(agency)
    machine = signed_in_machine(agency)
    consent_to_records(maria, given=False)
    assert ask(machine, known(agency, maria)).status_code == 404
    consent_to_records(maria)
    assert ask(machine, known(agency, maria)).status_code == 200
    User.objects.filter(pk=maria.pk).update(is_active=False)
    assert ask(machine, known(agency, maria)).status_code == 404


def test_a_grant_to_pull_progress_is_none_to_ask_for_explanations(agency: Agency) -> None:
    maria = make_maria(agency)
    Grant.objects.filter(agency=agency, purpose_id=SHARE_EXPLANATIONS).update(valid_to=clock.now().date())
    feed.rebuild_feed(agency_id=agency.pk, now=clock.now())
    machine = signed_in_machine(agency)
    [item] = machine.pull().json()["items"]
    assert item["explanations"] is False
    assert ask(machine, known(agency, maria)).json()["code"] == "no_grant"


def test_the_purpose_s_text_says_what_is_seen() -> None:
    purposes = {row["code"]: row["texts"] for row in APIClient().get("/api/v1/purposes").json()["items"]}
    texts = {text["language"]: text["body"] for text in purposes[SHARE_EXPLANATIONS]}
    assert texts.keys() >= {"en", "ja", "th", "id"}
    for word in ("each answer", "score", "level", "day", "language", "supervised"):
        assert word in texts["en"]
    assert "does not see your answers" not in texts["en"]
    assert "does not see your answers" in next(
        text["body"] for text in purposes["share_progress"] if text["language"] == "en"
    )


def test_of_a_learner_who_moves_and_after_the_end_of_a_grant_nothing_is_shown(agency: Agency) -> None:
    maria, second = make_maria(agency), make_maria(agency)
    machine = signed_in_machine(agency)
    Learner.objects.filter(pk=maria.pk).update(member_state="TH")
    assert ask(machine, known(agency, maria)).status_code == 404
    assert ask(machine, known(agency, second)).status_code == 200
    Grant.objects.filter(agency=agency, scope="learner").update(valid_to=clock.now().date())
    answer = ask(machine, known(agency, second))
    assert (answer.status_code, answer.json()["code"]) == (403, "no_grant")


def test_it_is_in_the_language_asked_for(agency: Agency) -> None:
    maria = make_maria(agency)
    answer = ask(signed_in_machine(agency), known(agency, maria), **{"accept-language": "ja"})
    assert answer["Content-Language"] == "ja"
    assert answer.json()["items"][0]["level_name"] == "認識"


def test_an_explanation_costs_the_same_for_few_and_many_answers(
    agency: Agency, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    maria, machine = make_maria(agency), signed_in_machine(agency)
    ask(machine, known(agency, maria))
    for _ in range(2):
        with query_budget(26):
            assert ask(machine, known(agency, maria)).status_code == 200
        answers = [an_answer(skills=[SKILL, OTHER], at=ENROLLED_AT + timedelta(days=2, hours=n)) for n in range(30)]
        record_outcomes(*outcomes(maria.pk, answers))
        events.drain("mastery")
