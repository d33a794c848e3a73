"""Stories: Aiko signs in with her account at a ministry's OpenID Connect provider; what Dao forges or claims opens nothing.

The provider is a process of its own, by a library that is not ours (oidc-provider-mock).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.models import User
from accounts.provider import _verified
from config.local import processes
from config.openid_providers import openid_providers
from tests.accounts.test_sign_in_document import Phone, _code
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase of nobody"
CLIENT = "skills-app"


class Provider:
    """The ministry's provider, and what a browser does there."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def id_token(self, sub: str, *, client_id: str = CLIENT, **claims: Any) -> str:
        """The ID token that an app gets for a person: authorisation, and the code's exchange."""
        httpx.put(f"{self.issuer}/users/{sub}", json=claims).raise_for_status()
        app = "https://app.example.org/callback"
        asked = {"client_id": client_id, "redirect_uri": app, "response_type": "code", "scope": "openid email profile"}
        allowed = httpx.post(f"{self.issuer}/oauth2/authorize", params={**asked, "nonce": "n"}, data={"sub": sub})
        code = parse_qs(urlsplit(allowed.headers["location"]).query)["code"][0]
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": app, "client_id": client_id}
        tokens = httpx.post(f"{self.issuer}/oauth2/token", data={**given, "client_secret": "any"})
        return str(tokens.json()["id_token"])


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    port, log = processes.free_port(), tmp_path_factory.mktemp("provider") / "log"
    running = processes.spawn(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--no-refresh-token"], log=log
    )
    issuer = f"http://localhost:{port}"
    try:
        for _ in range(400):
            try:
                httpx.get(f"{issuer}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.05)
        else:
            raise AssertionError(f"the provider does not start:\n{processes.tail(log, 30)}")
        yield Provider(issuer)
    finally:
        running.kill()
        running.wait()


def configured(settings: Any, issuer: str) -> None:
    named = [{"id": "ministry", "name": "Ministry", "issuer": issuer, "client_id": CLIENT}]
    settings.SOCIALACCOUNT_PROVIDERS = openid_providers(json.dumps(named), plain_http=True)


@pytest.fixture
def ministry(provider: Provider, settings: Any) -> Provider:
    configured(settings, provider.issuer)
    return provider


def hand_over(phone: Phone, id_token: Any, process: str = "login") -> Any:
    token = {"client_id": CLIENT, "id_token": id_token}
    return phone.call("POST", "auth/provider/token", {"provider": "ministry", "process": process, "token": token})


def flows(answer: Any) -> list[str]:
    return [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]


def errors(answer: Any) -> list[tuple[Any, str]]:
    return [(error.get("param"), error["code"]) for error in answer.json()["errors"]]


def signed_up(ministry: Provider, sub: str = "aiko-1", username: str = "aiko", **claims: Any) -> Phone:
    phone = Phone()
    assert hand_over(phone, ministry.id_token(sub, **claims)).status_code == 401
    made = phone.call("POST", "auth/provider/signup", {"username": username})
    assert made.status_code == 200, made.content
    return phone


def me(phone: Phone) -> Any:
    return Client().get("/api/v1/me/consents", headers=phone.headers)


def test_aiko_signs_up_with_her_account_elsewhere_and_signs_in_with_it_again(ministry: Provider) -> None:
    phone = Phone()
    offered = phone.call("GET", "config").json()["data"]["socialaccount"]["providers"]
    assert [(entry["id"], entry["client_id"], entry["flows"]) for entry in offered] == [
        ("ministry", CLIENT, ["provider_token"])
    ]
    claims = {
        "email": "aiko@ministry.example",
        "email_verified": True,
        "name": "山田 愛子",
        "birthdate": "1990-01-01",
        "picture": "https://ministry.example/aiko.jpg",
        "preferred_username": "a.yamada",
    }
    first = hand_over(phone, ministry.id_token("aiko-1", **claims))
    assert (first.status_code, flows(first)) == (401, ["provider_signup"])
    assert not User.objects.exists(), "nobody has an account whose user name they have not chosen"
    assert phone.call("GET", "auth/provider/signup").status_code == 200
    # The rules of user names are those of every sign-up.
    for username in ("", "ai", "a b"):
        refused = phone.call("POST", "auth/provider/signup", {"username": username})
        assert (refused.status_code, errors(refused)[0][0]) == (400, "username")
        hand_over(phone, ministry.id_token("aiko-1", **claims))
    assert phone.call("POST", "auth/provider/signup", {"username": "aiko"}).status_code == 200
    assert me(phone).status_code == 200
    user = User.objects.get()
    assert (user.username, user.email, user.has_usable_password()) == ("aiko", "aiko@ministry.example", False)
    assert EmailAddress.objects.get().verified
    # Neither name nor birthday nor picture is kept.
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid, account.extra_data) == (user, "ministry", "aiko-1", {})
    again = Phone()
    assert hand_over(again, ministry.id_token("aiko-1", **claims)).status_code == 200
    assert me(again).status_code == 200
    assert User.objects.count() == 1
    assert SocialAccount.objects.get().extra_data == {}


def test_an_address_links_no_two_accounts_confirmed_or_not(ministry: Provider) -> None:
    aiko = make_user(username="aiko", email="aiko@example.org")
    EmailAddress.objects.create(user=aiko, email=aiko.email, verified=True, primary=True)
    for sub, confirmed in (("dao-1", False), ("dao-2", None), ("dao-3", "true"), ("dao-4", True)):
        dao = Phone()
        given = {"email": aiko.email} | ({} if confirmed is None else {"email_verified": confirmed})
        answer = hand_over(dao, ministry.id_token(sub, **given))
        assert (answer.status_code, flows(answer)) == (401, ["provider_signup"])
        made = dao.call("POST", "auth/provider/signup", {"username": sub})
        if confirmed is True:
            # Who has the mailbox is told that it has an account, which is theirs to sign in to and connect.
            assert (made.status_code, [code for _, code in errors(made)]) == (400, ["email_taken"])
            assert not User.objects.filter(username=sub).exists()
        else:
            assert made.status_code == 200
            assert User.objects.get(username=sub).email == ""
    assert not SocialAccount.objects.filter(user=aiko).exists()
    assert EmailAddress.objects.filter(email=aiko.email).count() == 1


def test_an_account_is_connected_by_whoever_is_signed_in_to_it_and_by_nobody_else(ministry: Provider) -> None:
    phone = Phone()
    assert phone.call("POST", "auth/signup", {"username": "aiko", "password": PASSWORD}).status_code == 200
    stranger = Phone()
    assert hand_over(stranger, ministry.id_token("aiko-1"), "connect").status_code in (401, 403)
    assert not SocialAccount.objects.exists()
    assert hand_over(phone, ministry.id_token("aiko-1"), "connect").status_code == 200
    listed = phone.call("GET", "account/providers").json()["data"]
    assert [(entry["provider"]["id"], entry["uid"]) for entry in listed] == [("ministry", "aiko-1")]
    other = Phone()
    assert hand_over(other, ministry.id_token("aiko-1")).status_code == 200
    assert User.objects.count() == 1
    # It is hers now: another account cannot take it over.
    dao = Phone()
    dao.call("POST", "auth/signup", {"username": "dao", "password": PASSWORD})
    taken = hand_over(dao, ministry.id_token("aiko-1"), "connect")
    assert (taken.status_code, [code for _, code in errors(taken)]) == (400, ["connected_other"])
    assert dao.call("DELETE", "account/providers", {"provider": "ministry", "account": "aiko-1"}).status_code == 400, (
        "not hers to take away"
    )
    assert SocialAccount.objects.get().user.username == "aiko"
    gone = phone.call("DELETE", "account/providers", {"provider": "ministry", "account": "aiko-1"})
    assert (gone.status_code, gone.json()["data"]) == (200, [])


def test_the_last_way_in_cannot_be_taken_away(ministry: Provider) -> None:
    phone = signed_up(ministry)
    kept = phone.call("DELETE", "account/providers", {"provider": "ministry", "account": "aiko-1"})
    assert (kept.status_code, [code for _, code in errors(kept)]) == (400, ["no_password"])
    assert SocialAccount.objects.count() == 1


def test_a_second_factor_is_asked_for_whatever_the_first_was(ministry: Provider) -> None:
    phone = Phone()
    phone.call("POST", "auth/signup", {"username": "aiko", "password": PASSWORD})
    assert phone.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    secret = phone.call("GET", "account/authenticators/totp").json()["meta"]["secret"]
    assert phone.call("POST", "account/authenticators/totp", {"code": _code(secret)}).status_code == 200
    assert hand_over(phone, ministry.id_token("aiko-1"), "connect").status_code == 200
    other = Phone()
    halfway = hand_over(other, ministry.id_token("aiko-1"))
    assert (halfway.status_code, flows(halfway)) == (401, ["mfa_authenticate"])
    assert me(other).status_code == 401


def test_who_is_shut_out_here_does_not_come_in_by_the_ministry(ministry: Provider) -> None:
    signed_up(ministry)
    User.objects.update(is_active=False)
    dao = Phone()
    assert hand_over(dao, ministry.id_token("aiko-1")).status_code != 200
    assert "access_token" not in dao.headers
    assert me(dao).status_code == 401


def test_no_forged_old_or_foreign_token_opens_anything(ministry: Provider) -> None:
    signed_up(ministry)
    good = ministry.id_token("aiko-1")
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    other_key = rsa.generate_private_key(65537, 2048)
    key_id = {"kid": header.get("kid", "")} if header.get("kid") else {}
    forged = {
        "another client's": ministry.id_token("aiko-1", client_id="another-app"),
        "signed by another key": jwt.encode(claims, other_key, "RS256", headers=key_id),
        "signed by the public key as a secret": jwt.encode(claims, "s" * 64, "HS256", headers=key_id),
        "of an unknown key": jwt.encode(claims, other_key, "RS256", headers={"kid": "unknown"}),
        "without a key's id": jwt.encode(claims, other_key, "RS256"),
        "not signed": jwt.encode(claims, None, "none", headers=key_id),  # type: ignore[arg-type]
        "altered": good[:-8] + ("A" * 8),
        "no token": "nonsense",
        "parts of one": "e30.e30.e30",
        "empty": "",
        "a number": 5,
    }
    for what, token in forged.items():
        dao = Phone()
        refused = hand_over(dao, token)
        assert refused.status_code == 400, what
        assert me(dao).status_code == 401, what
    assert hand_over(Phone(), good).status_code == 200, "control: the token itself is good"
    wrong_client = {"provider": "ministry", "process": "login", "token": {"client_id": "another-app", "id_token": good}}
    assert Phone().call("POST", "auth/provider/token", wrong_client).status_code == 400
    unknown = {"provider": "nobody", "process": "login", "token": {"client_id": CLIENT, "id_token": good}}
    assert Phone().call("POST", "auth/provider/token", unknown).status_code == 400


def signed(change: dict[str, Any], key: Any, **header: str) -> str:
    claims = {"iss": "https://id.example.org", "aud": CLIENT, "sub": "aiko-1", "iat": int(time.time()) - 9}
    claims = {**claims, "exp": int(time.time()) + 60, **change}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, "RS256", headers=header)


def test_whose_token_it_is_for_whom_and_until_when_is_checked() -> None:
    first, second = (rsa.generate_private_key(65537, 2048) for _ in range(2))

    def key_set(**named: Any) -> dict[str, Any]:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk
        return {"keys": [{**jwk(key.public_key(), as_dict=True), "kid": kid} for kid, key in named.items()]}

    def verified(token: Any, keys: Any) -> Any:
        return _verified(token, keys, issuer="https://id.example.org", client_id=CLIENT)

    both = key_set(first=first, second=second)
    assert verified(signed({}, second, kid="second"), both)["sub"] == "aiko-1"
    # A token need not name the key of an issuer that has one; of one that has two it must.
    assert verified(signed({}, first), key_set(first=first))["sub"] == "aiko-1"
    assert verified(signed({"aud": [CLIENT, "other"], "azp": CLIENT}, first), key_set(first=first))["sub"] == "aiko-1"
    for what, token, keys in (
        ("names no key of two", signed({}, first), both),
        ("names another key", signed({}, first, kid="second"), both),
        ("is over", signed({"exp": int(time.time()) - 5}, first), key_set(first=first)),
        ("never ends", signed({"exp": None}, first), key_set(first=first)),
        ("is nobody's", signed({"sub": None}, first), key_set(first=first)),
        ("is another issuer's", signed({"iss": "https://id.example.com"}, first), key_set(first=first)),
        ("is for another client", signed({"aud": "other"}, first), key_set(first=first)),
        ("was given to another client", signed({"aud": [CLIENT, "o"], "azp": "o"}, first), key_set(first=first)),
        ("is checked by nothing", signed({}, first), {"keys": []}),
        ("is checked by no key set", signed({}, first), {}),
        ("is checked by no object", signed({}, first), []),
        ("is none", None, both),
    ):
        try:
            verified(token, keys)
        except jwt.PyJWTError:
            continue
        raise AssertionError(f"a token that {what} was taken")


def test_a_provider_that_does_not_answer_or_is_another_is_told_apart_from_a_bad_token(
    ministry: Provider, settings: Any
) -> None:
    token = ministry.id_token("aiko-1")
    nobody = f"http://localhost:{processes.free_port()}"
    # The same server under another name: its discovery document names another issuer.
    for issuer in (nobody, ministry.issuer.replace("localhost", "LOCALHOST"), f"{ministry.issuer}/not-there"):
        configured(settings, issuer)
        refused = hand_over(Phone(), token)
        assert (refused.status_code, [code for _, code in errors(refused)]) == (400, ["provider_unavailable"])


def test_of_two_sign_ups_at_once_the_second_makes_nothing(ministry: Provider, monkeypatch: Any) -> None:
    from allauth.socialaccount.models import SocialLogin

    save = SocialLogin.save

    def overtaken(self: Any, request: Any, connect: bool = False) -> None:
        first = make_user(username="first")
        SocialAccount.objects.create(user=first, provider="ministry", uid="aiko-1", extra_data={})
        save(self, request, connect)

    phone = Phone()
    hand_over(phone, ministry.id_token("aiko-1"))
    monkeypatch.setattr(SocialLogin, "save", overtaken)
    second = phone.call("POST", "auth/provider/signup", {"username": "second"})
    assert (second.status_code, [code for _, code in errors(second)]) == (400, ["connected_other"])
    # In a transaction of its own the first would stand; of the second's account nothing does.
    assert not User.objects.filter(username="second").exists()


def test_without_a_provider_the_addresses_are_not_there() -> None:
    phone = Phone()
    for method, path in (
        ("POST", "auth/provider/token"),
        ("GET", "auth/provider/signup"),
        ("POST", "auth/provider/signup"),
        ("GET", "account/providers"),
        ("DELETE", "account/providers"),
        ("POST", "auth/provider/redirect"),
    ):
        assert phone.call(method, path, {}).status_code == 404
    assert phone.call("GET", "config").json()["data"]["socialaccount"]["providers"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "array"),
        ("nonsense", "OPENID_PROVIDERS"),
        ('[{"id": "a", "name": "A", "issuer": "http://id.example.org", "client_id": "x"}]', "https"),
        ('[{"id": "A b", "name": "A", "issuer": "https://id.example.org", "client_id": "x"}]', "id"),
        ('[{"id": "a", "name": "A", "issuer": "https://id.example.org"}]', "client_id"),
        ('[{"id": "a", "name": "A", "issuer": "https://id.example.org", "client_id": "x", "secret": "y"}]', "secret"),
        (json.dumps([{"id": "a", "name": "A", "issuer": "https://id.example.org", "client_id": "x"}] * 2), "same id"),
    ],
)
def test_a_setting_that_cannot_be_meant_stops_the_start(text: str, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=told):
        openid_providers(text)


def test_a_setting_is_read_and_none_is_none() -> None:
    named = [{"id": "a", "name": "A", "issuer": "https://id.example.org/realms/jp", "client_id": "x"}]
    (app,) = openid_providers(json.dumps(named))["openid_connect"]["APPS"]
    assert (app["provider_id"], app["settings"]) == ("a", {"server_url": "https://id.example.org/realms/jp"})
    assert openid_providers("") == openid_providers(" \n") == openid_providers("[]") == {}
