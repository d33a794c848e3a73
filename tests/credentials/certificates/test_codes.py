"""An employer types, copies and pastes a certificate's code the way people do; Dao guesses."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from common.ids import public_code
from credentials.certificates import codes, compact
from credentials.certificates.codes import CODE, NotACode
from credentials.models import Certificate
from tests.factories import make_user, signed_in

CODE_OF_TESTS = "01h8xk2m7qz9vw3t4r5y6p0nab"
PLAIN = "0123456789abcdefghijklmnopqrstuvwxyz"
FULL_WIDTH = str.maketrans(PLAIN, "".join(chr(ord(letter) + 0xFEE0) for letter in PLAIN))
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
BURMESE = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")


def in_groups(code: str, between: str, size: int = 5) -> str:
    return between.join(code[at : at + size] for at in range(0, len(code), size))


def ways_to_write(code: str) -> list[str]:
    """The code as phones, papers, mails and tired people have it; without a slash in it."""
    dashes = ["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\u30fc", "\uff0d", "\u00ad", "_"]
    spaces = [" ", "\u00a0", "\u3000", "\u2009", "\u200b", "\u200d", "\ufeff", "\u2060", "\t"]
    behind = [".", ",", ")", "”", "。", "．", "」", "။", "។", "!", "?", ";", " ", "\n", "\u200b", "\u3002\u201d"]
    return [
        code,
        code.upper(),
        code.capitalize(),
        code.translate(FULL_WIDTH),
        "".join(chr(ord(letter) + 0xFEE0) for letter in code.upper()),
        code.translate(THAI),
        code.translate(BURMESE),
        code.replace("0", "O").replace("1", "I"),
        code.replace("0", "o").replace("1", "l"),
        code.replace("1", "ı"),
        *(in_groups(code.upper(), dash) for dash in dashes),
        *(in_groups(code, space, 4) for space in spaces),
        *(code + end for end in behind),
        f"“{code}”",
        f"„{code}“",
        f"「{code}」",
        f'"{code}"',
        f"({code})",
        f"<{code}>",
        f"**{code}**",
        f"\u202a{code}\u202c",
        quote(in_groups(code, " ")),
        quote(quote(in_groups(code, "\u2013"))),
    ]


def links_to(code: str, base: str = "http://testserver") -> list[str]:
    host = base.partition("://")[2]
    return [
        f"{base}/verify/{code}",
        f"{base}/verify/{code.upper()}/",
        f"{base.upper()}/VERIFY/{code.upper()}",
        f"{base}/verify/{code}?language=th&utm_source=mail#top",
        f"{base}/verify/{code}/pdf?language=th",
        f"{base}/verify/{code}/badge.png",
        f"{base}/verify?code={code}&language=th",
        f"{base}/verify/?language=th&code={code}",
        f"{host}/verify/{code}.",
        f"/verify/{code}",
        f"<{base}/verify/{code}>",
        f"See my certificate: {base}/verify/{code}. Thank you!",
        quote(f"{base}/verify/{code}", safe=""),
        f"https://www.google.com/url?q={quote(f'{base}/verify/{code}', safe='')}&sa=D",
    ]


@pytest.mark.parametrize("written", ways_to_write(CODE_OF_TESTS))
def test_a_code_is_read_as_it_is_written(written: str) -> None:
    assert codes.read_code(written) == CODE_OF_TESTS


@pytest.mark.parametrize(
    "written",
    [
        "Certificate code: {}",
        "Kode sertifikat： {}",
        "รหัสใบรับรอง {}".replace(" ", "\n"),
        "修了証コード\n{}\n",
        "Awarded to\nSom Chai\nCertificate code\n{}",
        "Certificate code {}",
        "My code is {}",
        "รหัสใบรับรอง {}",
        "修了証コード{}です",
        "证书代码{}",
        "Awarded to Som Chai\nIssued on 3 May 2026\nCertificate code {}\nValid until 3 May 2029",
        "{} Som Chai, 2026",
    ],
)
def test_the_label_beside_a_code_may_be_copied_too(written: str) -> None:
    assert codes.read_code(written.format(in_groups(CODE_OF_TESTS.upper(), " "))) == CODE_OF_TESTS


@pytest.mark.parametrize("at", range(1, 26))
@pytest.mark.parametrize(
    "text", ["Certificate code {}", "Kode {}", "{}", "Code: {}\nValid until 3 May 2029", "รหัสใบรับรอง {}"]
)
def test_a_code_that_a_line_end_or_a_space_parts_is_one(text: str, at: int) -> None:
    for between in ("\n", " ", "\r\n"):
        parted = CODE_OF_TESTS[:at] + between + CODE_OF_TESTS[at:]
        assert codes.read_code(text.format(parted)) == CODE_OF_TESTS
        link = codes.links_in(text.format(f"https://ours.example/verify/{parted}"), is_ours=lambda host: True)
        assert link == codes.Link("verify", CODE_OF_TESTS)
    assert codes.read_code(text.format(f"{CODE_OF_TESTS}\n{CODE_OF_TESTS.upper()}")) == CODE_OF_TESTS


@pytest.mark.parametrize(
    "way", [str, str.upper, lambda code: in_groups(code, "-"), lambda code: in_groups(code, " ", 4)]
)
@pytest.mark.parametrize(
    "text", ["{}\n{}", "{}, {}", "Code {}\nName: Citra\nCode {}", "http://testserver/verify/{} and {}"]
)
def test_two_certificates_in_one_text_are_told_and_none_is_taken(text: str, way: Any) -> None:
    other = "b1pd7k2m7qz9vw3t4r5y6p0nab"
    with pytest.raises(NotACode) as caught:
        codes.link_in(text.format(way(CODE_OF_TESTS), way(other)))
    assert caught.value.several


@pytest.mark.parametrize(
    ("written", "host", "own"),
    [
        ("https://www.credly.com/badges/0a1b2c3d-1111-2222-3333-444455556666", "www.credly.com", False),
        (f"www.evil.example/{CODE_OF_TESTS}", "www.evil.example", False),
        (f"My badge: https://evil.example/b?code={CODE_OF_TESTS}.", "evil.example", False),
        (f"https://evil.example/verify/{CODE_OF_TESTS}", "evil.example", False),
        ("http://testserver", "", True),
        ("http://testserver/", "", True),
        ("http://testserver/verify/", "", True),
        ("http://testserver/verify?language=th", "", True),
        ("/verify/", "", True),
    ],
)
def test_a_link_without_a_code_of_ours_is_named_for_what_it_is(written: str, host: str, own: bool) -> None:
    with pytest.raises(NotACode) as caught:
        codes.link_in(written)
    assert (caught.value.host, caught.value.own, caught.value.count) == (host, own, 0)


@pytest.mark.parametrize(
    "words",
    [
        "2026-11-30 Budi Santoso 081234567890 Jakarta",
        "The Certificate Programme2026xy",
        "Issued 3 May 2026 in Bangkok, valid until 3 May 2029",
        "2026 11 30 2029 11 30 1234 5678",
        # The date of issue on Portuguese paper.
        "Budi Santoso\nEmitido em 1 de dezembro de 2026",
    ],
)
def test_words_and_numbers_that_have_26_letters_by_chance_are_no_code(words: str) -> None:
    with pytest.raises(NotACode):
        codes.link_in(words)
    assert codes.link_in(f"{words}\nCertificate code {CODE_OF_TESTS}").part == CODE_OF_TESTS
    assert codes.link_in(f"No.{CODE_OF_TESTS}\n{words}").part == CODE_OF_TESTS


@pytest.mark.parametrize(
    "beside", ["http://testserver/", "https://www.example.org/about", "https://evil.example/verify/x"]
)
def test_what_is_wrong_is_told_of_a_code_beside_a_link(beside: str) -> None:
    with pytest.raises(NotACode) as caught:
        codes.link_in(f"{beside} {CODE_OF_TESTS[:-1]}")
    assert (caught.value.count, caught.value.host, caught.value.own) == (25, "", False)


@pytest.mark.parametrize("name", ["{}.pdf", "certificate-{}.pdf", "{}.JSON", "http://testserver/verify/{}.png"])
def test_the_name_of_a_certificates_file_holds_its_code(name: str) -> None:
    assert codes.link_in(name.format(CODE_OF_TESTS)) == codes.Link("verify", CODE_OF_TESTS)


@pytest.mark.parametrize(
    ("written", "count", "stranger"),
    [
        ("", 0, ""),
        ("abc", 3, ""),
        (CODE_OF_TESTS[:-1], 25, ""),
        (CODE_OF_TESTS + "0", 27, ""),
        (CODE_OF_TESTS * 2, 52, ""),
        (CODE_OF_TESTS[:-1] + "u", 26, "u"),
        (CODE_OF_TESTS[:-1] + "ก", 26, "ก"),
        (CODE_OF_TESTS[:13] + "." + CODE_OF_TESTS[13:] + "!", 26, "."),
        (f"Certificate code {CODE_OF_TESTS[:-1]}", 25, ""),
        (f"รหัสใบรับรอง{CODE_OF_TESTS[:-1]}", 25, ""),
        (f"Kode sertifikat: {CODE_OF_TESTS}0", 27, ""),
        (f"Code {in_groups(CODE_OF_TESTS[:-1], '-')}", 25, ""),
        (f"Certificate code {CODE_OF_TESTS[:13]} {CODE_OF_TESTS[13:-1]}", 25, ""),
        (f"Certificate code {CODE_OF_TESTS[:-1]}u", 26, "u"),
        ("x" * 100_000, 4096, ""),
    ],
)
def test_what_is_no_code_is_said_to_be_none(written: str, count: int, stranger: str) -> None:
    with pytest.raises(NotACode) as caught:
        codes.read_code(written)
    assert (caught.value.count, caught.value.stranger) == (count, stranger)


@given(st.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26), st.randoms())
def test_reading_is_idempotent_and_loses_no_letter(code: str, draw: Any) -> None:
    assert CODE.fullmatch(code)
    assert codes.read_code(code) == code
    written = draw.choice(ways_to_write(code))
    assert codes.read_code(written) == code
    assert codes.read_code(codes.read_code(written)) == code


@given(st.text(max_size=200))
def test_any_text_is_a_code_or_is_none(text: str) -> None:
    with suppress(NotACode):
        assert CODE.fullmatch(codes.read_code(text))
    with suppress(NotACode):
        link = codes.links_in(text + "/verify/" + text, is_ours=lambda host: False)
        assert link is None or link.part
    assert len(codes.read_token(text) or "a" * 32) == 32


def _see(path: str, accept: str = "text/html") -> Any:
    return Client().get(path, headers={"Accept": accept, "Accept-Language": "en"})


@pytest.mark.parametrize("text", ["http://a/", "a1 ", "abcd ", "/verify/", "a.", "a\n", "%2520", "https://x.y/verify "])
def test_a_text_that_is_built_to_be_slow_is_read_fast(text: str) -> None:
    begins = time.process_time()
    with suppress(NotACode):
        codes.link_in(text * 4096)
    assert time.process_time() - begins < 1


@pytest.mark.django_db
def test_every_address_of_a_certificate_takes_its_code_as_written(issue: Any, query_budget: Any) -> None:
    certificate = issue(name="Budi Santoso")
    code = certificate.public_code
    canonical = f"/verify/{code}"
    written = [quote(way) for way in ways_to_write(code)]
    _see(canonical)
    for way in [*written, code + "/", code + "//", code.upper() + "/.", code + "%2F", quote(links_to(code)[0])]:
        with query_budget(1):
            answer = _see(f"/verify/{way}")
        assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "valid"), way
        assert answer["Content-Location"] == canonical
        assert answer["Cache-Control"] == "private, no-cache"
        assert _see(f"/verify/{way}", "application/vc").content.decode() == certificate.credential
    for odd in (code.upper(), quote(in_groups(code, "\u2013")), code + "。", code + "."):
        for part in ("pdf", "badge.png", "badge.svg", "status", "credential"):
            for path in (f"/verify/{odd}/{part}", f"/VERIFY/{odd}/{part.upper()}/", f"/Verify/{odd}/{part}."):
                answer = _see(path, "*/*")
                assert (answer.status_code, answer["Content-Location"]) == (200, f"{canonical}/{part}"), path
        assert code in _see(f"/verify/{odd}/pdf", "*/*")["Content-Disposition"]
        # Not in the log yet: its own refusal, which is not "no such certificate".
        assert _see(f"/verify/{odd}/log-proof", "*/*").json()["code"] == "log_not_published"
    for path in (f"/VERIFY/{code.upper()}", f"/Verify/{code}", f"/verify//{code}"):
        assert _see(path).status_code == 200, path
    assert _see("/VERIFY").status_code == _see("/verify/").status_code == 200


@pytest.mark.django_db
def test_form_and_upload_read_codes_and_links_alike(issue: Any, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "verify": ""}
    code = issue().public_code
    expected = (303, f"/verify/{code}?language=th")
    for given_text in [*ways_to_write(code), *links_to(code), f"  {code}\n"]:
        for answer in (
            Client().get("/verify", {"code": given_text, "language": "th"}),
            Client().post("/verify?language=th", {"text": given_text}, headers={"Accept": "text/html"}),
        ):
            assert (answer.status_code, answer.get("Location")) == expected, given_text
    token = "a2" * 16
    for link in (f"http://testserver/shared/{token}", f"HTTP://TESTSERVER/shared/{token}?language=id"):
        answer = Client().get("/verify", {"code": link, "language": "th"})
        assert (answer.status_code, answer["Location"]) == (303, f"/shared/{token}?language=th")


@pytest.mark.django_db
def test_what_a_scanner_read_may_be_typed_into_the_form(issue: Any) -> None:
    scanned = compact.address(bytes(issue().compact), "http://testserver")
    answer = Client().get("/verify", {"code": scanned, "language": "en"})
    assert answer.status_code == 303
    assert _see(answer["Location"])["Certificate-Verdict"] == "valid"
    path = scanned.removeprefix("HTTP://TESTSERVER")
    for way in (path, path.lower(), path + "/", path + ".", path.replace("VERIFY/Q", "verify/Q")):
        assert _see(way)["Certificate-Verdict"] == "valid", way
    assert Client().post("/verify", {"text": scanned})["Certificate-Verdict"] == "valid"


@pytest.mark.django_db
def test_a_link_to_another_site_is_told_and_shows_nothing(issue: Any) -> None:
    code = issue(name="Budi Santoso").public_code
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example", "evil.example:8443"):
        link = f"https://{host}/verify/{code}"
        for answer in (
            Client().get("/verify", {"code": link, "language": "en"}, headers={"Accept": "text/html"}),
            Client().post("/verify?language=en", {"text": link}, headers={"Accept": "text/html"}),
        ):
            html = answer.content.decode()
            assert answer.status_code == 400
            assert "This link leads to another site: " in html
            assert "evil.example" in html
            assert "Budi" not in html
    for own in ("http://testserver/", "http://testserver/verify/", "/verify/"):
        html = (
            Client().get("/verify", {"code": own, "language": "en"}, headers={"Accept": "text/html"}).content.decode()
        )
        assert "This is the address of this site. Type the code that is on the certificate." in html
        assert "letters and digits. This has" not in html
    problem = Client().get("/verify", {"code": f"https://evil.example/verify/{code}"}).json()
    assert problem["errors"][0]["detail"] == "This link leads to another site: evil.example"


@pytest.mark.django_db
def test_no_code_and_an_unknown_code_are_two_answers(issue: Any) -> None:
    code = issue().public_code
    unknown = public_code()
    for way in (unknown, quote(in_groups(unknown.upper(), " "))):
        answer = _see(f"/verify/{way}")
        assert answer.status_code == 404
        assert "No certificate has this code." in answer.content.decode()
        assert _see(f"/verify/{way}", "application/json").json()["code"] == "not_found"
    for wrong, said in (
        (code[:-1], "A code has 26 letters and digits. This has: 25"),
        (code + "0", "A code has 26 letters and digits. This has: 27"),
        (code[:-1] + "u", "No code has this character: u"),
        ("nobody", "A code has 26 letters and digits. This has: 6"),
    ):
        answer = _see(f"/verify/{wrong}")
        html = answer.content.decode()
        assert answer.status_code == 404
        assert "No certificate has this code." not in html
        assert "This is not a certificate code." in html
        assert said in html
        for part in ("", "/pdf", "/badge.png", "/badge.svg", "/status", "/credential", "/log-proof"):
            problem = _see(f"/verify/{wrong}{part}", "*/*")
            assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")
            assert (problem.json()["code"], problem.json()["detail"]) == ("not_a_certificate_code", said)


@pytest.mark.django_db
def test_an_administrator_finds_a_certificate_by_the_code_as_written_and_an_outsider_does_not(issue: Any) -> None:
    certificate = issue(name="Budi Santoso")
    issue(name="Somebody Else")
    path = "/admin/credentials/certificate/"
    admin, dao = make_user(is_staff=True, is_superuser=True), make_user()
    client, outsider = Client(), Client()
    client.force_login(admin)
    outsider.force_login(dao)
    for way in (in_groups(certificate.public_code.upper(), "-"), f"http://testserver/verify/{certificate.public_code}"):
        html = client.get(path, {"q": way}).content.decode()
        assert "Budi Santoso" in html
        assert "Somebody Else" not in html
        assert outsider.get(path, {"q": way}).status_code == 302
    assert Certificate.objects.count() == 2
    assert signed_in(dao).get("/api/v1/me/certificates").json()["items"] == []
