"""A certificate as an archival PDF and as a picture: what is in the files, and that each is made once."""

from __future__ import annotations

import io
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openbadgeslib.ob3.verifier import OB3Verifier
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from common import caches, clock
from credentials.certificates import extraction, status_changes
from credentials.certificates.errors import GlyphMissing
from credentials.certificates.verification import verify_credential
from credentials.models import Certificate, PaperDesign, Rendering
from credentials.paper import badges, pages, rendering_cache, samples, services, typesetting
from credentials.paper.images import harmless
from credentials.paper.selectors import PLAIN
from privacy import public as privacy
from tests.credentials.certificates.factories import shown_of, supersede
from tests.credentials.certificates.pictures import SVG, png

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_near() -> None:
    caches.forget()


def _pdf(client: Client, certificate: Certificate, language: str = "en") -> bytes:
    answer = client.get(f"/verify/{certificate.public_code}/pdf?language={language}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return answer.content


def _all_objects(reader: PdfReader) -> list[Any]:
    return [reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1) if number in reader.xref[0]]


def _publish(issuer: str = "jp", **given: Any) -> PaperDesign:
    draft = PaperDesign.objects.create(issuer_id=issuer, **given)
    return services.publish(design_id=draft.pk, actor="test", now=clock.now())


def test_the_paper_is_archival_and_carries_the_credential(issue, client: Client) -> None:
    """PDF/A-3b as far as it can be read without a validator: metadata, colours, fonts, the attachment."""
    _publish(logo=harmless(png()), signature=harmless(SVG), texts={"en": {"signatory": "Aoi Sato"}})
    certificate = issue(name="山田 愛子 (ڤڠيرن) ဒေါ်ခင် ស្រ្ដី", state="JP", languages=("en",))
    made = _pdf(client, certificate, "th")
    reader = PdfReader(io.BytesIO(made))
    told = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part[>=]\"?3", told)
    assert re.search(r"pdfaid:conformance[>=]\"?B", told)
    (intent,) = reader.trailer["/Root"]["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert len(intent["/DestOutputProfile"].get_data()) > 100
    assert not reader.is_encrypted
    assert reader.trailer["/ID"]
    (file,) = reader.trailer["/Root"]["/AF"]
    file = file.get_object()
    assert (file["/F"], file["/UF"], file["/AFRelationship"]) == ("credential.json", "credential.json", "/Source")
    assert file["/EF"]["/F"]["/Subtype"] == "/application/vc+ld+json"
    assert file["/EF"]["/F"].get_data() == certificate.credential.encode()
    assert reader.attachments["credential.json"] == [certificate.credential.encode()]
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    assert len(fonts) > 4
    for font in fonts:
        (descendant,) = font.get_object()["/DescendantFonts"]
        described = descendant.get_object()["/FontDescriptor"]
        assert "/FontFile2" in described or "/FontFile3" in described
    objects = [row for row in _all_objects(reader) if isinstance(row, DictionaryObject)]
    assert not [row for row in objects if row.get("/S") in ("/JavaScript", "/Launch")]
    assert extraction.extract_credential(made) == certificate.credential
    assert verify_credential(reader.attachments["credential.json"][0].decode())["id"].endswith(certificate.public_code)


def test_the_paper_says_of_when_it_is_and_where_to_ask(issue, client: Client, monkeypatch) -> None:
    certificate = issue(name="Budi Santoso", languages=("en",))
    first = clock.now()
    printed = []
    for day in (0, 0, 1, 4000):
        monkeypatch.setattr(clock, "now", lambda day=day: first.replace(hour=day % 5 + 1) + timedelta(days=day))
        printed.append(_pdf(client, certificate))
    assert printed[0] == printed[1] != printed[2]
    text = " ".join(PdfReader(io.BytesIO(printed[0])).pages[0].extract_text().split())
    assert f"As of {first.day} {first:%B %Y}, when this page was made, the certificate was valid." in text
    assert certificate.public_code in text
    assert "the certificate had expired" in PdfReader(io.BytesIO(printed[3])).pages[0].extract_text()


def test_a_page_is_set_once_for_all_processes(issue, client: Client, monkeypatch, query_budget) -> None:
    certificate = issue(name="Budi Santoso", state="ID")
    path = f"/verify/{certificate.public_code}/pdf"
    with query_budget(4):  # certificate, design, is it kept, keep it
        answer = client.get(path)
    monkeypatch.setattr(typesetting.Typesetter, "make", None)
    with query_budget(2):
        assert client.get(path).content == answer.content
    caches.forget()  # as another process has it
    with query_budget(3):
        assert client.get(path).content == answer.content
    again = client.get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    with pytest.raises(TypeError):  # another look is another page
        _publish("id", accent="#8a1538") and client.get(path)
    assert Rendering.objects.count() == 1
    assert rendering_cache.delete_old_renderings(now=clock.now()) == 0
    assert (
        rendering_cache.delete_old_renderings(now=clock.now() + rendering_cache.RETENTION + timedelta(minutes=1)) == 1
    )


def test_what_was_made_goes_with_the_learner(issue, client: Client) -> None:
    aiko, budi = issue(name="山田 愛子", state="JP"), issue(name="Budi Santoso", state="ID")
    _pdf(client, aiko)
    _pdf(client, budi)
    with privacy.erasing(aiko.learner.pk):
        aiko.learner.user.delete()
    assert [rendering.certificate_id for rendering in Rendering.objects.all()] == [budi.pk]
    assert client.get(f"/verify/{aiko.public_code}/pdf").status_code == 404


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_baked_picture_gives_the_credential_back(issue, client: Client, kind: str) -> None:
    _publish(logo=harmless(SVG if kind == "svg" else png()))
    certificate = issue(name="山田 ]]> & <愛子> \ufffe", state="JP", languages=("ja",))
    answer = client.get(f"/verify/{certificate.public_code}/badge.{kind}")
    media_type = {"png": "image/png", "svg": "image/svg+xml"}[kind]
    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
    extract = {"png": OB3Verifier.extract_token_from_png, "svg": OB3Verifier.extract_token_from_svg}[kind]
    text = extract(answer.content)
    # XML has no place for U+FFFE: there it stands as JSON writes it in letters.
    assert text == certificate.credential.replace("\ufffe", "\\ufffe" if kind == "svg" else "\ufffe")
    assert extraction.extract_credential(answer.content) == text
    assert verify_credential(text) == json.loads(certificate.credential)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    again = client.get(f"/verify/{certificate.public_code}/badge.{kind}", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    if kind == "svg":
        drawn = answer.content.decode().partition("<openbadges:credential")[0]
        assert "<text" not in drawn
        assert "<script" not in drawn


def test_a_picture_without_its_own_letters_is_in_english(issue, client: Client, monkeypatch) -> None:
    without = typesetting.Typesetter(with_system_fonts=False)
    monkeypatch.setattr(typesetting, "typesetter", lambda: without)
    certificate = issue(name="王秀英", languages=("zh-Hans",))
    assert client.get(f"/verify/{certificate.public_code}/badge.png").status_code == 200


@pytest.mark.parametrize("status", ["suspended", "revoked", "superseded"])
def test_what_is_withdrawn_gives_neither_paper_nor_picture(issue, client: Client, status: str) -> None:
    certificate = issue()
    paths = [f"/verify/{certificate.public_code}/{value}" for value in ("pdf", "badge.png", "badge.svg")]
    assert [client.get(path).status_code for path in paths] == [200, 200, 200]
    if status == "revoked":
        status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="x", now=clock.now())
    elif status == "superseded":
        supersede(certificate, name="Budi Santosa")
    else:
        Certificate.objects.filter(pk=certificate.pk).update(status=status, status_changed_at=clock.now())
    for path in paths:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (410, "certificate_withdrawn")


def test_dao_without_a_code_gets_nothing(issue, client: Client) -> None:
    code = issue().public_code
    for other in ("0" * 26, code[:-1], f"{code}x"):
        for name in ("pdf", "badge.png", "badge.svg"):
            answer = client.get(f"/verify/{other}/{name}")
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert not Rendering.objects.exists()


def test_the_newest_published_look_of_the_issuer_is_printed(issue, client: Client) -> None:
    certificate = issue(name="山田 愛子", state="JP", languages=("en",))
    words = {"heading": "Certificate of competence", "statement": "has earned {achievement} from {issuer}. *#rgb* $x$"}
    _publish("jp", texts={"en": {**words, "signatory": "Aoi Sato"}, "ja": {"signatory": "佐藤 葵"}})
    PaperDesign.objects.create(issuer_id="jp", texts={"en": {"heading": "A draft"}})
    _publish("regional", texts={"en": {"heading": "Of the region"}})
    text = PdfReader(io.BytesIO(_pdf(client, certificate))).pages[0].extract_text()
    assert "Certificate of competence" in text
    assert re.search(r"has earned First steps from .*\. \*#rgb\* \$x\$", text)
    assert "Aoi Sato" in text
    for other in ("A draft", "Of the region", "{"):
        assert other not in text
    text = PdfReader(io.BytesIO(_pdf(client, certificate, "ja"))).pages[0].extract_text()
    assert "佐藤" in text
    assert "修了証" in text
    assert "competence" not in text
    draft = PaperDesign.objects.get(version__isnull=True)
    services.publish(design_id=draft.pk, actor="test", now=clock.now())
    assert "A draft" in PdfReader(io.BytesIO(_pdf(client, certificate))).pages[0].extract_text()


_TYPST = '#read("/etc/passwd") \\ #image("x") $sum$ *b* _i_ <l> @l // /* #eval("1") "; #panic() \\u{41}'


def test_nothing_that_is_typed_is_run(issue, client: Client) -> None:
    _publish("id", texts={"en": {"statement": _TYPST.replace("{41}", "41"), "signatory": _TYPST.replace("{41}", "41")}})
    certificate = issue(name=_TYPST, state="ID", languages=("en",))
    text = "".join(PdfReader(io.BytesIO(_pdf(client, certificate))).pages[0].extract_text().split())
    assert text.count('#read("/etc/passwd")') == 3
    assert "root:" not in text


@pytest.mark.parametrize("key", [key for key, _ in samples.languages()])
def test_every_sample_is_set_on_one_page(key: str) -> None:
    if key == "zh-hans" and not any("CJK" in entry for entry in typesetting.typesetter().fonts.ordered("zh")):
        pytest.skip("needs a font for Chinese: fonts-noto-cjk")
    made = samples.sample_page(PLAIN, key, issuer="Authority", now=clock.now(), typesetter=typesetting.typesetter())
    assert made.startswith(b"\x89PNG")


def test_marks_that_no_font_has_with_their_letter_stop_the_page() -> None:
    fonts = typesetting.typesetter().fonts
    fonts.require_glyphs(["ក្ស្រ្ដី", "က္ကြွှေ့ာ်", "ஸ்ரீ", "ກ໋ຳ", "Ệ", "ڬ"])
    for wrong in ("က\u17d2", "ក\u103a", "愛\u0e49"):
        with pytest.raises(GlyphMissing):
            fonts.require_glyphs([wrong])


def test_shaping_itself_is_asked_for_missing_glyphs(issue, monkeypatch) -> None:
    """The control: without the check of characters, the archival export still refuses, and names nothing."""
    certificate = issue(name="Enkidu \U00012000")
    monkeypatch.setattr(typesetting.typesetter().fonts, "require_glyphs", lambda texts: None)
    with pytest.raises(GlyphMissing):
        services.paper_of(certificate, language="en", expired=False, now=clock.now())
    assert not Rendering.objects.exists()


def test_nothing_of_a_learner_is_left_in_the_typesetters_folder(issue, client: Client) -> None:
    _pdf(client, issue(name="Budi Santoso"))
    assert not [path for path in Path(typesetting.typesetter()._root).iterdir() if path.suffix == ".json"]


def test_an_svg_ends_with_what_was_baked_in() -> None:
    made = badges.baked(b"<svg><g></g></svg>", '{"a": "]]>]]>"}', format="svg")
    assert OB3Verifier.extract_token_from_svg(made) == '{"a": "]]>]]>"}'


def test_pages_set_at_the_same_time_are_not_mixed_up(issue) -> None:
    certificate, now, setter = issue(name="x", languages=("en",)), clock.now(), typesetting.typesetter()
    sheets = {
        name: pages.page(
            shown_of(certificate, "en", name=name),
            public_code=name,
            credential=name,
            design=PLAIN,
            expired=False,
            now=now,
            typesetter=setter,
        )
        for name in (f"Learner{number}x" for number in range(24))
    }
    with ThreadPoolExecutor(8) as pool:
        made = dict(zip(sheets, pool.map(setter.make, sheets.values()), strict=True))
    for name, page in made.items():
        reader = PdfReader(io.BytesIO(page))
        told = set(re.findall(r"Learner\d+x", reader.pages[0].extract_text()))
        assert (told, reader.attachments["credential.json"]) == ({name}, [name.encode()])


def test_a_forked_process_has_a_typesetter_of_its_own() -> None:
    typesetting.typesetter()
    child = os.fork()
    if child == 0:
        os._exit(typesetting.typesetter.cache_info().currsize)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert typesetting.typesetter.cache_info().currsize == 1
