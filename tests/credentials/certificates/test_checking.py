"""An employer, an agency and a passer-by with a scanned code come to /verify; Dao comes with a forgery."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openbadgeslib.baking import ITXT_KEYWORD_OB3, SVG_ELEMENT_OB3, SVG_NS_OB3, bake_png, bake_svg

from common import clock
from credentials.api import checking
from credentials.certificates import compact, rules, status_changes
from credentials.models import Certificate, StatusList
from tests.credentials.certificates.factories import supersede
from tests.credentials.certificates.test_extraction import PNG, SVG, paper_with
from tests.credentials.certificates.test_judging import jwt_of
from tests.credentials.certificates.test_pages import _Page

pytestmark = pytest.mark.django_db

SENTENCES = {
    "valid": "This certificate is valid.",
    "expired": "This certificate has expired.",
    "suspended": "This certificate is suspended.",
    "superseded": "This certificate was replaced.",
    "revoked": "This certificate was revoked.",
    "tampered": "This certificate is not genuine.",
    "unknown": "This certificate is not known.",
    "unknown_issuer": "Another issuer made this certificate.",
}


def hand_in(client: Client, *, language: str = "en", **form: Any):
    return client.post(f"/verify?language={language}", form, headers={"Accept": "text/html"})


def ask(client: Client, body: Any):
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/verify", content, content_type="application/json")


def test_every_carrier_of_a_certificate_is_read(issue, client: Client, query_budget) -> None:
    certificate = issue(name="สมชาย ใจดี", languages=("th",))
    text, before = certificate.credential, Certificate.objects.count()
    carriers = {
        "c.json": text.encode(),
        "c.jwt": jwt_of(text).encode(),
        "c.pdf": paper_with(text),
        "c.png": bake_png(PNG, text, keyword=ITXT_KEYWORD_OB3),
        "c.svg": bake_svg(SVG, text, element=SVG_ELEMENT_OB3, namespace=SVG_NS_OB3, as_text=True),
        "jwt.png": bake_png(PNG, jwt_of(text), keyword=ITXT_KEYWORD_OB3),
        "qr.txt": compact.address(bytes(certificate.compact), "http://testserver").encode(),
    }
    answers = [hand_in(client, file=SimpleUploadedFile(name, content)) for name, content in carriers.items()]
    answers.append(hand_in(client, text=f"\n {text}\n"))
    for answer in answers:
        html = answer.content.decode()
        assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "valid")
        assert SENTENCES["valid"] in html
        assert "สมชาย ใจดี" in html
        assert f"/verify/{certificate.public_code}/pdf" in html
        assert answer["Cache-Control"] == "private, no-cache"
        assert "Set-Cookie" not in answer.headers
        assert len(gzip.compress(answer.content)) <= 15_000
        assert not _Page(html).of("script")
    assert Certificate.objects.count() == before
    answer = hand_in(client, text=certificate.public_code.upper())
    assert (answer.status_code, answer["Location"]) == (303, f"/verify/{certificate.public_code}?language=en")


def test_every_verdict_has_its_words_in_every_language(issue, client: Client) -> None:
    certificate = issue(name="Budi Santoso")
    stranger = json.dumps({"issuer": "did:web:diplomas.example", "proof": [], "id": "urn:x"})
    seen = {"unknown_issuer": hand_in(client, text=stranger)}
    seen["tampered"] = hand_in(client, text=certificate.credential.replace("Budi", "Dao"))
    assert "Dao" not in seen["tampered"].content.decode()
    for status in ("suspended", "active", "superseded"):
        if status == "superseded":
            supersede(certificate, name="Citra Santoso")
        else:
            Certificate.objects.filter(pk=certificate.pk).update(status=status, status_changed_at=clock.now())
        word = "valid" if status == "active" else status
        seen[word] = hand_in(client, text=certificate.credential)
        page = client.get(f"/verify/{certificate.public_code}?language=en", headers={"Accept": "text/html"})
        assert page["Certificate-Verdict"] == word
        assert SENTENCES[word] in page.content.decode()
    revoked = issue()
    status_changes.revoke(certificate_id=revoked.pk, actor="test", reason="a mistake of ours", now=clock.now())
    seen["revoked"] = hand_in(client, text=revoked.credential)
    for verdict, answer in seen.items():
        assert (answer.status_code, answer["Certificate-Verdict"]) == (200, verdict)
        assert SENTENCES[verdict] in answer.content.decode()
        # Not by colour alone: a sign stands before the words.
        sign = {"valid": "✓", "tampered": "✗", "revoked": "✗", "unknown_issuer": "?"}.get(verdict, "!")
        assert f"{sign} {SENTENCES[verdict]}" in answer.content.decode()
        assert "a mistake of ours" not in answer.content.decode()
    for language, _ in django_settings.LANGUAGES:
        answer = hand_in(client, text=certificate.credential, language=language)
        _Page(answer.content.decode())
        assert len(gzip.compress(answer.content)) <= 15_000


def test_who_holds_the_old_certificate_is_not_led_to_the_new_name(issue, client: Client) -> None:
    old = issue(name="Budi Santoso")
    new = supersede(old, name="Citra Santoso")
    page = client.get(f"/verify/{old.public_code}?language=en", headers={"Accept": "text/html"}).content.decode()
    assert "Ask its holder" in page
    assert "Citra" not in page
    assert new.public_code not in page


def test_the_page_says_when_others_may_see_another_status(issue, client: Client) -> None:
    certificate = issue()
    path = f"/verify/{certificate.public_code}?language=th"
    published = clock.now() - timedelta(days=3)
    StatusList.objects.update(published_at=published)
    html = client.get(path, headers={"Accept": "text/html"}).content.decode()
    assert f"พ.ศ. {published.year + 543}" in html
    # The code may hold these letters as well.
    in_english = path.replace("language=th", "language=en")
    english = client.get(in_english, headers={"Accept": "text/html"}).content.decode()
    assert "the published lists are of" in english
    assert "Checked on" in english
    StatusList.objects.update(published_at=clock.now())
    assert (
        "published lists"
        not in client.get(path.replace("language=th", "language=en"), headers={"Accept": "text/html"}).content.decode()
    )


def test_lists_are_stale_when_a_change_is_not_in_them() -> None:
    now = clock.now()
    hour = timedelta(hours=1)
    assert not rules.lists_are_stale(None, changed_at=None, now=now)
    assert not rules.lists_are_stale(now - hour, changed_at=None, now=now)
    assert not rules.lists_are_stale(now - hour, changed_at=now - 2 * hour, now=now)
    assert not rules.lists_are_stale(now - hour, changed_at=now, now=now)
    assert rules.lists_are_stale(now - 2 * hour, changed_at=now - hour, now=now)
    assert rules.lists_are_stale(now - 25 * hour, changed_at=None, now=now)
    assert rules.lists_are_stale(None, changed_at=now - hour, now=now)


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({}, 400, "Choose a file, or paste its text."),
        ({"text": " \n"}, 400, "Choose a file, or paste its text."),
        ({"file": SimpleUploadedFile("x.pdf", b"")}, 400, "This file is empty."),
        ({"text": "hello"}, 400, "cannot be read"),
        ({"text": "[]"}, 400, "cannot be read"),
        ({"file": SimpleUploadedFile("x.bin", b"\xff\xfe\xfd")}, 400, "cannot be read"),
        ({"file": SimpleUploadedFile("x.bin", b"x" * 1_200_000)}, 413, "too large"),
        ({"text": "x" * 1_200_000}, 413, "too large"),
    ],
)
def test_what_cannot_be_read_is_said_on_a_page(
    achievement, client: Client, form: Any, status: int, sentence: str
) -> None:
    answer = hand_in(client, **form)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    _Page(answer.content.decode())


def test_an_agency_checks_a_list_and_one_bad_entry_spoils_no_other(issue, client: Client) -> None:
    certificate, other = issue(name="Budi Santoso"), issue(name="Citra Reyes")
    status_changes.revoke(certificate_id=other.pk, actor="test", reason="x", now=clock.now())
    doubled = '{"id": "a", "id": "b", "issuer": "x", "proof": []}'
    genuine = certificate.credential
    entries = [
        json.dumps(genuine),
        genuine,
        json.dumps(other.credential),
        '"hello"',
        "7",
        "null",
        doubled,
        genuine.replace("Budi", "Dao"),
        json.dumps(jwt_of(genuine)),
        '{"issuer": "did:web:x", "proof": []}',
    ]
    answer = ask(client, f'{{"credentials": [{", ".join(entries)}]}}')
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    items = answer.json()["items"]
    assert [item["index"] for item in items] == list(range(10))
    assert [item["verdict"] for item in items] == [
        "valid",
        "valid",
        "revoked",
        "unknown",
        "unknown",
        "unknown",
        "unknown",
        "tampered",
        "valid",
        "unknown_issuer",
    ]
    assert items[0] == {
        "index": 0,
        "verdict": "valid",
        "id": f"http://testserver/verify/{certificate.public_code}",
        "name": "Budi Santoso",
        "achievement": json.loads(genuine)["name"],
        "issuer": json.loads(genuine)["issuer"]["name"],
        "valid_until": json.loads(genuine)["validUntil"],
        "checked_at": items[0]["checked_at"],
        "status_as_of": items[0]["checked_at"],
    }
    assert items[2]["name"] == "Citra Reyes"
    assert items[6]["why"] == "not_a_credential"
    assert set(items[7]) == {"index", "verdict", "why", "checked_at", "status_as_of"}
    assert "Dao" not in answer.content.decode()


def test_a_thousand_in_one_request(issue, client: Client, query_budget, monkeypatch) -> None:
    texts = [issue(name=f"Budi {number}").credential for number in range(3)]
    monkeypatch.setattr(checking.accounts, "seconds_to_wait", lambda request, action: 0)
    ask(client, {"credentials": texts})
    body = json.dumps({"credentials": (texts * 334)[:1000]})
    assert len(body) > django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    with query_budget(1):
        items = ask(client, body).json()["items"]
    assert (len(items), {item["verdict"] for item in items}) == (1000, {"valid"})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"credentials": [""] * 1001}, 422, "too_many_credentials"),
        (b'{"credentials": ["' + b"x" * checking.MAX_BYTES + b'"]}', 413, "credentials_too_large"),
        ({"credentials": "x"}, 400, "invalid_input"),
        ({"credentials": [], "more": 1}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
        ("{", 400, "malformed"),
        ("", 400, "invalid_input"),
        ('{"credentials": [' + "[" * 100_000, 400, "malformed"),
    ],
    ids=range(8),
)
def test_too_many_too_large_and_malformed_are_problems(
    achievement, client: Client, body: Any, status: int, code: str
) -> None:
    answer = ask(client, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code


def test_a_credential_with_words_around_it_is_read(issue, client: Client, settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "verify": ""}
    genuine, other = issue(name="Budi “Bu” Santoso").credential, issue(name="Citra Reyes").credential
    plain = issue(name="Dewi").credential
    pretty = json.dumps(json.loads(plain), indent=2, ensure_ascii=False)
    ways = [
        f"```json\n{genuine}\n```",
        f"Dear Ms Sato {{HR}},\n\nhere it is: {genuine}\n\nKind regards, Budi",
        f"```\n{jwt_of(genuine)}\n```",
        f"[{genuine}]",
        json.dumps({"credentials": [json.loads(plain)]}),
        f"{genuine}\n{genuine}",
        plain.replace('"', "”"),
        pretty.replace('"id"', "“id”").replace('"name"', "“name”").replace("  ", "\u00a0 "),
        "".join(f"> {line}\n" for line in pretty.splitlines()),
    ]
    for way in ways:
        for form in ({"text": way}, {"file": SimpleUploadedFile("mail.txt", way.encode())}):
            answer = hand_in(client, **form)
            assert (answer.status_code, answer.get("Certificate-Verdict")) == (200, "valid"), way
    forged = hand_in(client, text=f"See: {genuine.replace('Budi', 'Dao')}")
    assert forged["Certificate-Verdict"] == "tampered"
    two = hand_in(client, text=f"{genuine}\n{other}")
    assert two.status_code == 400
    assert "There are two certificates here: check one at a time." in two.content.decode()
    assert "www.w3.org" not in hand_in(client, text=f"broken {genuine[:-2]}").content.decode()


@pytest.mark.parametrize(
    "copy",
    [
        PNG,
        SVG,
        paper_with(),
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"PK\3\4\x14\0",
        b"<!DOCTYPE html><html><title>Certificate</title><p>Budi Santoso</p></html>",
    ],
    ids=["png", "svg", "pdf", "jpeg", "gif", "webp", "heic", "docx", "html"],
)
def test_a_copy_without_the_signed_data_is_not_called_a_forgery(client: Client, copy: bytes, db: Any) -> None:
    answer = hand_in(client, file=SimpleUploadedFile("copy", copy))
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "This copy does not carry the signed data." in html
    assert "That does not mean that it is forged. Type the code or the link that is on it." in html
    assert "cannot be read" not in html
    for language, _ in django_settings.LANGUAGES:
        translated = hand_in(client, file=SimpleUploadedFile("copy", copy), language=language).content.decode()
        assert ("This copy does not" in translated) == (language == "en")


def test_a_saved_page_and_a_saved_link_lead_on(issue, client: Client) -> None:
    code = issue(name="Budi Santoso").public_code
    page = client.get(f"/verify/{code}", headers={"Accept": "text/html"}).content.decode()
    address = f"http://testserver/verify/{code}"
    copies = [
        page,
        page.replace('href="/', 'href="http://testserver/'),
        f"<!-- saved from url=(0057){address} -->\n<html><body>Certificate</body></html>",
        f"<html><body><p>Certificate code</p><code>{code.upper()}</code></body></html>",
        f"[InternetShortcut]\r\nURL={address}\r\n",
        f"[Desktop Entry]\nType=Link\nURL={address}\n",
        f'<?xml version="1.0"?><!DOCTYPE plist PUBLIC "x" "y"><plist><key>URL</key><string>{address}</string></plist>',
        f"Certificate of Budi Santoso, 2026\nCertificate code {code}\n",
    ]
    for copy in copies:
        answer = hand_in(client, file=SimpleUploadedFile("copy", copy.encode()))
        assert (answer.status_code, answer.get("Location")) == (303, f"/verify/{code}?language=en"), copy
    elsewhere = f"[InternetShortcut]\r\nURL=https://www.credly.com/badges/{code}\r\n"
    answer = hand_in(client, file=SimpleUploadedFile("badge.url", elsewhere.encode()))
    assert (answer.status_code, "another site: www.credly.com" in answer.content.decode()) == (400, True)


def test_what_no_scanner_reads_is_said_to_be_unreadable(issue, client: Client) -> None:
    path = compact.address(bytes(issue().compact), "http://testserver").removeprefix("HTTP://TESTSERVER")
    for wrong in ("/verify/q/hello", "/VERIFY/Q/ABCDEF", path[:-20], path[:60], "/verify/q/" + "%F0%9F%98%80"):
        page = client.get(wrong, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert page.status_code == 404, wrong
        assert "This QR code cannot be read." in page.content.decode()
        assert "is not known" not in page.content.decode()
        problem = client.get(wrong, headers={"Accept": "application/json"})
        assert (problem.status_code, problem.json()["code"]) == (404, "not_a_compact_certificate")


def test_what_was_typed_stays_in_the_field_and_in_the_other_languages(issue, client: Client) -> None:
    code = issue().public_code
    unknown = code[1:] + code[0]
    for path in (f"/verify?code={code[:-1]}&language=en", f"/verify/{unknown}?language=en"):
        page = _Page(client.get(path, headers={"Accept": "text/html"}).content.decode())
        typed = code[:-1] if "?code=" in path else unknown
        assert [field["value"] for field in page.of("input") if field.get("name") == "code"] == [typed]
        assert f"?language=th&code={typed}" in [link["href"] for link in page.of("a")]
    page = hand_in(client, text=f"Certificate code {code[:-1]}").content.decode()
    assert f">Certificate code {code[:-1]}</textarea>" in page
    assert "A code has 26 letters and digits. This has: 25" in page


def test_an_agency_is_told_what_to_send(issue, client: Client) -> None:
    certificate = issue()
    for body in (
        {},
        [],
        {"code": certificate.public_code},
        certificate.credential,
        [certificate.credential],
        "7",
        "null",
    ):
        answer = ask(client, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), body
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "/credentials"
        assert "a list of certificates, each as its text or as a JSON object" in error["detail"]
    more = ask(client, {"credentials": [], "a/b": 1, "code": 2}).json()["errors"]
    assert [(error["pointer"], error["detail"]) for error in more] == [
        ("/a~1b", "Nothing of this name is expected here."),
        ("/code", "Nothing of this name is expected here."),
    ]
    large = ask(client, b'{"credentials": ["' + b"x" * checking.MAX_BYTES + b'"]}')
    assert (large.status_code, large.json()["detail"]) == (413, "At most 16 MB.")


def test_the_name_of_a_file_behind_a_code_leads_to_that_file(issue, client: Client) -> None:
    certificate = issue()
    code = certificate.public_code
    for ending, part in (
        ("pdf", "pdf"),
        ("PDF", "pdf"),
        ("json", "credential"),
        ("png", "badge.png"),
        ("svg", "badge.svg"),
    ):
        answer = client.get(f"/verify/{code}.{ending}")
        assert (answer.status_code, answer["Content-Location"]) == (200, f"/verify/{code}/{part}")
    assert client.get(f"/verify/{code}.json").content.decode() == certificate.credential
    assert client.get(f"/verify/{code[:-1]}.pdf").json()["code"] == "not_a_certificate_code"
    page = client.get("/verify", {"code": f"http://testserver/verify/{code}.pdf", "language": "en"})
    assert page["Location"] == f"/verify/{code}?language=en"


def test_only_so_many_checks_a_minute(issue, client: Client, settings) -> None:
    text = issue().credential
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "verify": "2/m/ip", "verify_many": "1/m/ip"}
    assert [hand_in(client, text=text).status_code for _ in range(3)] == [200, 200, 429]
    page = hand_in(client, text=text)
    assert f"try again in {page['Retry-After']} s." in page.content.decode()
    assert ask(client, {"credentials": [text]}).status_code == 200
    answer = ask(client, {"credentials": [text]})
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "throttled", "60")
    assert answer.json()["detail"] == "Try again in 60 s."


def test_a_scanned_code_opens_its_verdict(issue, client: Client, query_budget) -> None:
    certificate = issue(name="山田 愛子")
    address = compact.address(bytes(certificate.compact), "http://testserver")
    path = address.removeprefix("HTTP://TESTSERVER")
    assert path.startswith("/VERIFY/Q/")
    for way in (path, path.lower()):
        answer = client.get(way, headers={"Accept": "text/html"})
        assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "valid")
        assert "山田 愛子" in answer.content.decode()
    assert client.get(path, headers={"Accept": "application/json"}).json()["verdict"] == "valid"
    forged = client.get(path[:-3] + ("AAA" if path[-3:] != "AAA" else "BBB"), headers={"Accept": "text/html"})
    assert forged["Certificate-Verdict"] in ("tampered", "unknown")
    assert "山田" not in forged.content.decode()
    status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="x", now=clock.now())
    with query_budget(2):
        answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.json()["verdict"] == "revoked"
