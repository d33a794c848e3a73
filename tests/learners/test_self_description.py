"""Aiko says something of herself, for one purpose; it goes with the consent, and nobody else ever meets it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import IntegrityError, transaction

from agencies.feed.documents import progress_documents
from agencies.models import ProgressRow
from agencies.scope import publisher_scope
from common import clock
from common.ids import new_id
from events import public as events
from events.models import Event
from learners import public as learners
from learners.models import Learner, SelfDescription
from learners.self_description.services import forget_withdrawn
from privacy.events import ConsentChanged
from privacy.models import AuditEntry
from tests.agencies.factories import make_agency, signed_in_machine
from tests.factories import make_learner, make_user, signed_in, stored

PATH = "/api/v1/me/self-description"
pytestmark = pytest.mark.django_db


def consent(learner: Learner, *, given: bool = True, purpose: str = "fairness_monitoring", **more: Any) -> None:
    body = {"purpose": purpose, "given": given, "text_version": 1, "text_language": "ja", **more}
    assert signed_in(learner.user).put(f"/api/v1/me/consents/{uuid4()}", body).status_code == 201


def test_aiko_says_it_changes_it_and_takes_it_back() -> None:
    learner = make_learner()
    aiko = signed_in(learner.user)
    assert aiko.get(PATH).status_code == 404
    refused = aiko.put(PATH, {"gender": "another"})
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert refused.json()["purpose"] == "fairness_monitoring"
    consent(learner)
    assert [aiko.put(PATH, {"gender": "another"}).status_code for _ in range(2)] == [201, 200]
    assert aiko.put(PATH, {"gender": "female"}).json() == {"gender": "female"}
    assert aiko.get(PATH).json() == {"gender": "female"}
    assert learners.genders_of([learner.pk, new_id()]) == {learner.pk: "female"}
    assert [aiko.delete(PATH).status_code for _ in range(2)] == [204, 204]
    assert aiko.get(PATH).status_code == 404
    actions = AuditEntry.objects.filter(action__startswith="self_description").order_by("pk")
    assert [entry.action.partition(".")[2] for entry in actions] == ["said", "said", "taken_back"]
    assert not any(word in str(entry.detail) for entry in actions for word in ("female", "another")), "never what"


def test_whoever_prefers_not_to_tell_is_in_no_group() -> None:
    learner = make_learner()
    consent(learner)
    assert signed_in(learner.user).put(PATH, {"gender": "no_answer"}).status_code == 201
    assert learners.genders_of([learner.pk]) == {}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/gender"),
        ({"gender": None}, "/gender"),
        ({"gender": "x"}, "/gender"),
        ({"gender": ["male"]}, "/gender"),
        ({"gender": "male", "religion": "x"}, "/religion"),
    ],
)
def test_nothing_else_can_be_said(body: Any, pointer: str) -> None:
    learner = make_learner()
    consent(learner)
    answer = signed_in(learner.user).put(PATH, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not SelfDescription.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfDescription.objects.create(learner=learner, gender="x")


def test_an_account_without_a_profile_and_an_outsider_find_nothing() -> None:
    learner, dao = make_learner(), make_user()
    SelfDescription.objects.create(learner=learner, gender="male")
    assert signed_in(dao).put(PATH, {"gender": "male"}).json()["code"] == "profile_missing"
    assert signed_in(dao).get(PATH).status_code == 404
    signed_in(dao).delete(PATH)
    assert SelfDescription.objects.get().pk == learner.pk


def test_with_the_consent_it_is_ignored_at_once_and_then_deleted(query_budget: Any) -> None:
    cast = [make_learner() for _ in range(4)]
    for learner in cast:
        consent(learner)
        signed_in(learner.user).put(PATH, {"gender": "female"})
    aiko, again, still, other = cast
    consent(aiko, given=False)
    consent(again, given=False)
    consent(again)
    consent(other, given=False, purpose="learning_records")
    assert signed_in(aiko.user).get(PATH).status_code == 404
    with query_budget(2):
        assert set(learners.genders_of([learner.pk for learner in cast])) == {again.pk, still.pk, other.pk}
    changes = stored(ConsentChanged)
    # In a test everything happens in one transaction, and so at one instant; what is said anew comes later.
    SelfDescription.objects.filter(pk=again.pk).update(said_at=clock.now())
    SelfDescription.objects.exclude(pk=again.pk).update(said_at=changes[0].occurred_at)
    for _ in range(2):
        with query_budget(4):
            forget_withdrawn(changes)
    assert set(SelfDescription.objects.values_list("pk", flat=True)) == {again.pk, still.pk, other.pk}
    assert AuditEntry.objects.filter(action="self_description.forgotten").count() == 1


def test_the_worker_forgets() -> None:
    learner = make_learner()
    consent(learner)
    signed_in(learner.user).put(PATH, {"gender": "female"})
    SelfDescription.objects.update(said_at=Event.objects.earliest("pk").occurred_at)
    consent(learner, given=False)
    events.drain("self_descriptions")
    assert not SelfDescription.objects.exists()


def _members(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {member for entry in value.values() for member in _members(entry)}
    return {member for entry in value for member in _members(entry)} if isinstance(value, list) else {str(value)}


def test_no_agency_is_told_whatever_it_is_consented_to() -> None:
    agency, learner = make_agency("JP"), make_learner("JP")
    consent(learner)
    signed_in(learner.user).put(PATH, {"gender": "another"})
    consent(learner, purpose="learning_records")
    consent(learner, purpose="share_progress", agency_id=str(agency.pk))
    for name in ("self_descriptions", "agency_feed"):
        events.drain(name)
    from agencies.feed import services as feed

    feed.publish(learner_ids=[learner.pk], now=clock.now())
    pulled = signed_in_machine(agency).pull().json()
    assert len(pulled["items"]) == 1
    assert not {"gender", "another", "self_description"} & _members(pulled)
    assert not {"gender", "another"} & _members(progress_documents([learner.pk])[learner.pk])
    assert "another" not in json.dumps(list(Event.objects.values_list("payload", flat=True)))
    with publisher_scope():
        rows = list(ProgressRow.objects.values())
    assert rows
    assert not any("another" in str(row) for row in rows)


def test_no_page_of_the_admin_shows_it() -> None:
    assert SelfDescription not in admin.site._registry
    shown = {inline.model for model_admin in admin.site._registry.values() for inline in model_admin.inlines}
    assert SelfDescription not in shown
