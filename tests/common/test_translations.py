"""The interface speaks the programme's languages, and its catalogues say what the code says."""

from __future__ import annotations

import re
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from django.utils.translation import check_for_language, to_locale
from rest_framework import fields, serializers

from common import errors
from config.management.commands.extract_messages import (
    BORROWED,
    BORROWED_FOR_MAILS,
    BORROWED_FOR_SIGN_IN,
    HOMES,
    Text,
    texts_of,
)

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
COMPLETE = ["ja", "th", "id"]
STRANGERS, COMMON = (ROOT / home.folder for home in HOMES)
# Left in English rather than invented: no settled Tetum was known.
NOT_IN_TETUM = {
    "method_not_allowed",
    "not_acceptable",
    "conflict",
    "gone",
    "unsupported_media_type",
    "precondition_required",
}
_PLACE = re.compile(r"%\(\w+\)[a-z]|%[^(\s%]|\{\w*\}")


def _po(home: Path, language: str) -> Path:
    return home / to_locale(language) / "LC_MESSAGES" / "django.po"


def _messages(home: Path, language: str) -> list[Message]:
    with _po(home, language).open("rb") as file:
        return [message for message in read_po(file) if message.id]


def _forms(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def test_the_catalogues_are_in_step_with_the_code() -> None:
    call_command("extract_messages", "--check")
    for text in ("This certificate is valid.", "Awarded to", "This is not a certificate code."):
        assert text in {message.id for message in _messages(STRANGERS, "ja")}
    known = {message.id for message in _messages(COMMON, "ja")}
    assert {"Please sign in", "Answered a hard item right: %(by)s", "This attempt has no such item."} <= known
    assert not {"Second factor", "Check and publish"} & known, "the admin speaks English for now"


@pytest.mark.parametrize("language", COMPLETE)
def test_every_text_is_translated(language: str) -> None:
    frameworks = (*BORROWED_FOR_SIGN_IN, *BORROWED_FOR_MAILS)
    borrowed = {Text(text) if isinstance(text, str) else Text(*text) for text in frameworks}
    for home in (STRANGERS, COMMON):
        untranslated = [m.id for m in _messages(home, language) if not all(_forms(m.string)) or m.fuzzy]
        # What the frameworks say themselves is held by tests/accounts/test_languages_of_sign_in.py.
        assert not set(untranslated) - {text.id for text in borrowed}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_strangers_read_is_translated_into_every_language(language: str) -> None:
    assert len(_messages(STRANGERS, language)) > 30
    assert not [m.id for m in _messages(STRANGERS, language) if not all(_forms(m.string)) or m.fuzzy]
    with translation.override(language):
        english = {
            code
            for code, error in errors.registered().items()
            if error.__module__ == "common.errors" and str(error.title) == error.title._args[0]  # type: ignore[union-attr]
        }
    assert english == (NOT_IN_TETUM if language == "tet" else set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_ends_are_those_of_the_english_text(language: str) -> None:
    for message in (*_messages(STRANGERS, language), *_messages(COMMON, language)):
        ids = _forms(message.id)
        for words in filter(None, _forms(message.string)):
            assert Counter(_PLACE.findall(words)) in [Counter(_PLACE.findall(text)) for text in ids], words
            assert words == words.strip(), words
            assert "\ufffd" not in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("home", [STRANGERS, COMMON], ids=lambda home: home.parent.name)
def test_what_is_compiled_is_what_is_written(home: Path, language: str) -> None:
    path = _po(home, language)
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    assert head.startswith("# ")
    assert f'"Language: {to_locale(language)}\\n"' in head
    assert "Date" not in head
    with path.with_suffix(".mo").open("rb") as file:
        compiled = {tuple(_forms(message.id)): _forms(message.string) for message in read_mo(file) if message.id}
    written = {tuple(_forms(message.id)): _forms(message.string) for message in _messages(home, language)}
    assert compiled == {text: forms for text, forms in written.items() if all(forms)}


def test_borrowed_texts_are_ones_that_the_framework_still_has() -> None:
    kinds = [*vars(fields).values(), *vars(serializers).values()]
    texts = {
        getattr(message, "_args", (message,))[0]
        for kind in kinds
        for message in getattr(kind, "default_error_messages", {}).values()
    }
    assert set(BORROWED) <= texts


# --- over HTTP --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_django_speaks_every_language_also_those_it_has_no_words_for(client: Client, language: str) -> None:
    assert check_for_language(language)
    answer = client.get("/api/v1/nowhere", headers={"Accept-Language": f"{language},en;q=0.5"})
    assert answer.status_code == 404
    assert answer.headers["Content-Language"].lower() == language
    with _po(COMMON, language).open("rb") as file:
        message = read_po(file).get("Not found")
    assert message is not None
    assert answer.json()["title"] == message.string


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("th-TH,th;q=0.9,en;q=0.8", "th", "โปรดลงชื่อเข้าใช้"),
        ("ja-JP,ja;q=0.9", "ja", "ログインしてください"),
        ("id", "id", "Silakan masuk"),
        ("lo-LA", "lo", "ກະລຸນາເຂົ້າສູ່ລະບົບ"),
        ("tet-TL,pt;q=0.8", "tet", "Favór tama uluk"),
        ("zh-CN", "zh-hans", "请登录"),
        ("de", "en", "Please sign in"),
    ],
)
def test_a_caller_without_a_token_is_told_so_in_their_language(
    client: Client, asked: str, language: str, title: str
) -> None:
    answer = client.get("/api/v1/me/skills", headers={"Accept-Language": asked})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Language"].lower() == language
    assert "Accept-Language" in answer.headers["Vary"]
    assert (answer.json()["code"], answer.json()["title"]) == ("unauthenticated", title)


@pytest.mark.parametrize(
    ("asked", "language"),
    [("zh-SG", "zh-hans"), ("zh-MY", "zh-hans"), ("zh", "zh-hans"), ("tl", "fil"), ("in-ID", "id"), ("jv", "id")],
)
@pytest.mark.django_db
def test_errors_and_pages_find_a_language_alike(client: Client, asked: str, language: str) -> None:
    header = {"Accept-Language": f"{asked},de;q=0.5"}
    assert client.get("/api/v1/nowhere", headers=header)["Content-Language"] == language
    assert client.get("/auth/app/v1/config", headers=header)["Content-Language"] == language
    page = client.get("/verify", headers={**header, "Accept": "text/html"})
    assert f'lang="{language}"'.lower() in page.content.decode().lower()


@pytest.mark.parametrize(
    ("language", "detail"), [("ja", "UUIDで指定"), ("th", "ต้องเป็น UUID ที่ถูกต้อง"), ("id", "Harus berupa UUID")]
)
def test_what_the_framework_left_in_english_is_said_too(language: str, detail: str) -> None:
    class _Input(serializers.Serializer[Any]):
        id = serializers.UUIDField()

    with translation.override(language):
        given = _Input(data={"id": "none"})
        assert not given.is_valid()
        assert detail in str(given.errors["id"][0])


# --- the command ------------------------------------------------------------------------------------------------------

_CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext
hello = _("Hello " "%(name)s")
many = ngettext("one lesson", "%(count)d lessons", 2)
may = pgettext("month", "May")
"""
_TEMPLATE = """{% load i18n %}<p>{% translate "Issuer's key" %}
   {# no text #}{% blocktranslate trimmed with date=day %}
     until {{ date }}
  {% endblocktranslate %}</p>{% blocktranslate count n=n %}one{% plural %}{{ n }} of them{% endblocktranslate %} ✓"""


@pytest.fixture
def project(tmp_path: Path, settings: Any) -> Path:
    settings.BASE_DIR = tmp_path
    settings.LANGUAGES = [("en", "English"), ("th", "ไทย"), ("pt", "Português")]
    for name, content in {
        "courses/rules.py": _CODE,
        "courses/admin/pages.py": 'x = _("for staff")',
        "courses/templates/admin/page.html": '{% load i18n %}{% translate "for staff" %}',
        "platform/credentials/templates/verification/page.html": _TEMPLATE,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_texts_are_found_in_code_and_templates(project: Path) -> None:
    assert set(texts_of(project / "courses/rules.py")) == {
        Text("Hello %(name)s"),
        Text("one lesson", "%(count)d lessons"),
        Text("May", context="month"),
    }
    assert set(texts_of(project / "platform/credentials/templates/verification/page.html")) == {
        Text("Issuer's key"),
        Text("until %(date)s"),
        Text("one", "%(n)s of them"),
    }


def test_translations_outlive_extraction_and_stale_catalogues_are_reported(project: Path) -> None:
    with pytest.raises(CommandError, match=r"platform/credentials/locale/th/LC_MESSAGES/django\.po is missing"):
        call_command("extract_messages", "--check")
    assert not list(project.rglob("*.po"))
    call_command("extract_messages", stdout=StringIO())
    call_command("extract_messages", "--check")

    path = project / "platform/common/locale/th/LC_MESSAGES/django.po"
    assert "for staff" not in path.read_text()
    assert "msgstr[0]" in path.read_text()
    assert "msgstr[1]" not in path.read_text(), "Thai has one form for every number"
    assert "msgstr[1]" in (project / "platform/common/locale/pt/LC_MESSAGES/django.po").read_text()
    path.write_text(
        path.read_text()
        .replace('msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "สวัสดี %(name)s"')
        .replace("# Machine-drafted; review by a native reader is due.", "# Reviewed by the ministry.")
    )
    with pytest.raises(CommandError, match=r"django\.mo is not what its \.po compiles to"):
        call_command("extract_messages", "--check")
    call_command("extract_messages", stdout=StringIO())
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    hello = compiled.get("Hello %(name)s")
    assert hello is not None
    assert hello.string == "สวัสดี %(name)s"
    assert compiled.get("one lesson") is None, "what is not translated is read in English"

    code = project / "courses/rules.py"
    code.write_text(code.read_text() + 'bye = _("Good bye")\n')
    with pytest.raises(CommandError, match=r"lacks 1: .'Good bye'."):
        call_command("extract_messages", "--check")
    call_command("extract_messages", stdout=StringIO())
    assert "สวัสดี" in path.read_text()
    assert path.read_text().startswith("# Reviewed by the ministry.\n")
    before = {entry: entry.read_bytes() for entry in project.rglob("django.*")}
    call_command("extract_messages", stdout=StringIO())
    assert before == {entry: entry.read_bytes() for entry in project.rglob("django.*")}
