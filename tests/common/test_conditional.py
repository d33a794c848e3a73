"""Strong ETags, 304, and changes that name the version they changed."""

from __future__ import annotations

import hashlib

import pytest
from django.test import RequestFactory
from rest_framework.test import APIClient

from common.conditional import etag_of, is_fresh, ready_bytes, require_match
from common.errors import PreconditionFailed, PreconditionRequired
from tests import documented
from tests.factories import make_learner, signed_in

BODY = '{"title":"ไทย"}'.encode()
ETAG = etag_of(BODY)


def test_an_etag_is_the_contents_sha256() -> None:
    assert f'"{hashlib.sha256(BODY).hexdigest()}"' == ETAG
    assert etag_of(BODY + b" ") != ETAG


@pytest.mark.parametrize(
    ("header", "fresh"),
    [
        (None, False),
        ("", False),
        (ETAG, True),
        (f"W/{ETAG}", True),
        (f'"other", {ETAG}', True),
        ("*", True),
        ('"other"', False),
        (ETAG.strip('"'), False),
        ("nonsense, ,", False),
    ],
)
def test_what_the_client_has_is_fresh(header: str | None, fresh: bool) -> None:
    request = RequestFactory().get("/", headers={} if header is None else {"If-None-Match": header})
    assert is_fresh(request, ETAG) is fresh
    answer = ready_bytes(request, BODY, etag=ETAG, language="th", cache="public, max-age=60")
    assert answer.status_code == (304 if fresh else 200)
    assert answer.content == (b"" if fresh else BODY)
    assert answer.has_header("Content-Type") is not fresh
    # A 304 carries what the 200 would (RFC 9110, 15.4.5).
    assert answer["ETag"] == ETAG
    assert answer["Cache-Control"] == "public, max-age=60"
    assert answer["Content-Language"] == "th"
    assert "Accept-Language" in answer["Vary"]


def test_without_a_language_none_is_claimed() -> None:
    assert not ready_bytes(RequestFactory().get("/"), BODY, etag=ETAG).has_header("Content-Language")


def test_a_change_must_name_its_version() -> None:
    with pytest.raises(PreconditionRequired):
        require_match(RequestFactory().put("/"), ETAG)


@pytest.mark.parametrize("header", [ETAG, f'"other", {ETAG}', "*", f"W/{ETAG}", f'W/"other", W/{ETAG}'])
def test_a_change_of_the_stored_version_goes_through(header: str) -> None:
    require_match(RequestFactory().put("/", headers={"If-Match": header}), ETAG)


@pytest.mark.parametrize("header", ['"other"', 'W/"other"', "", "nonsense", f"w/{ETAG}", f"W/{ETAG}x"])
def test_a_change_of_another_version_is_refused(header: str) -> None:
    """`W/` is what a compressing proxy writes; before another tag it helps nothing."""
    with pytest.raises(PreconditionFailed):
        require_match(RequestFactory().put("/", headers={"If-Match": header}), ETAG)


# --- one door for all that learners read ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_list_of_the_learners_interface_is_read_conditionally() -> None:
    aiko, dao = signed_in(make_learner("JP").user), APIClient()
    document = documented.load()["learners"]
    lists = [
        (path, get["operationId"], "304" in get["responses"])
        for path, methods in document["paths"].items()
        if path.startswith("/api/")
        and (get := methods.get("get"))
        and get["operationId"].startswith("list_")
        and "{" not in path
    ]
    assert len(lists) > 12
    tried = 0
    for path, operation, is_conditional in lists:
        answer = aiko.get(path)
        assert answer.status_code == 200, path
        if not is_conditional:
            assert "no-store" in answer["Cache-Control"], operation
            assert not answer.has_header("ETag")
            continue
        tried += 1
        assert answer["ETag"].startswith('"'), path
        for tag in (answer["ETag"], f"W/{answer['ETag']}"):
            again = aiko.get(path, headers={"If-None-Match": tag})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"]), path
            assert not again.has_header("Content-Type")
        assert aiko.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
        outsider = dao.get(path, headers={"If-None-Match": answer["ETag"]})
        assert outsider.status_code in (304, 401), "public, or refused before anything is compared"
        if outsider.status_code == 304:
            assert "public" in answer["Cache-Control"]
    assert tried > 10


@pytest.mark.django_db
def test_the_etag_follows_the_content() -> None:
    learner = make_learner("JP")
    client, path = signed_in(learner.user), "/api/v1/me/consents"
    before = client.get(path)
    purpose = client.get("/api/v1/purposes").json()["items"][0]
    assert purpose
    learner.legal_name = "Another Name"
    learner.save()
    profile = client.get("/api/v1/me/profile")
    assert client.get(path, headers={"If-None-Match": before["ETag"]}).status_code == 304
    assert client.get(path, headers={"If-None-Match": profile["ETag"]}).status_code == 200
