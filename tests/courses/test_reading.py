"""A learner reads the catalogue and lessons; what anyone may read, and what needs a sign-in."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import orjson
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from common import caches
from common.languages import choose
from courses.catalogue.documents import read_document
from courses.models import Course, Edition, Page
from courses.publishing.services import publish
from tests.courses.factories import (
    first_lesson,
    lessons_of,
    make_content,
    make_next,
    make_proposed,
    make_published,
)
from tests.factories import make_user, signed_in

pytestmark = pytest.mark.django_db
THAI = {"HTTP_ACCEPT_LANGUAGE": "th-TH,th;q=0.9,en;q=0.5"}


@pytest.fixture
def anyone() -> APIClient:
    return APIClient()


@pytest.fixture
def aiko() -> APIClient:
    return signed_in(make_user())


def _is_problem(response, status: int, code: str) -> bool:
    return (
        response.status_code == status
        and response["Content-Type"] == "application/problem+json"
        and response.json()["code"] == code
    )


def test_a_learner_reads_a_course_in_thai_and_is_told_what_a_machine_drafted(aiko: APIClient) -> None:
    edition = make_published(modules=2, lessons=2)
    card = aiko.get("/api/v1/catalogue", **THAI).json()["items"][0]
    assert (card["id"], card["title"], card["language"]) == (str(edition.pk), "Title th", "th")
    assert card["machine_drafted"] is True

    course = aiko.get(f"/api/v1/editions/{edition.pk}", **THAI)
    assert course["Content-Language"] == "th"
    assert "Accept-Language" in course["Vary"]
    lessons = [lesson for module in course.json()["modules"] for lesson in module["lessons"]]
    assert [lesson["slug"] for lesson in lessons] == ["lesson-0-0", "lesson-0-1", "lesson-1-0", "lesson-1-1"]

    lesson = aiko.get(f"/api/v1/lessons/{lessons[1]['id']}", **THAI).json()
    assert (lesson["title"], lesson["translation"], lesson["machine_drafted"]) == (
        "Lesson 0.1 th",
        "machine_drafted",
        True,
    )
    assert lesson["html"] == "<p>Some <em>words</em>.</p>\n"
    # Where it stands and what its skills are called is told by the course.
    assert lesson["skills"] == [{"code": "AIS-A1", "level": 1}]
    assert lessons[1]["version"] == lesson["version"]
    assert lessons[1]["skills"][0]["level_name"] == {"text": "รับรู้", "language": "th", "machine_drafted": True}
    assert aiko.get(f"/api/v1/editions/{edition.pk}/lessons/{lessons[1]['id']}", **THAI).json() == lesson
    assert aiko.get(f"/api/v1/lessons/{lessons[1]['id']}").json()["machine_drafted"] is False


def test_the_manifest_leads_to_every_document_and_what_it_leads_to_never_changes(anyone: APIClient) -> None:
    edition = make_published(lessons=2)
    manifest = anyone.get(f"/api/v1/editions/{edition.pk}/manifest", **THAI).json()
    assert [entry["kind"] for entry in manifest["documents"]] == ["course", "lesson", "lesson"]
    total = 0
    for entry in manifest["documents"]:
        response = anyone.get(entry["href"])
        assert (response["ETag"], len(response.content)) == (entry["etag"], entry["bytes"])
        assert hashlib.sha256(response.content).hexdigest() == entry["href"].rpartition("/")[2]
        assert "immutable" in response["Cache-Control"]
        assert response.json()["language"] == "th"
        assert anyone.get(entry["href"], HTTP_IF_NONE_MATCH=entry["etag"]).status_code == 304
        total += entry["bytes"]
    assert manifest["bytes"] == total
    assert _is_problem(anyone.get(f"/api/v1/documents/{'0' * 64}"), 404, "not_found")


def test_who_has_an_edition_fetches_of_the_next_only_what_has_changed(anyone: APIClient) -> None:
    old = make_published(modules=2, lessons=3)

    def documents(edition: Edition, language: str) -> dict[str, str]:
        manifest = anyone.get(f"/api/v1/editions/{edition.pk}/manifest?language={language}").json()
        return {entry["id"]: entry["href"] for entry in manifest["documents"] if entry["kind"] == "lesson"}

    before = {language: documents(old, language) for language in ("en", "th")}
    new = make_next(old)
    after = {language: documents(new, language) for language in ("en", "th")}
    assert after["th"] == before["th"]
    changed = [lesson for lesson, href in after["en"].items() if before["en"][lesson] != href]
    assert changed == [str(first_lesson(new))]
    # What was fetched of the old edition is still there for who had no line meanwhile.
    assert anyone.get(before["en"][changed[0]]).status_code == 200


def test_a_proposal_s_documents_are_nobodys_by_their_hash(anyone: APIClient) -> None:
    edition = make_proposed(languages=("en",))
    digests = list(Page.objects.filter(edition=edition).values_list("document", flat=True))
    for digest in digests:
        assert _is_problem(anyone.get(f"/api/v1/documents/{digest}"), 404, "not_found")
    publish(edition_id=edition.pk, actor="a trainer")
    lesson = Page.objects.get(edition=edition, kind="lesson").document_id
    assert anyone.get(f"/api/v1/documents/{lesson}").status_code == 200


def test_what_is_known_already_is_not_sent_again(aiko: APIClient, query_budget) -> None:
    edition = make_published()
    for path in (
        "/api/v1/catalogue",
        f"/api/v1/editions/{edition.pk}",
        f"/api/v1/editions/{edition.pk}/manifest",
        f"/api/v1/lessons/{first_lesson(edition)}",
        f"/api/v1/editions/{edition.pk}/lessons/{first_lesson(edition)}",
        "/api/v1/framework",
    ):
        first = aiko.get(path, **THAI)
        assert first.status_code == 200, path
        for known in (first["ETag"], f'"x", W/{first["ETag"]}'):
            with query_budget(1):
                again = aiko.get(path, HTTP_IF_NONE_MATCH=known, **THAI)
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), path
            assert again["Content-Language"] == "th"
        # Another language is another representation; a header that is no list of ETags is as good as none.
        assert aiko.get(path, HTTP_IF_NONE_MATCH=first["ETag"], HTTP_ACCEPT_LANGUAGE="en").status_code == 200
        broken = aiko.get(path, HTTP_IF_NONE_MATCH=f"x{first['ETag']}\x00", **THAI)
        assert (broken.status_code, broken.content) == (200, first.content)
        head = aiko.head(path, **THAI)
        assert (head.status_code, head["ETag"]) == (200, first["ETag"])


def test_the_parameter_overrides_the_header_and_an_unknown_language_is_a_problem(anyone: APIClient) -> None:
    edition = make_published(languages=("en", "ja"))
    for path in ("/api/v1/catalogue", f"/api/v1/editions/{edition.pk}", f"/api/v1/editions/{edition.pk}/manifest"):
        assert anyone.get(f"{path}?language=ja", **THAI)["Content-Language"] == "ja"
        # Known, and not offered: the edition's own language.
        assert anyone.get(f"{path}?language=km", **THAI)["Content-Language"] == "en"
        for unknown in ("xx", "tlh", "ja;q=1", "", "%00", "*", "th" * 500, "%ED%A0%80"):
            assert _is_problem(anyone.get(f"{path}?language={unknown}"), 400, "unknown_language"), unknown
    assert anyone.get("/api/v1/framework?language=ja").json()["levels"][0]["name"] == {
        "text": "認識",
        "language": "ja",
        "machine_drafted": True,
    }
    assert _is_problem(anyone.get("/api/v1/framework?language=xx"), 400, "unknown_language")
    assert anyone.get("/api/v1/framework?language=km")["Content-Language"] == "en"


def test_anyone_reads_the_catalogue_and_only_the_signed_in_read_lessons(anyone: APIClient, aiko: APIClient) -> None:
    edition = make_published()
    lesson = first_lesson(edition)
    assert anyone.get("/api/v1/catalogue").status_code == 200
    assert anyone.get("/api/v1/framework").status_code == 200
    assert anyone.get(f"/api/v1/editions/{edition.pk}").status_code == 200
    for path in (f"/api/v1/lessons/{lesson}", f"/api/v1/editions/{edition.pk}/lessons/{lesson}"):
        refused = anyone.get(path)
        assert _is_problem(refused, 401, "unauthenticated")
        assert "Some" not in refused.content.decode()


def test_a_proposal_is_nobodys_to_read(anyone: APIClient, aiko: APIClient) -> None:
    proposed = make_proposed()
    lesson = lessons_of(proposed)[0]
    for client in (anyone, aiko):
        assert client.get("/api/v1/catalogue").json()["items"] == []
        for path in (f"/api/v1/editions/{proposed.pk}", f"/api/v1/editions/{proposed.pk}/manifest"):
            unknown = client.get(path.replace(str(proposed.pk), str(uuid4())))
            hidden = client.get(path)
            assert _is_problem(hidden, 404, "not_found")
            assert {**hidden.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert _is_problem(aiko.get(f"/api/v1/lessons/{lesson}"), 404, "not_found")
    assert _is_problem(aiko.get(f"/api/v1/editions/{proposed.pk}/lessons/{lesson}"), 404, "not_found")
    assert _is_problem(aiko.get("/api/v1/lessons/not-an-id"), 404, "not_found")


def test_a_retired_edition_leaves_the_catalogue_and_stays_readable_as_it_was(aiko: APIClient) -> None:
    old = make_published(lessons=2)
    first, second = lessons_of(old)
    Course.objects.get().modules.get().activities.filter(pk=second).update(removed_at=old.published_at, position=None)
    new = make_next(old)
    assert [item["id"] for item in aiko.get("/api/v1/catalogue").json()["items"]] == [str(new.pk)]
    assert aiko.get(f"/api/v1/editions/{old.pk}").status_code == 200
    bodies = {
        edition.number: aiko.get(f"/api/v1/editions/{edition.pk}/lessons/{first}").json()["markdown"]
        for edition in (old, new)
    }
    assert bodies == {1: "Some *words*.", 2: "Some *words*.."}
    # Without an edition: the running one's; and of a lesson that it has no more, what the last edition with it said.
    assert aiko.get(f"/api/v1/lessons/{first}").json()["markdown"] == bodies[2]
    assert aiko.get(f"/api/v1/lessons/{second}").status_code == 200
    assert _is_problem(aiko.get(f"/api/v1/editions/{new.pk}/lessons/{second}"), 404, "not_found")


def test_the_catalogue_is_paged_without_a_gap_and_every_page_has_its_etag(anyone: APIClient) -> None:
    editions = [str(make_published(languages=("en",)).pk) for _ in range(5)]
    seen, path = [], "/api/v1/catalogue?limit=2&language=en"
    while path:
        response = anyone.get(path)
        assert anyone.get(path)["ETag"] == response["ETag"]
        seen += [item["id"] for item in response.json()["items"]]
        assert response.has_header("Link") is (response.json()["next"] is not None)
        path = response["Link"].partition(">")[0][1:] if response.has_header("Link") else ""
    assert seen == editions[::-1]
    for bad in ("limit=0", "limit=x", "limit=1e3", "limit=99999999999999999999"):
        assert _is_problem(anyone.get(f"/api/v1/catalogue?{bad}"), 400, "invalid_input")
    for bad in ("x", "%00", "W10:abc", "é"):
        assert _is_problem(anyone.get("/api/v1/catalogue", {"cursor": bad}), 400, "bad_cursor")


def test_a_publication_is_seen_by_the_next_request_though_the_page_was_kept(anyone: APIClient, query_budget) -> None:
    def titles(**headers: str) -> list[str]:
        return [item["title"] for item in anyone.get("/api/v1/catalogue", **headers).json()["items"]]

    assert titles() == []
    first = make_published(titles={"en": "First", "th": "แรก"}, languages=("en", "th"))
    # Twice: the second is answered from what the process kept, in the reader's language and in no other's.
    for most in (2, 1):
        with query_budget(most):
            assert titles() == ["First"]
        with query_budget(most):
            assert titles(**THAI) == ["แรก"]
    known = anyone.get("/api/v1/catalogue")["ETag"]
    make_published(titles={"en": "Second"}, languages=("en",))
    with query_budget(2):
        assert anyone.get("/api/v1/catalogue", HTTP_IF_NONE_MATCH=known).status_code == 200
    assert titles() == ["Second", "First"]
    assert titles(**THAI) == ["Second", "แรก"]
    following = make_next(first)
    ids = [item["id"] for item in anyone.get("/api/v1/catalogue").json()["items"]]
    assert ids[0] == str(following.pk)
    assert str(first.pk) not in ids


def test_a_publication_that_is_rolled_back_leaves_nothing_behind(anyone: APIClient) -> None:
    make_published(languages=("en",))
    proposed = make_proposed(languages=("en",))
    other = make_proposed(languages=("en",))
    before = anyone.get("/api/v1/catalogue")
    with transaction.atomic():
        publish(edition_id=proposed.pk, actor="a trainer")
        assert len(anyone.get("/api/v1/catalogue").json()["items"]) == 2
        transaction.set_rollback(True)
    after = anyone.get("/api/v1/catalogue")
    assert (after.content, after["ETag"]) == (before.content, before["ETag"])
    publish(edition_id=other.pk, actor="a trainer")
    assert anyone.get("/api/v1/catalogue").json()["items"][0]["id"] == str(other.pk)


def test_every_process_gives_a_page_the_same_etag(anyone: APIClient) -> None:
    for _ in range(3):
        make_published()
    paths = ("/api/v1/catalogue", "/api/v1/catalogue?limit=2", "/api/v1/catalogue?language=th")
    here = [anyone.get(path) for path in paths]
    assert len({answer["ETag"] for answer in here}) == 3
    # A process that has just started keeps nothing.
    caches.forget()
    for path, answer in zip(paths, here, strict=True):
        again = anyone.get(path, HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again["ETag"]) == (304, answer["ETag"])
        assert anyone.get(path).content == answer.content
        assert answer["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'


def test_one_query_for_one_edition_and_for_fifty(anyone: APIClient, aiko: APIClient, query_budget) -> None:
    element = make_published(languages=("en", "th"))
    lesson = first_lesson(element)
    anyone.get("/api/v1/framework", **THAI)

    def read_all() -> None:
        for client, path in (
            (anyone, "/api/v1/catalogue?limit=100"),
            (anyone, f"/api/v1/editions/{element.pk}"),
            (anyone, f"/api/v1/editions/{element.pk}/manifest"),
            (aiko, f"/api/v1/lessons/{lesson}"),
            (aiko, f"/api/v1/editions/{element.pk}/lessons/{lesson}"),
            (anyone, f"/api/v1/documents/{Page.objects.filter(ref=lesson)[0].document_id}"),
        ):
            path = str(path)
            # A page of the catalogue that was kept and is of the past costs the question whether it still stands, too.
            with query_budget(2 if "catalogue" in path else 1):
                assert client.get(path, **THAI).status_code == 200
        with query_budget(0):
            assert anyone.get("/api/v1/framework", **THAI).status_code == 200

    read_all()
    for _ in range(49):
        make_published(languages=("en",))
    read_all()
    assert len(anyone.get("/api/v1/catalogue?limit=100", **THAI).json()["items"]) == 50


TAGS = ("en", "ja", "th", "id", "zh-Hans", "zh", "ms", "ms-Arab", "pt", "pt-BR", "tet", "en-GB")
RANGES = st.sampled_from(
    (
        *TAGS,
        "th-TH",
        "zh-Hans-CN",
        "zh-Hant-TW",
        "ms-Arab-MY",
        "de",
        "EN-us",
        "zh-CN",
        "in",
        "jv",
        "pt-TL",
        "id-x-a",
        "en-a-bbb-x",
        "*",
        "xx",
    )
)
HEADERS = st.lists(st.tuples(RANGES, st.sampled_from(("", ";q=0.9", ";q=0.5", ";q=0", ";q=1.0"))), max_size=5).map(
    lambda parts: ",".join(tag + quality for tag, quality in parts)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=HEADERS | st.text(max_size=20), offered=st.lists(st.sampled_from(TAGS), min_size=1, unique=True))
def test_the_database_chooses_the_language_that_lookup_finds(header: str, offered: list[str]) -> None:
    from django.test import RequestFactory
    from rest_framework.request import Request

    from courses.api.languages import wanted_languages

    edition = make_published(content=make_content(languages=tuple(offered)))
    wanted = wanted_languages(Request(RequestFactory().get("/", HTTP_ACCEPT_LANGUAGE=header)))
    found = read_document(kind="card", ref=edition.pk, wanted=wanted)
    assert found is not None
    assert found.language == choose(header, [], offered, offered[0])
    assert orjson.loads(found.body)["language"] == found.language
