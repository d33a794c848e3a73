"""A learner enrols in an edition."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Barrier, Thread

import pytest
from django.db import connection

from common.ids import new_id
from learners.models import Enrolment
from privacy.models import AuditEntry
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import give_consent, make_edition, make_enrolment, recorded

PATH = "/api/v1/me/enrolments"


@pytest.mark.django_db
def test_aiko_enrols_once_however_often_she_asks() -> None:
    aiko = make_learner("JP")
    give_consent(aiko)
    edition = make_edition()
    client, enrolment_id = signed_in(aiko.user), new_id()
    first = client.put(f"{PATH}/{enrolment_id}", {"edition_id": str(edition.pk)}, headers={"Accept-Language": "ja"})
    assert first.status_code == 201, first.content
    assert first.json()["title"] == "仕事でのAI"
    again = client.put(f"{PATH}/{enrolment_id}", {"edition_id": str(edition.pk)}, headers={"Accept-Language": "ja"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert client.get(f"{PATH}/{enrolment_id}", headers={"Accept-Language": "ja"}).json() == first.json()
    other = client.put(f"{PATH}/{new_id()}", {"edition_id": str(edition.pk)})
    assert other.status_code == 409
    assert other.json()["code"] == "already_enrolled"
    assert other.json()["enrolment_id"] == str(enrolment_id)
    changed = client.put(f"{PATH}/{enrolment_id}", {"edition_id": str(make_edition().pk)})
    assert (changed.status_code, changed.json()["code"]) == (409, "enrolment_id_taken")
    assert Enrolment.objects.count() == 1
    assert recorded("learners.enrolled") == [
        {
            "learner_id": str(aiko.pk),
            "edition_id": str(edition.pk),
            "course_id": str(edition.course_id),
            "enrolment_id": str(enrolment_id),
        }
    ]
    assert AuditEntry.objects.filter(action="learner.enrolled", subject_id=str(enrolment_id)).count() == 1


@pytest.mark.django_db
def test_the_title_is_in_the_learners_language_as_on_the_first_screen() -> None:
    aiko, edition = make_learner("JP", languages=("ja", "en")), make_edition()
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    home = client.get("/api/v1/home").json()["enrolments"][0]
    for entry in (client.get(f"{PATH}/{enrolment.pk}").json(), client.get(PATH).json()["items"][0]):
        assert (entry["title"], entry["language"]) == ("仕事でのAI", "ja") == (home["title"], home["language"])
    english = client.get(f"{PATH}/{enrolment.pk}", headers={"Accept-Language": "en"}).json()
    assert (english["title"], english["language"]) == ("AI at work", "en")
    # Neither the header's language nor the profile's is there: the course's own.
    budi = make_learner("ID", languages=("id",))
    other = make_enrolment(budi, edition)
    shown = signed_in(budi.user).get(f"{PATH}/{other.pk}", headers={"Accept-Language": "tet"}).json()
    assert (shown["title"], shown["language"]) == ("AI at work", "en")


@pytest.mark.django_db
def test_an_outsider_neither_reads_nor_takes_an_enrolment() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    give_consent(dao)
    edition = make_edition()
    enrolment = make_enrolment(aiko, edition)
    client = signed_in(dao.user)
    unknown = client.get(f"{PATH}/{new_id()}")
    hidden = client.get(f"{PATH}/{enrolment.pk}")
    assert (
        (hidden.status_code, hidden.json()["code"])
        == (unknown.status_code, unknown.json()["code"])
        == (404, "not_found")
    )
    assert client.get(PATH).json() == {"items": [], "next": None}
    taken = client.put(f"{PATH}/{enrolment.pk}", {"edition_id": str(edition.pk)})
    assert taken.status_code == 409
    assert str(aiko.pk) not in taken.content.decode()
    assert "enrolment_id" not in taken.json()
    assert not Enrolment.objects.filter(learner=dao).exists()


@pytest.mark.django_db
def test_what_enrolling_needs() -> None:
    edition = make_edition()
    body = {"edition_id": str(edition.pk)}
    path = f"{PATH}/{new_id()}"
    assert signed_in(make_user()).put(path, body).json()["code"] == "profile_missing"
    aiko = make_learner("JP")
    client = signed_in(aiko.user)
    assert (client.put(path, body).status_code, client.put(path, body).json()["code"]) == (403, "consent_missing")
    give_consent(aiko)
    for closed in (make_edition(status="proposed").pk, make_edition(status="retired").pk, new_id()):
        refused = client.put(path, {"edition_id": str(closed)})
        assert (refused.status_code, refused.json()["code"]) == (404, "edition_not_open")
        assert refused.json()["errors"][0]["pointer"] == "/edition_id"
    give_consent(aiko, given=False)
    assert client.put(path, body).json()["code"] == "consent_missing"
    for bad in ({}, {"edition_id": "x"}, {"edition_id": None}, {"edition_id": str(edition.pk), "learner": "x"}, []):
        assert client.put(path, bad).status_code == 400
    assert not Enrolment.objects.exists()
    assert recorded("learners.enrolled") == []


@pytest.mark.django_db
def test_the_list_goes_on_where_it_stopped(query_budget: Callable[[int], AbstractContextManager[None]]) -> None:
    aiko = make_learner("JP")
    made = sorted(str(make_enrolment(aiko, make_edition(lessons=1)).pk) for _ in range(5))
    client = signed_in(aiko.user)
    client.get(PATH)
    seen: list[str] = []
    following = None
    while True:
        with query_budget(5):
            answer = client.get(PATH, {"limit": 2, **({"cursor": following} if following else {})}).json()
        seen += [item["id"] for item in answer["items"]]
        following = answer["next"]
        if following is None:
            break
    assert seen == made
    with query_budget(5):
        assert len(client.get(PATH, {"limit": 1}).json()["items"]) == 1
    assert client.get(PATH, {"cursor": "x"}).json()["code"] == "bad_cursor"
    assert client.get(PATH, {"limit": "0"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_two_phones_enrol_at_the_same_time() -> None:
    aiko = make_learner("JP")
    give_consent(aiko)
    edition = make_edition(lessons=1)
    start, answers = Barrier(4), []

    def phone() -> None:
        try:
            client = signed_in(aiko.user)
            start.wait(10)
            answers.append(client.put(f"{PATH}/{new_id()}", {"edition_id": str(edition.pk)}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=phone) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == [201, 409, 409, 409]
    assert Enrolment.objects.count() == 1
    assert len(recorded("learners.enrolled")) == 1
