"""A member state's administrator looks at the state's learners, and changes nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.roles import STATE_ADMINISTRATOR, TRAINER
from events import public as events
from learners.models import Enrolment, Evidence, Learner, LevelChange, SkillState
from tests.factories import make_learner, make_user
from tests.learners.factories import an_answer, an_outcome, make_edition, make_enrolment, record_outcomes

pytestmark = pytest.mark.django_db
MODELS = (Learner, Enrolment, Evidence, SkillState, LevelChange)


def staff(role: str, state: str | None) -> Client:
    user = make_user(is_staff=True, member_state_id=state)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def cast() -> dict[str, Learner]:
    edition = make_edition(lessons=1)
    learners = {}
    for state in ("JP", "TH"):
        learners[state] = learner = make_learner(state, name=f"Canary {state}")
        make_enrolment(learner, edition)
        record_outcomes(an_outcome(learner.pk, [an_answer(guess=0.0)]))
    events.drain("mastery")
    return learners


def test_the_administrator_sees_the_states_rows_only(cast: dict[str, Learner]) -> None:
    client = staff(STATE_ADMINISTRATOR, "TH")
    for model in MODELS:
        path = f"/admin/learners/{model.__name__.lower()}/"
        listed = client.get(path)
        assert listed.status_code == 200, path
        assert "Canary TH" in listed.content.decode(), path
        assert "Canary JP" not in listed.content.decode(), path
        assert "Canary JP" not in client.get(path, {"q": "Canary"}).content.decode()
        rows = {str(row.pk): _state_of(row) for row in model.objects.all()}
        for pk, state in rows.items():
            shown = client.get(f"{path}{pk}/change/")
            assert shown.status_code == (200 if state == "TH" else 302), (path, state)
            assert "Canary JP" not in shown.content.decode()
            assert client.post(f"{path}{pk}/change/", {"legal_name": "x"}).status_code in {302, 403}
            assert client.post(f"{path}{pk}/delete/", {"post": "yes"}).status_code in {302, 403}
        assert client.get(f"{path}add/").status_code == 403
        assert {str(row.pk): _state_of(row) for row in model.objects.all()} == rows
    cast["TH"].refresh_from_db()
    assert cast["TH"].legal_name == "Canary TH"


def _state_of(row: object) -> str:
    return str(getattr(row, "learner", row).member_state_id)


def test_an_outsider_among_the_staff_sees_nothing(cast: dict[str, Learner]) -> None:
    client = staff(TRAINER, None)
    for model in MODELS:
        assert client.get(f"/admin/learners/{model.__name__.lower()}/").status_code == 403


def test_staff_read_the_words_that_the_learner_reads(cast: dict[str, Learner]) -> None:
    state = SkillState.objects.get(learner=cast["TH"])
    shown = staff(STATE_ADMINISTRATOR, "TH").get(f"/admin/learners/skillstate/{state.pk}/change/")
    assert "Answered an item right: +" in shown.content.decode()
