"""Passkeys in a real browser with a virtual authenticator: made, used as second step and alone, renamed, removed.

The page is of another host than the API, as frontends are; it makes and uses the passkeys, and a phone's calls carry them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from tests.accounts.test_sign_in_document import Phone
from tests.assessments.test_races import in_threads

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

CHROMIUM = Path("/usr/bin/chromium")
PAGE = "<!doctype html><html lang=en><title>A learner's app</title></html>"
PASSWORD = "a long pass phrase of nobody"
AIKO = {"username": "aiko", "password": PASSWORD}
CREATE = """async (options) => (await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey)
})).toJSON()"""
GET = """async (options) => (await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey)
})).toJSON()"""


class Browser:
    """A page of the frontend, and an authenticator in the device that checks its owner."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
        able = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **able}})
        self._authenticator = made["authenticatorId"]

    def make(self, options: Any) -> Any:
        return self._page.evaluate(CREATE, options)

    def use(self, options: Any) -> Any:
        return self._page.evaluate(GET, options)

    def verifies_its_owner(self, does: bool) -> None:
        self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._authenticator, "isUserVerified": does})


@contextmanager
def a_browser(origin: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_context().new_page()
        page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8"))
        page.goto(origin)
        yield Browser(page)
        browser.close()


class CallingPhone(Phone):
    """A phone whose calls are made in a thread of their own: within playwright's loop Django opens no connection."""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        (answer,) = in_threads(lambda _: Phone.call(self, method, path, body, **headers), [None], threads=1)
        if isinstance(answer, type):
            raise AssertionError(f"{method} {path}: {answer.__name__}")
        return answer


def in_a_thread(call: Callable[[], Any]) -> Any:
    (answer,) = in_threads(lambda _: call(), [None], threads=1)
    return answer


def me(phone: Phone) -> int:
    return int(in_a_thread(lambda: Client().get("/api/v1/me/consents", headers=phone.headers)).status_code)


@pytest.fixture(autouse=True)
def _chromium() -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")


def with_passkey(browser: Browser, *, alone: bool) -> tuple[CallingPhone, dict[str, Any]]:
    """Aiko's phone, signed up and with a passkey; and the passkey as the API lists it."""
    phone = CallingPhone()
    assert phone.call("POST", "auth/signup", AIKO).status_code == 200
    assert phone.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    where = "account/authenticators/webauthn"
    offered = phone.call("GET", f"{where}?passwordless" if alone else where)
    credential = browser.make(offered.json()["data"]["creation_options"])
    added = phone.call("POST", where, {"name": "Aiko's phone", "credential": credential})
    assert added.status_code == 200, added.content
    assert phone.call("POST", where, {"name": "again", "credential": credential}).status_code == 400, (
        "a challenge is used once"
    )
    return phone, added.json()["data"]


def test_a_passkey_is_the_second_step_of_signing_in(settings: Any) -> None:
    settings.PASSKEY_DOMAIN = "localhost"
    with a_browser("http://localhost:5173/") as browser:
        _phone, passkey = with_passkey(browser, alone=False)
        assert passkey["name"] == "Aiko's phone"
        other = CallingPhone()
        halfway = other.call("POST", "auth/login", AIKO)
        (flow,) = [entry for entry in halfway.json()["data"]["flows"] if entry.get("is_pending")]
        assert (halfway.status_code, flow["id"], "webauthn" in flow["types"]) == (401, "mfa_authenticate", True)
        assert me(other) == 401
        asked = other.call("GET", "auth/webauthn/authenticate").json()["data"]["request_options"]
        signed = browser.use(asked)
        forged = {**signed, "response": {**signed["response"], "signature": signed["response"]["signature"][::-1]}}
        assert other.call("POST", "auth/webauthn/authenticate", {"credential": forged}).status_code == 400
        asked = other.call("GET", "auth/webauthn/authenticate").json()["data"]["request_options"]
        assert other.call("POST", "auth/webauthn/authenticate", {"credential": browser.use(asked)}).status_code == 200
        assert me(other) == 200
        # What needs it fresh takes it again; then it is renamed and removed.
        asked = other.call("GET", "auth/webauthn/reauthenticate").json()["data"]["request_options"]
        again = other.call("POST", "auth/webauthn/reauthenticate", {"credential": browser.use(asked)})
        assert again.status_code == 200
        renamed = other.call("PUT", "account/authenticators/webauthn", {"id": passkey["id"], "name": "The old phone"})
        assert (renamed.status_code, renamed.json()["data"]["name"]) == (200, "The old phone")
        dao = CallingPhone()
        dao.call("POST", "auth/signup", {"username": "dao", "password": PASSWORD})
        dao.call("POST", "auth/reauthenticate", {"password": PASSWORD})
        for method, body in (
            ("PUT", {"id": passkey["id"], "name": "Dao's"}),
            ("DELETE", {"authenticators": [passkey["id"]]}),
        ):
            assert dao.call(method, "account/authenticators/webauthn", body).status_code == 400, "not hers"
        gone = other.call("DELETE", "account/authenticators/webauthn", {"authenticators": [passkey["id"]]})
        assert gone.status_code == 200
    assert not Authenticator.objects.exclude(type="recovery_codes").exists()


def test_a_passkey_that_checks_its_owner_signs_in_alone(settings: Any) -> None:
    settings.PASSKEY_DOMAIN = "localhost"
    with a_browser("http://localhost:5173/") as browser:
        with_passkey(browser, alone=True)
        phone = CallingPhone()
        asked = phone.call("GET", "auth/webauthn/login")
        assert asked.status_code == 200
        signed = browser.use(asked.json()["data"]["request_options"])
        # Of another's challenge it is worth nothing.
        dao = CallingPhone()
        dao.call("GET", "auth/webauthn/login")
        assert dao.call("POST", "auth/webauthn/login", {"credential": signed}).status_code == 400
        done = phone.call("POST", "auth/webauthn/login", {"credential": signed})
        assert done.status_code == 200, done.content
        assert done.json()["data"]["user"]["username"] == "aiko"
        assert me(phone) == 200
        in_a_thread(lambda: User.objects.update(is_active=False))
        shut_out = CallingPhone()
        asked = shut_out.call("GET", "auth/webauthn/login").json()["data"]["request_options"]
        refused = shut_out.call("POST", "auth/webauthn/login", {"credential": browser.use(asked)})
        assert (refused.status_code, me(shut_out)) == (401, 401)
        in_a_thread(lambda: User.objects.update(is_active=True))
        # A device that somebody else holds, and that does not check who: asked for both factors, it gives one.
        browser.verifies_its_owner(False)
        stolen = CallingPhone()
        options = stolen.call("GET", "auth/webauthn/login").json()["data"]["request_options"]
        options["publicKey"]["userVerification"] = "discouraged"
        unchecked = stolen.call("POST", "auth/webauthn/login", {"credential": browser.use(options)})
        assert unchecked.status_code == 400
        assert me(stolen) == 401


def test_a_page_of_another_domain_gets_no_signature_that_counts(settings: Any) -> None:
    settings.PASSKEY_DOMAIN = "localhost"
    with a_browser("http://localhost:5173/") as browser:
        with_passkey(browser, alone=True)
        phone = CallingPhone()
        asked = phone.call("GET", "auth/webauthn/login").json()["data"]["request_options"]
        assert asked["publicKey"]["rpId"] == "localhost"
        signed = browser.use(asked)
        data = json.loads(base64.urlsafe_b64decode(signed["response"]["clientDataJSON"] + "=="))
        assert data["origin"] == "http://localhost:5173"
        # As a page that looks like ours would have it: the origin is part of what is signed.
        data["origin"] = "https://learn.example.com"
        copied = base64.urlsafe_b64encode(json.dumps(data, separators=(",", ":")).encode()).decode().rstrip("=")
        phished = {**signed, "response": {**signed["response"], "clientDataJSON": copied}}
        assert phone.call("POST", "auth/webauthn/login", {"credential": phished}).status_code == 400
        assert me(phone) == 401
