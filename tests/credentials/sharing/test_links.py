"""Aiko sends an employer a link to what she chooses to show; Dao, who has none, learns nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client

from common import clock
from common.ids import new_id
from credentials.certificates import status_changes
from credentials.models import Certificate, Share
from credentials.sharing import rules, selectors, services, tokens
from credentials.sharing.models import ShownField
from learners.events import EditionCompleted
from learners.models import Learner
from privacy.models import AuditEntry
from privacy.public import erasing
from tests.credentials.certificates.factories import make_achievement, settle, supersede, tell
from tests.factories import make_learner, make_user, signed_in

pytestmark = pytest.mark.django_db

ALL = list(ShownField.values)


def _body(*certificates: Certificate, **given: Any) -> dict[str, Any]:
    return {
        "certificates": [str(certificate.pk) for certificate in certificates],
        "shown": ["achievement", "dates"],
        **given,
    }


def _share(certificate: Certificate, *more: Certificate, **given: Any) -> dict[str, Any]:
    client = signed_in(certificate.learner.user)
    answer = client.put(f"/api/v1/me/shares/{new_id()}", _body(certificate, *more, **given), format="json")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def _path(share: dict[str, Any]) -> str:
    base = django_settings.PUBLIC_BASE_URL
    assert share["url"].startswith(f"{base}/shared/")
    return str(share["url"].removeprefix(base))


def _see(path: str, accept: str = "text/html", **headers: str) -> Any:
    return Client().get(path, headers={"Accept": accept, **headers})


def test_an_employer_sees_what_was_chosen_and_nothing_else(issue: Callable[..., Certificate]) -> None:
    certificate = issue(name="山田 愛子", languages=("en",))
    hidden = {
        "name": "山田 愛子",
        "achievement": "First steps",
        "skills": "Recognise AI around you",
        "dates": "<time",
        "issuer": "Issued by",
        "evidence": "scored answers",
    }
    for field in ALL:
        path = _path(_share(certificate, shown=[field]))
        answer = _see(path)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "This certificate is valid." in html
        assert {entry for entry, text in hidden.items() if text in html} == {field}
        assert certificate.public_code not in html
        told = _see(path, "application/json").json()["certificates"]
        assert len(told) == 1
        assert told[0]["verdict"] == "valid"
        members = {
            "dates": {"issued_at", "valid_until"},
            "achievement": {"achievement", "description"},
            "evidence": {"answers", "supervised"},
        }.get(field, {field})
        assert set(told[0]) == {"verdict"} | members


def test_the_page_is_for_the_visitor_alone_and_in_their_language(issue: Callable[..., Certificate]) -> None:
    path = _path(_share(issue(languages=("th",)), shown=ALL))
    for language, _ in django_settings.LANGUAGES:
        answer = _see(path, **{"Accept-Language": language})
        assert answer.status_code == 200
        assert len(answer.content) <= 15_000
    answer = _see(f"{path}?language=th")
    html = answer.content.decode()
    assert "ก้าวแรก" in html
    assert "พ.ศ." in html
    assert "<script" not in html
    assert answer["Content-Language"] == "th"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_several_certificates_stand_in_the_learners_order(issue: Callable[..., Certificate], achievement: Any) -> None:
    first = issue()
    other = make_achievement(
        achievement.achievement.course,
        slug="second-steps",
        texts={"en": {"name": "Second steps", "description": "More.", "criteria": "More."}},
    )
    tell(EditionCompleted, first.learner)
    settle()
    second = Certificate.objects.get(award__version=other)
    for order in ((first, second), (second, first)):
        path = _path(_share(*order, shown=["achievement"]))
        told = _see(f"{path}?language=en", "application/json").json()["certificates"]
        names = {first.pk: "First steps", second.pk: "Second steps"}
        assert [entry["achievement"] for entry in told] == [names[entry.pk] for entry in order]


def test_a_view_is_spent_by_get_and_not_by_head(issue: Callable[..., Certificate]) -> None:
    share = _share(issue(), max_views=2)
    path = _path(share)
    for _ in range(3):
        assert Client().head(path, headers={"Accept": "text/html"}).status_code == 200
    assert Share.objects.get().views == 0
    assert [_see(path).status_code for _ in range(3)] == [200, 200, 404]
    assert _see(path, "application/json").status_code == 404
    assert Client().head(path).status_code == 404
    mine = signed_in(Share.objects.get().learner.user).get("/api/v1/me/shares").json()["items"]
    assert [(row["views"], row["standing"]) for row in mine] == [(2, "used_up")]


def test_dead_links_tell_nothing(issue: Callable[..., Certificate]) -> None:
    certificate = issue()
    revoked, expired, used_up = (_share(certificate, max_views=1) for _ in range(3))
    services.revoke(learner_id=certificate.learner_id, share_id=UUID(revoked["id"]), now=clock.now())
    Share.objects.filter(pk=expired["id"]).update(expires_at=clock.now())
    _see(_path(used_up))
    never = ["/shared/" + "a" * 32, "/shared/nobody", "/shared/%00", "/shared/" + "ü" * 32]
    pages, problems = set(), set()
    for path in [*map(_path, (revoked, expired, used_up)), *never]:
        answer = _see(path)
        assert (answer.status_code, answer["Cache-Control"]) == (404, "private, no-store")
        pages.add(answer.content)
        answer = _see(path, "application/json")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        problem = answer.json()
        del problem["request_id"]
        problems.add(str(problem))
    assert len(pages) == len(problems) == 1
    standings = {entry["id"]: entry["standing"] for entry in _mine(certificate.learner)}
    assert [standings[value["id"]] for value in (revoked, expired, used_up)] == ["revoked", "expired", "used_up"]


def _mine(learner: Learner) -> list[dict[str, Any]]:
    return list(signed_in(learner.user).get("/api/v1/me/shares").json()["items"])


def test_the_verdict_is_of_the_moment(issue: Callable[..., Certificate]) -> None:
    certificate, other = issue(languages=("en",)), issue()
    path = _path(_share(certificate, shown=ALL))
    status_changes.suspend(certificate_id=certificate.pk, actor="test", reason="a doubt", now=clock.now())
    assert "This certificate is suspended." in _see(path).content.decode()
    status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="a mistake of ours", now=clock.now())
    html = _see(path).content.decode()
    assert "This certificate was revoked." in html
    assert "a mistake of ours" not in html
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credentials_certificate DISABLE TRIGGER certificate_is_written_once")
        text = certificate.credential.replace("First steps", "Forged steps")
        cursor.execute("UPDATE credentials_certificate SET credential = %s WHERE id = %s", [text, certificate.pk])
    assert _see(path, "application/json").json()["certificates"] == [{"verdict": "tampered"}]
    assert "not genuine" in _see(path).content.decode()
    with connection.cursor() as cursor:  # a genuine text in the wrong place
        cursor.execute(
            "UPDATE credentials_certificate SET credential = %s WHERE id = %s", [other.credential, certificate.pk]
        )
    assert _see(path, "application/json").json()["certificates"] == [{"verdict": "tampered"}]


def test_making_a_link_again_answers_as_the_first_time(issue: Callable[..., Certificate], query_budget: Any) -> None:
    certificate = issue()
    client, path = signed_in(certificate.learner.user), f"/api/v1/me/shares/{new_id()}"
    body = _body(certificate, shown=["dates", "name", "dates"], days=7)
    first = client.put(path, body, format="json")
    assert first.status_code == 201
    assert first["Cache-Control"] == "private, no-store"
    with query_budget(5):  # with the transaction's two
        again = client.put(path, body, format="json")
    assert (again.status_code, again.json()) == (200, first.json())
    assert first.json()["shown"] == ["name", "dates"]
    for other in ({"days": 8}, {"max_views": 1}, {"shown": ["name"]}):
        answer = client.put(path, {**body, **other}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "share_id_taken")
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 204
    late = client.put(path, body, format="json")
    assert (late.status_code, late.json()["standing"]) == (200, "revoked"), "a late repeat opens nothing"
    assert list(AuditEntry.objects.filter(subject_kind="share").values_list("action", flat=True).order_by("id")) == [
        "share.made",
        "share.revoked",
    ]


def test_what_cannot_be_shared(issue: Callable[..., Certificate]) -> None:
    certificate, someone_elses = issue(), issue()
    client, path = signed_in(certificate.learner.user), f"/api/v1/me/shares/{new_id()}"
    for wrong in (
        {"days": 0},
        {"days": 366},
        {"max_views": 0},
        {"shown": []},
        {"shown": ["birth_year"]},
        {"certificates": []},
        {"certificates": [str(new_id())] * 21},
        {"surprise": 1},
        {"days": True},
    ):
        assert client.put(path, {**_body(certificate), **wrong}, format="json").status_code == 400, wrong
    answer = client.put(path, _body(certificate, someone_elses), format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "certificate_not_yours")
    assert answer.json()["errors"][0]["pointer"] == "/certificates/1"
    assert not Share.objects.exists()


def test_there_is_an_end_to_open_links(issue: Callable[..., Certificate], monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = issue()
    monkeypatch.setattr(rules, "MAX_OPEN", 2)
    first = _share(certificate)
    _share(certificate)
    client = signed_in(certificate.learner.user)
    answer = client.put(f"/api/v1/me/shares/{new_id()}", _body(certificate), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_shares")
    client.delete(f"/api/v1/me/shares/{first['id']}")
    _share(certificate)


def test_outsiders_find_read_and_close_nobody_elses_link(issue: Callable[..., Certificate]) -> None:
    certificate = issue()
    share = _share(certificate)
    budi, dao = make_learner("ID", name="Budi"), make_user()
    for client in (signed_in(budi.user), signed_in(dao)):
        assert client.get("/api/v1/me/shares").json()["items"] == []
        assert client.get(f"/api/v1/me/shares/{share['id']}").status_code == 404
        assert client.delete(f"/api/v1/me/shares/{share['id']}").status_code == 404
    answer = signed_in(budi.user).put(f"/api/v1/me/shares/{new_id()}", _body(certificate), format="json")
    assert answer.status_code == 404
    own = issue(state="ID")
    answer = signed_in(own.learner.user).put(f"/api/v1/me/shares/{share['id']}", _body(own), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "share_id_taken")
    assert signed_in(dao).put(f"/api/v1/me/shares/{new_id()}", _body(certificate), format="json").status_code == 409
    assert Client().get("/api/v1/me/shares").status_code == 401
    assert Share.objects.get().revoked_at is None


def test_the_database_opens_no_link(issue: Callable[..., Certificate], settings: Any) -> None:
    certificate = issue()
    share = _share(certificate)
    token = _path(share).rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials_share::text FROM credentials_share")
        (row,) = cursor.fetchone()
    assert token not in row
    assert token.encode().hex() not in row
    settings.SECRET_KEY, old = "another key " * 4, settings.SECRET_KEY
    assert _mine(certificate.learner)[0]["url"] is None
    assert _see(f"/shared/{token}").status_code == 200, "it works all the same"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert _mine(certificate.learner)[0]["url"] == share["url"]
    assert tokens.token_of(UUID(share["id"]), b"x" * 16) != tokens.token_of(UUID(share["id"]), b"y" * 16)


def test_pages_and_budgets(issue: Callable[..., Certificate], query_budget: Any) -> None:
    certificate = issue()
    shares = [_share(certificate) for _ in range(3)]
    client = signed_in(certificate.learner.user)
    with query_budget(2):
        first = client.get("/api/v1/me/shares", {"limit": 2}).json()
    with query_budget(2):
        rest = client.get("/api/v1/me/shares", {"limit": 2, "cursor": first["next"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == sorted(
        (share["id"] for share in shares), reverse=True
    )
    assert rest["next"] is None
    _see(_path(shares[0]))
    with query_budget(2):
        _see(_path(shares[0]))


def test_links_go_with_their_learner_and_with_their_time(issue: Callable[..., Certificate]) -> None:
    certificate = issue()
    old, other = _share(certificate), _share(certificate)
    now = clock.now()
    Share.objects.filter(pk=old["id"]).update(expires_at=now - services.KEPT_AFTER - timedelta(seconds=1))
    assert services.forget_old(now=now) == 2, "the link and its certificate's place in it"
    path = _path(other)
    learner = certificate.learner
    with erasing(learner.pk):
        learner.user.delete()
    assert not Share.objects.exists()
    assert _see(path).status_code == 404


def test_a_corrected_name_takes_the_place_of_the_old_one(issue: Callable[..., Certificate]) -> None:
    certificate = issue(name="Old Name")
    path = _path(_share(certificate, shown=["name"]))
    supersede(certificate, name="New Name")
    told = _see(path, "application/json").json()["certificates"]
    assert told == [{"verdict": "valid", "name": "New Name"}]


@pytest.mark.django_db(transaction=True)
def test_of_many_visitors_at_once_not_one_too_many_gets_in() -> None:
    learner = make_learner()
    share = Share.objects.create(
        id=new_id(),
        learner=learner,
        token_sha256=tokens.digest_of("a" * 32),
        salt=b"",
        fields=["name"],
        max_views=5,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )

    def visit(look: Callable[[], bool]) -> bool:
        try:
            return look()
        finally:
            connection.close()

    def ours() -> bool:
        return services.open_link(token="a" * 32, now=clock.now(), count_view=True) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(visit, [ours] * 40)) == 5
    share.refresh_from_db()
    assert share.views == 5


@pytest.mark.django_db(transaction=True)
def test_looking_and_then_counting_would_let_one_too_many_in() -> None:
    """The control: the race forced into the naive way, and into ours, between finding the link and counting."""
    learner = make_learner()
    share = Share.objects.create(
        id=new_id(),
        learner=learner,
        token_sha256=tokens.digest_of("a" * 32),
        salt=b"",
        fields=["name"],
        max_views=1,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )

    def in_between() -> bool:
        try:
            return services.open_link(token="a" * 32, now=clock.now(), count_view=True) is not None
        finally:
            connection.close()

    let_in = []
    with transaction.atomic():
        found = services.open_link(token="a" * 32, now=clock.now(), count_view=False)
        with ThreadPoolExecutor(1) as pool:
            let_in.append(pool.submit(in_between).result())
        let_in.append(found is not None)  # and would count now
    assert let_in == [True, True], "the naive way lets two in where one may"
    Share.objects.filter(pk=share.pk).update(views=0)
    let_in = []
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            let_in.append(services.open_link(token="a" * 32, now=clock.now(), count_view=True) is not None)
            waiting = pool.submit(in_between)
        let_in.append(waiting.result())
    assert let_in == [True, False]


def test_seen_asks_once_whatever_the_number(issue: Callable[..., Certificate], query_budget: Any) -> None:
    share = _share(issue())
    with query_budget(1):
        assert (
            len(selectors.visible_certificates(share_id=UUID(share["id"]), fields=ALL, language="en", now=clock.now()))
            == 1
        )


def _language_links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(\?language=[^"]+)"', html)]


def test_the_pages_own_language_links_spend_no_view(issue: Callable[..., Certificate], settings: Any) -> None:
    share = _share(issue(), max_views=1)
    path = _path(share)
    first = _see(path)
    links = _language_links(first.content.decode())
    assert len(links) == len(django_settings.LANGUAGES) - 1
    for link in links:
        answer = _see(path + link)
        assert answer.status_code == 200, "the only view is spent, and its visitor still changes the language"
        assert len(answer.content) <= 15_000
        # A chain of them is no way to look for ever: they carry the first view's mark on.
        assert {entry.partition("seen=")[2] for entry in _language_links(answer.content.decode())} == {
            link.partition("seen=")[2]
        }
    assert Share.objects.get().views == 1
    assert _see(path).status_code == 404
    settings.SECRET_KEY, old = "another key " * 5, settings.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = []
    assert _see(path + links[0]).status_code == 404, "nobody but us makes a mark"
    settings.SECRET_KEY = old
    assert _see(path + links[0]).status_code == 200
    # It opens nothing that is closed, no other link, and not for ever.
    other = _share(Certificate.objects.get(), max_views=1)
    _see(_path(other))
    assert _see(_path(other) + links[0]).status_code == 404
    with mock.patch("django.core.signing.time.time", return_value=time.time() + 601):
        assert _see(path + links[0]).status_code == 404
    services.revoke(learner_id=Certificate.objects.get().learner_id, share_id=UUID(share["id"]), now=clock.now())
    assert _see(path + links[0]).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Purpose": "prefetch;anonymous-client-ip"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "prefetch"},
        {"User-Agent": "WhatsApp/2.23.20.0"},
        {"User-Agent": "facebookexternalhit/1.1;line-poker/1.0"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"User-Agent": "Mozilla/5.0 (compatible; LinkedInBot/1.0)"},
    ],
)
def test_what_nobody_looks_at_spends_no_view(issue: Callable[..., Certificate], headers: dict[str, str]) -> None:
    path = _path(_share(issue(name="Aiko"), shown=["name"], max_views=1))
    for accept in ("text/html", "application/json"):
        ahead = _see(path, accept, **headers)
        assert (ahead.status_code, ahead.json()["code"]) == (503, "fetched_ahead")
        assert "Aiko" not in ahead.content.decode()
    assert Share.objects.get().views == 0
    # A person with a messenger's own browser looks, and is counted.
    in_app = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Safari Line/13.1.0"
    assert "Aiko" in _see(path, **{"User-Agent": in_app}).content.decode()
    assert Share.objects.get().views == 1


def test_a_link_is_opened_as_people_write_it(issue: Callable[..., Certificate]) -> None:
    path = _path(_share(issue(), shown=["dates"]))
    token = path.removeprefix("/shared/")
    ways = [
        f"/shared/{token.upper()}",
        f"/SHARED/{token.upper()}",
        f"/Shared/{token}",
        f"/shared/{token}.",
        f"/shared/{token}/",
        f"/shared/{token}。",
        f"/shared/{token})",
        f"/shared/%20{token}%20",
        f"/shared/“{token}”",
        f"/shared/{token}%E2%80%8B",
    ]
    assert [_see(way).status_code for way in ways] == [200] * len(ways)
    assert Share.objects.get().views == len(ways)
    for other in (token[:-1], token + "a", "/shared/" + token[::-1]):
        assert _see(f"/shared/{other}").status_code == 404
