"""Aiko says what her data may be used for, and sees who got them; Dao gets nothing of it."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from agencies.models import Agency
from common.languages import canonical
from events.models import Event
from privacy import public as privacy
from privacy.models import AuditEntry, ConsentRecord, Disclosure, Pull
from tests.factories import make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def aiko() -> User:
    return make_user(username="aiko")


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="Ministry of tests", member_state_id="JP")


def statement(purpose: str = privacy.LEARNING_RECORDS, **changed: Any) -> dict[str, Any]:
    return {"purpose": purpose, "given": True, "text_version": 1, "text_language": "ja", **changed}


def put(user: User, body: Any, record_id: Any = None) -> Any:
    return signed_in(user).put(f"/api/v1/me/consents/{record_id or uuid4()}", body)


def test_consent_is_given_and_withdrawn_and_both_are_kept(aiko: User, agency: Agency) -> None:
    shared = statement(privacy.SHARE_PROGRESS, agency_id=str(agency.pk), text_language="JA")
    answer = put(aiko, shared)
    assert answer.status_code == 201
    assert answer.json()["agency"] == {"id": str(agency.pk), "name": "Ministry of tests"}
    assert answer.json()["text_language"] == "ja"
    given = {"user_id": aiko.pk, "purpose": privacy.SHARE_PROGRESS, "agency_id": agency.pk}
    assert privacy.has_consent(**given)
    assert not privacy.has_consent(user_id=aiko.pk, purpose=privacy.SHARE_PROGRESS)
    assert privacy.agencies_consented_to(user_ids=[aiko.pk], purpose=privacy.SHARE_PROGRESS) == {aiko.pk: {agency.pk}}

    assert put(aiko, {**shared, "given": False}).status_code == 201
    assert not privacy.has_consent(**given)
    assert privacy.agencies_consented_to(user_ids=[aiko.pk], purpose=privacy.SHARE_PROGRESS) == {}
    with pytest.raises(privacy.ConsentMissing):
        privacy.require_consent(**given)
    body = signed_in(aiko).get("/api/v1/me/consents").json()
    assert [record["given"] for record in body["items"]] == [False, True]
    assert [record["given"] for record in body["current"]] == [False]
    assert list(Event.objects.order_by("pk").values_list("kind", "payload")) == [
        (
            "privacy.consent_changed",
            {
                "user_id": str(aiko.pk),
                "purpose": "share_progress",
                "agency_id": str(agency.pk),
                "given": given,
            },
        )
        for given in (True, False)
    ]
    assert AuditEntry.objects.filter(subject_id=str(aiko.pk)).count() == 2


def test_a_repeat_is_the_same_record_and_another_content_a_conflict(aiko: User) -> None:
    record_id = uuid4()
    first = put(aiko, statement(), record_id)
    again = put(aiko, statement(), record_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    answer = put(aiko, statement(given=False), record_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_record_conflict")
    assert (ConsentRecord.objects.count(), Event.objects.count()) == (1, 1)


def test_anothers_record_id_shows_nothing(aiko: User) -> None:
    record_id, dao = uuid4(), make_user()
    put(aiko, statement(), record_id)
    assert put(dao, statement(given=False), record_id).status_code == 201
    assert privacy.has_consent(user_id=aiko.pk, purpose=privacy.LEARNING_RECORDS)
    assert len(signed_in(dao).get("/api/v1/me/consents").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"purpose": "marketing"}, "unknown_purpose", "/purpose"),
        ({"purpose": "share_progress"}, "agency_mismatch", "/agency_id"),
        ({"agency_id": str(UUID(int=7))}, "agency_mismatch", "/agency_id"),
        ({"purpose": "share_progress", "agency_id": str(UUID(int=7))}, "unknown_agency", "/agency_id"),
        ({"text_version": 2}, "unknown_text", "/text_version"),
        ({"text_language": "de"}, "unknown_text", "/text_version"),
        ({"text_version": 2**31}, "max_value", "/text_version"),
        ({"text_version": "one"}, "invalid", "/text_version"),
        ({"given": "perhaps"}, "invalid", "/given"),
        ({"given": None}, "null", "/given"),
        ({"agency_id": "x"}, "invalid", "/agency_id"),
        ({"text_language": "日本語"}, "invalid", "/text_language"),
        ({"purpose": ["a"]}, "invalid", "/purpose"),
        ({"user_id": str(UUID(int=7))}, "unknown_field", "/user_id"),
    ],
)
def test_what_cannot_be_a_statement_is_refused(aiko: User, changed: Any, code: str, pointer: str) -> None:
    answer = put(aiko, statement(**changed))
    assert answer.status_code == 400
    assert (answer.json()["errors"][0]["code"], answer.json()["errors"][0]["pointer"]) == (code, pointer)
    assert not ConsentRecord.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("body", [[], "x", 7, None])
def test_no_body_breaks_it(aiko: User, body: Any) -> None:
    assert put(aiko, body).status_code == 400


def test_an_agency_that_left_can_be_withdrawn_from_and_not_given_to(aiko: User, agency: Agency) -> None:
    shared = statement(privacy.SHARE_PROGRESS, agency_id=str(agency.pk))
    put(aiko, shared)
    Agency.objects.update(active=False)
    assert put(aiko, shared).json()["code"] == "unknown_agency"
    assert put(aiko, {**shared, "given": False}).status_code == 201


def test_without_a_token_nothing_is_shown(client: Any) -> None:
    for path in ("consents", "disclosures"):
        assert client.get(f"/api/v1/me/{path}").status_code == 401
    answer = client.put(f"/api/v1/me/consents/{uuid4()}", statement(), content_type="application/json")
    assert answer.status_code == 401
    assert not ConsentRecord.objects.exists()


def test_the_purposes_are_public_and_what_learning_needs_is_in_every_language(client: Any, query_budget: Any) -> None:
    with query_budget(2):
        answer = client.get("/api/v1/purposes")
    purposes = {purpose["code"]: purpose for purpose in answer.json()["items"]}
    assert purposes["learning_records"]["needed_to_learn"]
    assert purposes["share_progress"]["per_agency"]
    for code, purpose in purposes.items():
        drafted = {text["language"]: text["machine_drafted"] for text in purpose["texts"]}
        everywhere = {canonical(language) for language, _ in settings.LANGUAGES}
        assert drafted.keys() == (everywhere if code == "learning_records" else {"en", "ja", "th", "id"})
        assert [language for language, is_draft in drafted.items() if not is_draft] == ["en"]
    assert client.get("/api/v1/purposes", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def disclose(agency: Agency, *users: User) -> UUID:
    return privacy.record_pull(
        agency_id=agency.pk,
        client_id="client",
        purpose=privacy.SHARE_PROGRESS,
        operation="progress.pull",
        fields=["level"],
        user_ids=[user.pk for user in users],
        row_count=len(users),
    )


def test_the_ledger_pages_newest_first_and_shows_ones_own_only(aiko: User, agency: Agency) -> None:
    dao = make_user()
    pulls = [disclose(agency, aiko) for _ in range(5)]
    disclose(agency, dao)
    client, seen, query = signed_in(aiko), [], "?limit=2"
    while query:
        body = client.get(f"/api/v1/me/disclosures{query}").json()
        seen += body["items"]
        query = f"?limit=2&cursor={body['next']}" if body["next"] else ""
    assert len(seen) == len(pulls)
    assert seen[0]["agency"]["name"] == "Ministry of tests"
    assert (seen[0]["purpose"], seen[0]["operation"], seen[0]["fields"]) == (
        "share_progress",
        "progress.pull",
        ["level"],
    )
    assert [entry["at"] for entry in seen] == sorted((entry["at"] for entry in seen), reverse=True)
    # A page marker of hers is none of his.
    marker = client.get("/api/v1/me/disclosures?limit=2").json()["next"]
    for path in (
        f"disclosures?cursor={marker}",
        f"consents?cursor={marker}",
        "disclosures?cursor=x",
        "consents?limit=0",
    ):
        assert signed_in(dao).get(f"/api/v1/me/{path}").status_code == 400


def test_a_pull_of_many_learners_costs_what_one_of_one_does(aiko: User, agency: Agency, query_budget: Any) -> None:
    users = [make_user() for _ in range(50)]
    for given in ([aiko], users, [aiko, aiko]):
        with query_budget(4):  # two of them are the savepoint
            pull = disclose(agency, *given)
        assert Disclosure.objects.filter(pull=pull).count() == len(set(given))


def test_the_audit_log_takes_many_subjects_in_one_statement(query_budget: Any) -> None:
    with query_budget(1):
        privacy.audit_many(actor="worker", action="issued", subject_kind="certificate", subject_ids=["a", "b"])
    privacy.audit(actor="worker", action="revoked", subject_kind="certificate", subject_id="a", reason=3)
    privacy.audit_many(actor="worker", action="issued", subject_kind="certificate", subject_ids=[])
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "subject_id", "detail")) == [
        ("issued", "a", {}),
        ("issued", "b", {}),
        ("revoked", "a", {"reason": 3}),
    ]


def test_lists_cost_the_same_for_one_row_and_for_fifty(aiko: User, agency: Agency, query_budget: Any) -> None:
    client = signed_in(aiko)
    for more in (1, 49):
        for _ in range(more):
            put(aiko, statement())
            disclose(agency, aiko)
        with query_budget(2):
            assert len(client.get("/api/v1/me/consents").json()["items"]) in (1, 50)
        with query_budget(1):
            assert len(client.get("/api/v1/me/disclosures").json()["items"]) in (1, 50)


def test_proof_is_not_edited_and_not_deleted(aiko: User, agency: Agency) -> None:
    put(aiko, statement())
    disclose(agency, aiko)
    for model in (ConsentRecord, Disclosure, Pull, AuditEntry):
        key = model._meta.pk.name
        for change in (
            lambda rows, key=key: rows.update(**{key: rows[0].pk}),
            lambda rows: rows._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                change(model.objects.all())
        assert model.objects.exists()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        aiko.delete()


def test_erasing_one_person_deletes_their_rows_and_nobody_elses(aiko: User, agency: Agency) -> None:
    dao = make_user()
    for user in (aiko, dao):
        put(user, statement())
    disclose(agency, aiko, dao)
    with pytest.raises(DatabaseError, match="append-only"), privacy.erasing(aiko.pk):
        ConsentRecord.objects.all().delete()
    with privacy.erasing(aiko.pk):
        aiko.delete()
    assert set(ConsentRecord.objects.values_list("user_id", flat=True)) == {dao.pk}
    assert set(Disclosure.objects.values_list("user_id", flat=True)) == {dao.pk}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        dao.delete()


@pytest.mark.django_db(transaction=True)
def test_the_same_statement_sent_twice_at_once_is_one_record() -> None:
    aiko, record_id, start, statuses = make_user(), uuid4(), threading.Barrier(4), []

    def send() -> None:
        try:
            start.wait()
            statuses.append(put(aiko, statement(), record_id).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 201]
    assert (ConsentRecord.objects.count(), Event.objects.count(), AuditEntry.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("given", ["off", "yes", "true", 0, 1, [], {}])
def test_a_consent_is_never_guessed(given: Any) -> None:
    aiko = make_user()
    answer = signed_in(aiko).put(f"/api/v1/me/consents/{uuid4()}", statement(given=given))
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/given"]
    assert not ConsentRecord.objects.filter(user=aiko).exists()


def test_an_id_is_the_same_in_either_case() -> None:
    client, record_id = signed_in(make_user()), str(uuid4())
    first = client.put(f"/api/v1/me/consents/{record_id.upper()}", statement())
    assert (first.status_code, first.json()["record_id"]) == (201, record_id)
    assert client.put(f"/api/v1/me/consents/{record_id}", statement()).status_code == 200
