"""What people see: the page, the paper, the list of one's own, the admin."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
from common import clock
from common.languages import canonical
from credentials.certificates import codes, status_changes
from credentials.certificates.errors import NotRevocable
from credentials.certificates.signer import did_document_path, did_of
from credentials.models import Certificate
from credentials.paper import typesetting
from learners.events import MasteryChanged
from privacy.models import AuditEntry
from tests.credentials.certificates.factories import make_achievement, make_entitled, settle, tell
from tests.factories import make_learner, make_user, signed_in

pytestmark = pytest.mark.django_db

LONG = "Phra Chao Worawongse Ther Krommamuen Narathip Praphanphong " * 3


class _Page(HTMLParser):
    """Tags that open and close, attributes, and what a browser would fetch."""

    VOID = frozenset({"meta", "link", "input", "br", "path", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.attributes if name == tag]


def _see(client: Client, path: str, **headers: str):
    return client.get(path, headers={"Accept": "text/html", **headers})


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("th", "ใบรับรองนี้ใช้ได้"),
        ("ja", "この修了証は有効です。"),
        ("zh-Hans", "此证书有效。"),
        ("km", "វិញ្ញាបនបត្រនេះមានសុពលភាព។"),
        ("en-GB", "This certificate is valid."),
        ("xx", "This certificate is valid."),
    ],
)
def test_the_page_speaks_the_visitors_language(issue, client: Client, language: str, sentence: str) -> None:
    certificate = issue(name="สมชาย ใจดี", languages=("th",))
    path = f"/verify/{certificate.public_code}"
    for answer in (_see(client, path, **{"Accept-Language": language}), _see(client, f"{path}?language={language}")):
        html = answer.content.decode()
        assert answer.status_code == 200
        assert sentence in html
        assert "สมชาย ใจดี" in html
        shown = {"en-GB": "en", "xx": "en"}.get(language, language)
        page = _Page(html)
        assert page.of("html") == [{"lang": shown, "dir": "ltr"}]
        assert answer["Content-Language"] == shown
        assert {"Accept", "Accept-Language"} <= set(answer["Vary"].split(", "))
        assert len(answer.content) <= 15_000


def test_thai_readers_see_the_buddhist_year_beside_the_common_one(issue, client: Client) -> None:
    certificate = issue(languages=("th",))
    html = _see(client, f"/verify/{certificate.public_code}?language=th").content.decode()
    year = certificate.valid_from.year
    assert f"พ.ศ. {year + 543} (ค.ศ. {year})" in html
    assert f"พ.ศ. {year + 543}" not in _see(client, f"/verify/{certificate.public_code}?language=ja").content.decode()


def test_the_page_asks_nothing_of_others_and_tells_nobody(issue, client: Client) -> None:
    answer = _see(client, f"/verify/{issue(name='<script>alert(1)</script>').public_code}")
    page = _Page(answer.content.decode())
    assert not page.of("script")
    assert not page.of("img")
    assert not page.of("link")
    assert not [attributes for _, attributes in page.attributes if "style" in attributes or "onclick" in attributes]
    assert all((link["href"] or "").startswith(("/", "?")) for link in page.of("a"))
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", [LONG, "محمد \u200fبن", 'O\'B "x" & <b>', "a" * 200])
def test_any_name_fits_and_stays_text(issue, client: Client, name: str) -> None:
    answer = _see(client, f"/verify/{issue(name=name).public_code}")
    _Page(answer.content.decode())
    assert "<bdi>" in answer.content.decode()
    assert len(answer.content) <= 15_000


def test_every_verdict_has_its_page(issue, client: Client, settings) -> None:
    settings.CREDENTIAL_VALIDITY = timedelta(0)
    expired = issue()
    answer = _see(client, f"/verify/{expired.public_code}")
    assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "expired")
    assert "has expired" in answer.content.decode()
    settings.CREDENTIAL_VALIDITY = timedelta(days=30)
    revoked = issue()
    status_changes.revoke(certificate_id=revoked.pk, actor="test", reason="a mistake of ours", now=clock.now())
    answer = _see(client, f"/verify/{revoked.public_code}")
    assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "revoked")
    assert "was revoked" in answer.content.decode()
    assert "a mistake of ours" not in answer.content.decode()
    assert client.get(f"/verify/{revoked.public_code}/status").json()["verdict"] == "revoked"
    for language, _ in django_settings.LANGUAGES:
        for certificate in (expired, revoked):
            assert _see(client, f"/verify/{certificate.public_code}?language={language}").status_code == 200


def test_an_unknown_code_is_a_page_for_people_and_a_problem_for_machines(issue, client: Client) -> None:
    code = issue().public_code
    others = ["0" * 26, code[1:] + code[0], code[:-1], code + "0", "nobody", "%00", "ü" * 26, "x" * 3000]
    for other in others:
        answer = _see(client, f"/verify/{other}", **{"Accept-Language": "ja"})
        assert answer.status_code == 404, other
        may_be_one = len(other) == 26 and other.isascii()
        said = "このコードの修了証はありません。" if may_be_one else "これは修了証コードではありません。"
        assert said in answer.content.decode()
        for accept in ("application/json", "application/vc", "*/*"):
            problem = client.get(f"/verify/{other}", headers={"Accept": accept})
            assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")
        for part in ("pdf", "status", "credential"):
            assert client.get(f"/verify/{other}/{part}").status_code == 404


def test_machines_get_the_signed_text_byte_for_byte(issue, client: Client) -> None:
    certificate = issue(name="山田 愛子")
    path = f"/verify/{certificate.public_code}"
    for accept in ("application/json", "application/ld+json", "application/vc", "application/vc+ld+json"):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.content.decode() == certificate.credential
        assert answer["Content-Type"] == accept
        assert answer["Certificate-Verdict"] == "valid"
        again = client.get(path, headers={"Accept": accept, "If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(f"{path}/credential", headers={"Accept": accept}).content == answer.content
    status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="x", now=clock.now())
    answer = client.get(path, headers={"Accept": "application/vc", "If-None-Match": answer["ETag"]})
    assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "revoked")
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406


def test_the_form_takes_a_code_as_people_type_it(issue, client: Client) -> None:
    code = issue().public_code
    typed = f" {code[:6]}-{code[6:]} ".upper().replace("0", "O").replace("1", "l")
    answer = client.get("/verify", {"code": typed, "language": "th"})
    assert (answer.status_code, answer["Location"]) == (303, f"/verify/{code}?language=th")
    for wrong in ("", "abc", "u" * 26, '"><script>', "x" * 5000):
        answer = client.get("/verify", {"code": wrong}, headers={"Accept": "text/html"})
        assert answer.status_code == 400
        _Page(answer.content.decode())
        assert "This is not a certificate code." in answer.content.decode()
        problem = client.get("/verify", {"code": wrong})
        assert (problem.status_code, problem["Content-Type"]) == (400, "application/problem+json")
    assert _see(client, "/verify", **{"Accept-Language": "id"}).content.decode().count("Kode sertifikat") == 1


def test_looking_costs_the_same_few_queries(issue, client: Client, query_budget) -> None:
    codes = [issue().public_code for _ in range(3)]
    _see(client, f"/verify/{codes[0]}")
    for code in codes:
        with query_budget(1):
            _see(client, f"/verify/{code}")
        with query_budget(1):
            client.get(f"/verify/{code}", headers={"Accept": "application/vc"})
    with query_budget(2):
        client.get("/issuers/jp/did.json")


def test_the_did_document_is_cacheable(issue, client: Client) -> None:
    issue()
    answer = client.get("/.well-known/did.json")
    assert answer.json()["id"] == "did:web:testserver"
    assert "public" in answer["Cache-Control"]
    assert client.get("/.well-known/did.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize("state", ["JP", "TH"])
def test_who_checks_a_certificate_alone_finds_the_key_that_signed_it(issue, client: Client, state: str) -> None:
    certificate = issue(state=state)
    signed = json.loads(certificate.credential)
    for page in (
        _see(client, f"/verify/{certificate.public_code}"),
        client.post("/verify", {"text": certificate.credential}, headers={"Accept": "text/html"}),
    ):
        paths = [link["href"] for link in _Page(page.content.decode()).of("a") if "did.json" in (link["href"] or "")]
        assert len(paths) == 1
        document = client.get(paths[0]).json()
        assert document["id"] == signed["issuer"]["id"]
        assert signed["proof"][0]["verificationMethod"] in [key["id"] for key in document["verificationMethod"]]


def test_the_address_of_a_did_document_follows_its_did() -> None:
    assert did_document_path(did_of("https://skills.example")) == "/.well-known/did.json"
    assert did_document_path(did_of("http://localhost:8000", "th")) == "/issuers/th/did.json"
    assert did_document_path(did_of("https://x.example/a/b", "jp")) == "/a/b/issuers/jp/did.json"


@pytest.mark.parametrize(
    "name", ["สมชาย ใจดี", "សុខ សុភា", "山田 愛子", "ສົມສະໄໝ", "မောင်မောင်", "முத்துசாமி", "محمد ڤ", "Nguyễn Hồng", LONG]
)
def test_the_paper_holds_every_script(issue, client: Client, name: str) -> None:
    certificate = issue(name=name, languages=("en",))
    answer = client.get(f"/verify/{certificate.public_code}/pdf?language=th")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    reader = PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) == 1
    assert reader.pages[0].mediabox.width > reader.pages[0].mediabox.height
    assert certificate.public_code in reader.pages[0].extract_text()
    assert client.get(f"/verify/{certificate.public_code}/pdf?language=th").content == answer.content


def test_a_letter_no_font_has_stops_the_paper(issue, client: Client) -> None:
    certificate = issue(name="Enkidu \U00012000")
    answer = client.get(f"/verify/{certificate.public_code}/pdf")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "glyph_missing"
    assert answer.json()["character"] == "U+12000"
    assert _see(client, f"/verify/{certificate.public_code}").status_code == 200


def test_the_paper_speaks_every_language(issue, client: Client) -> None:
    certificate = issue(name="Budi Santoso", languages=("id",))
    for language, _ in django_settings.LANGUAGES:
        answer = client.get(f"/verify/{certificate.public_code}/pdf?language={language}")
        assert answer.status_code == 200, language
        # All that a reader can select and copy leads to the certificate.
        copied = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        assert codes.link_in(copied) == ("verify", certificate.public_code), language


def test_without_fonts_of_the_system_the_words_are_english_and_the_name_stays(
    issue, client: Client, monkeypatch
) -> None:
    without = typesetting.Typesetter(with_system_fonts=False)
    monkeypatch.setattr(typesetting, "typesetter", lambda: without)
    path = f"/verify/{issue(name='王秀英', languages=('zh-Hans',)).public_code}/pdf?language=zh-hans"
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Language"]) == (200, "en")
    assert client.get(path.replace("zh-hans", "ja"))["Content-Language"] == "ja"
    assert client.get(f"/verify/{issue(name='𠮷').public_code}/pdf").json()["character"] == "U+20BB7"


def test_a_withdrawn_certificate_is_not_printed(issue, client: Client) -> None:
    certificate = issue()
    status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="x", now=clock.now())
    answer = client.get(f"/verify/{certificate.public_code}/pdf")
    assert (answer.status_code, answer.json()["code"]) == (410, "certificate_withdrawn")


def test_aiko_lists_her_own_certificates_only(issue, query_budget) -> None:
    aiko, budi = issue(name="山田 愛子", languages=("ja",)), issue(name="Budi Santoso")
    listed = signed_in(aiko.learner.user).get("/api/v1/me/certificates", headers={"Accept-Language": "ja"}).json()
    assert [item["id"] for item in listed["items"]] == [str(aiko.pk)]
    assert listed["items"][0]["url"] == f"http://testserver/verify/{aiko.public_code}"
    assert listed["items"][0]["title"] == "はじめの一歩"
    assert listed["next"] is None
    dao = make_learner()
    client = signed_in(dao.user)
    assert client.get("/api/v1/me/certificates").json() == {"items": [], "next": None}
    assert Client().get("/api/v1/me/certificates").status_code == 401
    assert client.get("/api/v1/me/certificates?cursor=x").status_code == 400
    client = signed_in(budi.learner.user)
    with query_budget(1):
        client.get("/api/v1/me/certificates")


def test_the_list_pages_newest_first(achievement, query_budget) -> None:
    for number in range(3):
        make_achievement(achievement.achievement.course, slug=f"further-{number}")
    budi = make_entitled(achievement, name="Budi Santoso")
    tell(MasteryChanged, budi)
    settle()
    client, seen, path = signed_in(budi.user), [], "/api/v1/me/certificates?limit=3"
    while path:
        with query_budget(1):
            answer = client.get(path)
        seen += [item["id"] for item in answer.json()["items"]]
        following = answer.json()["next"]
        path = f"/api/v1/me/certificates?limit=3&cursor={following}" if following else ""
    assert seen == sorted((str(pk) for pk in Certificate.objects.values_list("pk", flat=True)), reverse=True)
    assert len(seen) == 4


def test_revoking_happens_once_and_is_told(issue) -> None:
    from events.models import Event

    certificate = issue()
    status_changes.revoke(certificate_id=certificate.pk, actor="reviewer", reason="issued in error", now=clock.now())
    with pytest.raises(NotRevocable):
        status_changes.revoke(certificate_id=certificate.pk, actor="reviewer", reason="again", now=clock.now())
    certificate.refresh_from_db()
    assert (certificate.status, certificate.status_reason) == ("revoked", "issued in error")
    (event,) = Event.objects.filter(kind="credentials.certificate_status_changed")
    assert event.payload["certificate_id"] == str(certificate.pk)
    entry = AuditEntry.objects.get(action="certificate.revoked")
    assert (entry.actor, entry.subject_id) == ("reviewer", str(certificate.pk))


def _staff(role: str | None, **given) -> Client:
    user: User = make_user(is_staff=True, **given)
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


_CHANGELIST = "/admin/credentials/certificate/"


def _revoke(client: Client, certificate: Certificate, reason: str | None = "issued in error"):
    data = {"action": "revoke", "_selected_action": str(certificate.pk)}
    return client.post(_CHANGELIST, data if reason is None else {**data, "reason": reason})


def test_a_reviewer_revokes_in_the_admin_with_a_reason(issue, settings) -> None:
    settings.STAFF_MFA_REQUIRED = False
    certificate = issue(name="Budi Santoso")
    reviewer = _staff(REVIEWER)
    asked = _revoke(reviewer, certificate, reason=None)
    assert asked.status_code == 200
    assert "Budi Santoso" in asked.content.decode()
    assert _revoke(reviewer, certificate, reason="").status_code == 200
    assert Certificate.objects.get().status == "active"
    assert _revoke(reviewer, certificate).status_code == 302
    assert Certificate.objects.get().status == "revoked"


@pytest.mark.parametrize("role", [STATE_ADMINISTRATOR, TRAINER, None])
def test_others_cannot_revoke_and_nobody_issues_or_deletes(issue, settings, role) -> None:
    settings.STAFF_MFA_REQUIRED = False
    certificate = issue()
    other = _staff(role, member_state_id="JP" if role == STATE_ADMINISTRATOR else None)
    _revoke(other, certificate)
    assert Certificate.objects.get().status == "active"
    reviewer = _staff(REVIEWER)
    for path in (f"{_CHANGELIST}add/", f"{_CHANGELIST}{certificate.pk}/delete/", "/admin/credentials/award/add/"):
        for client in (other, reviewer, _staff(None, is_superuser=True)):
            assert client.get(path).status_code in (302, 403)
            assert client.post(path, {"post": "yes"}).status_code in (302, 403)
    assert Certificate.objects.get().status == "active"


def test_a_state_administrator_sees_the_certificates_of_the_state(issue, settings) -> None:
    settings.STAFF_MFA_REQUIRED = False
    issue(state="JP", name="山田 愛子")
    issue(state="ID", name="Budi Santoso")
    html = _staff(STATE_ADMINISTRATOR, member_state_id="JP").get(_CHANGELIST).content.decode()
    assert "愛子" in html
    assert "Budi" not in html


def test_every_language_is_translated_and_compiled() -> None:
    root = Path(django_settings.BASE_DIR) / "platform" / "credentials"
    texts = set()
    for template in (root / "templates" / "verification").glob("*.html"):
        texts |= set(re.findall(r'translate "([^"]+)"', template.read_text()))
    assert len(texts) > 20
    for language, _ in django_settings.LANGUAGES:
        if language == "en":
            continue
        first, *rest = canonical(language).split("-")
        folder = root / "locale" / "_".join([first, *rest]) / "LC_MESSAGES"
        with (folder / "django.po").open("rb") as po, (folder / "django.mo").open("rb") as mo:
            source, compiled = read_po(po), read_mo(mo)
        assert {m.id: m.string for m in source if m.id} == {m.id: m.string for m in compiled if m.id}, language
        assert not [m.id for m in source if m.id and not m.string]
        assert texts <= {m.id for m in source}, (language, texts - {m.id for m in source})


def test_dates_are_written_as_the_language_writes_them() -> None:
    from credentials.certificates.display import day

    instant = datetime(2026, 11, 23, 23, 59, tzinfo=clock.now().tzinfo)
    assert day(instant, "en") == "23 November 2026"
    assert day(instant, "ja") == "2026年11月23日"
    assert day(instant, "th") == "23 พฤศจิกายน พ.ศ. 2569 (ค.ศ. 2026)"
    assert day(instant, "lo") == "2026-11-23"
