"""Links that lead out of the platform are plain addresses, whatever stands in the name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import clock
from credentials.certificates import status_changes
from credentials.models import Certificate
from credentials.sharing import deep_links
from tests.factories import make_learner, signed_in

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(_TEXT, _TEXT, st.datetimes(timezones=st.just(UTC)), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_linkedin_gets_back_what_was_put_in(
    name: str, issuer: str, issued_at: datetime, valid_until: datetime | None
) -> None:
    url = deep_links.linkedin_url(
        base_url="https://skills.example",
        public_code="0" * 26,
        name=name,
        issuer=issuer,
        issued_at=issued_at,
        valid_until=valid_until,
    )
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (
        "https",
        "www.linkedin.com",
        "/profile/add",
        "",
    )
    expected = {
        "startTask": ["CERTIFICATION_NAME"],
        "name": [name],
        "organizationName": [issuer],
        "issueYear": [str(issued_at.year)],
        "issueMonth": [str(issued_at.month)],
        "certUrl": ["https://skills.example/verify/" + "0" * 26],
        "certId": ["0" * 26],
    }
    if valid_until is not None:
        expected |= {"expirationYear": [str(valid_until.year)], "expirationMonth": [str(valid_until.month)]}
    assert parse_qs(parts.query) == expected
    assert url.isascii()


@pytest.mark.django_db
def test_the_list_of_certificates_offers_them_while_a_certificate_is_active(
    issue: Callable[..., Certificate], query_budget: Callable
) -> None:
    certificate = issue()
    client = signed_in(certificate.learner.user)
    with query_budget(1):
        (told,) = client.get("/api/v1/me/certificates", headers={"Accept-Language": "ja"}).json()["items"]
    query = parse_qs(urlsplit(told["linkedin_url"]).query)
    assert query["name"] == ["はじめの一歩"]
    assert query["organizationName"] == [certificate.key.issuer.name]
    assert told["credential_url"] == f"{told['url']}/credential"
    path = urlsplit(told["credential_url"]).path
    assert client.get(path).content.decode() == certificate.credential
    status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="x", now=clock.now())
    (told,) = client.get("/api/v1/me/certificates").json()["items"]
    assert told["linkedin_url"] is None
    assert signed_in(make_learner("ID").user).get("/api/v1/me/certificates").json()["items"] == []
