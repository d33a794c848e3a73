"""Whatever the sign-in calls answer is said in the caller's language."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext

from accounts.adapters import AccountAdapter, MFAAdapter
from accounts.models import FailureCount, Rate
from config.management.commands.extract_messages import BORROWED_FOR_MAILS, BORROWED_FOR_SIGN_IN
from tests.accounts.test_sign_in import PASSWORD, post, sign_up

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
# Of allauth's codes, those of what is not offered (telephone numbers, codes by mail to sign in, a list of names that nobody
# may take) and those that would tell strangers which addresses are known.
NEVER_ANSWERED = {
    "phone_password_mismatch",
    "phone_taken",
    "unknown_phone",
    "unknown_email",
    "username_blacklisted",
    "select_only_one",
    "same_as_current",
}


@pytest.fixture(autouse=True)
def _hashing_is_quick(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _english(message: Any) -> str:
    return str(getattr(message, "_args", (message,))[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_allauth_s_has_a_text_in_every_language(language: str) -> None:
    known = {**AccountAdapter.error_messages, **MFAAdapter.error_messages}
    assert known.keys() >= DefaultAccountAdapter.error_messages.keys() | DefaultMFAAdapter.error_messages.keys()
    with translation.override(language):
        english = {code for code, message in known.items() if str(message) == _english(message)}
    assert english - NEVER_ANSWERED == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_forms_has_a_translation(language: str) -> None:
    with translation.override(language):
        for text in (*BORROWED_FOR_SIGN_IN, *BORROWED_FOR_MAILS):
            said = gettext(text) if isinstance(text, str) else ngettext(*text, 7)
            assert said not in (text, *text), text


# A call that is refused, and with which codes.
REFUSED: list[tuple[str, dict[str, Any], set[str]]] = [
    ("auth/signup", {}, {"required"}),
    ("auth/signup", {"username": "taken", "password": PASSWORD}, {"username_taken"}),
    ("auth/signup", {"username": "таkеn", "password": PASSWORD}, {"username_mixed_scripts"}),
    ("auth/signup", {"username": "раура", "password": PASSWORD}, {"username_confusable"}),
    ("auth/signup", {"username": "ab", "password": PASSWORD}, {"username_short"}),
    ("auth/signup", {"username": "a b c", "password": PASSWORD}, {"username_characters"}),
    ("auth/signup", {"username": "abc" + "\u0301" * 20, "password": PASSWORD}, {"username_marks"}),
    ("auth/signup", {"username": "a" * 151, "password": PASSWORD}, {"max_length"}),
    ("auth/signup", {"username": "fresh", "password": "short"}, {"password_too_short"}),
    ("auth/signup", {"username": "fresh", "password": "password12"}, {"password_too_common"}),
    ("auth/signup", {"username": "fresh", "password": "a\x07" * 9}, {"password_characters"}),
    ("auth/signup", {"username": "fresh", "password": PASSWORD, "email": "nobody"}, {"invalid"}),
    ("auth/signup", {"username": "fr\x00esh", "password": PASSWORD}, {"null_characters_not_allowed"}),
    ("auth/login", {"username": "taken", "password": "wrong"}, {"username_password_mismatch"}),
    ("auth/login", {"email": "a@example.org", "password": "wrong"}, {"email_password_mismatch"}),
    ("auth/login", {"password": "wrong"}, {"invalid_login"}),
    ("auth/email/verify", {"key": "none"}, {"invalid_or_expired_key"}),
    ("tokens/refresh", {}, {"required"}),
    ("auth/password/request", {"email": "nobody"}, {"invalid"}),
]


def _messages(answer: Any, asked: str) -> dict[tuple[str, str], str]:
    """What the refusal says, by code and parameter."""
    assert answer.status_code == 400, answer.content
    assert answer["Content-Language"].lower() == asked
    return {(error["code"], error.get("param", "")): error["message"] for error in answer.json()["errors"]}


@pytest.mark.django_db
def test_what_is_refused_is_said_in_the_caller_s_language(client: Client) -> None:
    sign_up(client, "taken")
    sign_up(Client(), "paypa")
    for path, body, codes in REFUSED:
        english = _messages(post(client, path, body, **{"Accept-Language": "en"}), "en")
        assert {code for code, _ in english} == codes, (path, body)
        for language in LANGUAGES:
            for counted in (Rate, FailureCount):
                counted.objects.all().delete()
            said = _messages(post(client, path, body, **{"Accept-Language": language}), language)
            assert said.keys() == english.keys()
            assert not set(said.values()) & set(english.values()), (language, said)


@pytest.mark.django_db
def test_a_signed_in_person_is_refused_in_their_language_too(client: Client) -> None:
    token = {"Authorization": f"Bearer {sign_up(client, 'taken', email='a@example.org')['access_token']}"}
    for method, path, body, code in (
        (
            "post",
            "account/password/change",
            {"current_password": "x", "new_password": PASSWORD},
            "enter_current_password",
        ),
        (
            "post",
            "account/password/change",
            {"current_password": "x", "new_password": "a@example.org"},
            "password_too_similar",
        ),
        ("post", "auth/reauthenticate", {"password": "wrong"}, "incorrect_password"),
        ("post", "account/email", {"email": "a@example.org"}, "duplicate_email"),
        ("post", "account/authenticators/totp", {"code": "000000"}, "unverified_email"),
        ("delete", "auth/sessions", {"sessions": ["none"]}, "invalid_pk_value"),
    ):
        said = {}
        for asked in ("en", *LANGUAGES):
            cache.clear()
            answer = getattr(client, method)(
                f"/auth/app/v1/{path}",
                body,
                content_type="application/json",
                headers={**token, "Accept-Language": asked},
            )
            said[asked] = _messages(answer, asked)
        assert code in {known for known, _ in said["en"]}
        for language in LANGUAGES:
            assert not set(said[language].values()) & set(said["en"].values()), (language, said[language])


@pytest.mark.django_db
def test_the_mails_of_sign_in_are_in_the_caller_s_language(client: Client, mailoutbox: list[Any]) -> None:
    said: dict[str, list[str]] = {}
    for language in ("en", *LANGUAGES):
        cache.clear()
        mailoutbox.clear()
        address, header = f"{language}@example.org", {"Accept-Language": language}
        post(Client(), "auth/signup", {"username": f"n-{language}", "password": PASSWORD, "email": address}, **header)
        EmailAddress.objects.filter(email=address).update(verified=True)
        cache.clear()
        post(Client(), "auth/signup", {"username": f"m-{language}", "password": PASSWORD, "email": address}, **header)
        post(Client(), "auth/password/request", {"email": address}, **header)
        post(Client(), "auth/password/request", {"email": f"no-{address}"}, **header)
        assert len(mailoutbox) == 4
        said[language] = [mail.subject for mail in mailoutbox] + [
            line for mail in mailoutbox for line in mail.body.splitlines() if " " in line
        ]
    for language in LANGUAGES:
        assert not set(said[language]) & set(said["en"]), language
