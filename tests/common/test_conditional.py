"""Strong ETags, 304, and changes that name the version they changed."""

from __future__ import annotations

import hashlib

import pytest
from django.test import RequestFactory

from common.conditional import etag_of, is_fresh, ready_bytes, require_match
from common.errors import PreconditionFailed, PreconditionRequired

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


@pytest.mark.parametrize("header", [ETAG, f'"other", {ETAG}', "*"])
def test_a_change_of_the_stored_version_goes_through(header: str) -> None:
    require_match(RequestFactory().put("/", headers={"If-Match": header}), ETAG)


@pytest.mark.parametrize("header", ['"other"', f"W/{ETAG}", "", "nonsense"])
def test_a_change_of_another_version_is_refused(header: str) -> None:
    """A weak ETag never matches here: If-Match compares strongly (RFC 9110, 13.1.1)."""
    with pytest.raises(PreconditionFailed):
        require_match(RequestFactory().put("/", headers={"If-Match": header}), ETAG)
