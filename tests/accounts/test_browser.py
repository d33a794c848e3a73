"""Aiko learns in a web page of the platform's own origin: a cookie that no script can read, and no token anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as product
from django.test import Client

from accounts.models import User
from tests.factories import make_user

PASSWORD, NEW = "a-long-pass-phrase-7", "another-long-pass-phrase-8"
COOKIE = product.LEARNER_SESSION_COOKIE_NAME
PROFILE = {"legal_name": "山田 愛子", "member_state": "JP", "languages": ["ja"], "birth_year": 1990}
pytestmark = pytest.mark.django_db


class Page:
    """A frontend's page: it sends the CSRF token that it finds in its cookie, as a browser keeps cookies."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.get("/auth/browser/v1/config")

    def call(self, method: str, path: str, body: Any = None, *, csrf: bool = True, **headers: str) -> Any:
        if csrf:
            headers["X-CSRFToken"] = self.client.cookies["csrftoken"].value
        data = b"" if body is None else _json(body)
        return self.client.generic(method, path, data, "application/json", headers=headers)

    def auth(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        return self.call(method, f"/auth/browser/v1/{path}", body, **more)

    def sign_up(self, name: str = "aiko") -> Any:
        return self.auth("POST", "auth/signup", {"username": name, "password": PASSWORD})

    def sign_in(self, name: str = "aiko", password: str = PASSWORD) -> Any:
        return self.auth("POST", "auth/login", {"username": name, "password": password})

    def is_in(self) -> bool:
        return bool(self.client.get("/api/v1/me/consents").status_code == 200)


def _json(body: Any) -> bytes:
    from common.rendering import to_json

    return to_json(body)


def test_a_page_signs_up_with_a_cookie_and_no_token() -> None:
    page = Page()
    answer = page.sign_up()
    assert answer.status_code == 200, answer.content
    assert answer.json()["meta"] == {"is_authenticated": True}
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert "sessionid" not in answer.cookies
    assert page.is_in()
    assert page.auth("GET", "auth/session").status_code == 200


def test_the_cookie_travels_over_tls_alone_where_that_is_set(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE, settings.LEARNER_SESSION_COOKIE_NAME = True, "__Host-learner_session"
    page = Page()
    cookie = page.sign_up().cookies["__Host-learner_session"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert page.is_in()


def test_what_changes_something_needs_the_csrf_token_and_our_origin() -> None:
    page = Page()
    assert page.auth("POST", "auth/signup", {"username": "aiko", "password": PASSWORD}, csrf=False).status_code == 403
    assert not User.objects.exists()
    page.sign_up()
    path = "/api/v1/me/profile"
    refused = page.call("PUT", path, PROFILE, csrf=False)
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert page.call("PUT", path, PROFILE, **{"X-CSRFToken": "0" * 64}, csrf=False).status_code == 403
    assert page.call("PUT", path, PROFILE, Origin="https://stranger.example").status_code == 403
    assert page.call("PUT", path, PROFILE, Origin="null").status_code == 403
    assert page.client.get(path).status_code == 404  # nothing was written
    assert page.call("PUT", path, PROFILE, Origin="http://testserver").status_code == 201
    # Reading changes nothing, and needs none.
    assert page.client.get(path).status_code == 200
    # Signing out is a change too.
    assert page.auth("DELETE", "auth/session", csrf=False).status_code == 403
    assert page.is_in()


def test_signing_out_is_immediate_and_a_stale_cookie_opens_what_is_open_to_all() -> None:
    page = Page()
    page.sign_up()
    stolen = page.client.cookies[COOKIE].value
    assert page.auth("DELETE", "auth/session").status_code == 401
    thief = Client()
    thief.cookies[COOKIE] = stolen
    assert thief.get("/api/v1/me/consents").status_code == 401
    assert thief.get("/api/v1/catalogue").status_code == 200


def test_outsiders_with_a_cookie_of_theirs_are_nobody_else() -> None:
    page, dao = Page(), Page()
    page.sign_up()
    page.call("PUT", "/api/v1/me/profile", PROFILE)
    dao.sign_up("dao")
    assert dao.client.get("/api/v1/me/profile").status_code == 404
    for forged in ("", "x", "a" * 32, "é", "a" * 5000):
        nobody = Client()
        nobody.cookies[COOKIE] = forged
        assert nobody.get("/api/v1/me/profile").status_code == 401


def test_a_session_of_staff_and_one_of_a_learner_are_two(admin_user: User) -> None:
    """The same person in the same browser: neither door opens, closes or changes the other."""
    admin_user.set_password(PASSWORD)
    admin_user.save()
    page = Page()
    name = admin_user.username
    assert page.sign_in(name).status_code == 200
    assert page.is_in()
    assert page.client.get("/admin/").status_code == 302  # signed in as a learner only

    entered = Client().post("/admin/login/?next=/admin/", {"username": name, "password": PASSWORD})
    staffs = entered.cookies["sessionid"]
    assert (staffs["path"], staffs["httponly"], staffs["samesite"]) == ("/admin/", True, "Lax")
    desk = Page()
    desk.client.cookies["sessionid"] = staffs.value
    assert desk.client.get("/admin/").status_code == 200
    assert not desk.is_in()  # and the admin's cookie is nobody's at the interfaces
    assert desk.auth("GET", "auth/session").status_code == 401

    desk.sign_in(name)
    assert desk.is_in()
    desk.auth("DELETE", "auth/session")
    assert not desk.is_in()
    assert desk.client.get("/admin/").status_code == 200


def test_a_change_of_password_keeps_this_browser_and_ends_all_else() -> None:
    page, other = Page(), Page()
    page.sign_up()
    other.sign_in()
    app = (
        Client().post("/auth/app/v1/auth/login", {"username": "aiko", "password": PASSWORD}, "application/json").json()
    )
    changed = page.auth("POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW})
    assert changed.status_code == 200
    assert page.is_in()
    assert not other.is_in()
    bearer = {"Authorization": f"Bearer {app['meta']['access_token']}"}
    assert Client().get("/api/v1/me/consents", headers=bearer).status_code == 401


def test_signing_out_everywhere_and_deactivating_end_the_cookie_too() -> None:
    page = Page()
    page.sign_up()

    def sign_out(*, csrf: bool) -> int:
        answer = page.call("POST", "/api/v1/me/sign-out-everywhere", csrf=csrf, **{"Idempotency-Key": "sign-out-1"})
        return int(answer.status_code)

    assert sign_out(csrf=False) == 403
    assert page.is_in()
    assert sign_out(csrf=True) == 204
    assert not page.is_in()
    page.sign_in()
    assert page.is_in()
    User.objects.update(is_active=False)
    assert not page.is_in()


def test_guesses_and_recovery_are_the_same_by_cookie() -> None:
    page = Page()
    page.sign_up()
    codes = page.auth("POST", "account/recovery-codes").json()["data"]["codes"]
    back = Page()
    answer = back.auth("POST", "auth/recover", {"username": "aiko", "code": codes[0], "password": NEW})
    assert answer.status_code == 200
    assert back.is_in()
    assert not page.is_in()
    make_user(username="budi")
    assert [Page().sign_in("budi", "wrong").status_code for _ in range(6)] == [400] * 5 + [429]


def test_a_token_goes_before_a_cookie_and_needs_no_csrf_token() -> None:
    page = Page()
    page.sign_up()
    dao = (
        Client().post("/auth/app/v1/auth/signup", {"username": "dao", "password": PASSWORD}, "application/json").json()
    )
    bearer = {"Authorization": f"Bearer {dao['meta']['access_token']}"}
    assert page.call("PUT", "/api/v1/me/profile", PROFILE, csrf=False, **bearer).status_code == 201
    assert page.client.get("/api/v1/me/profile").status_code == 404  # it was Dao's
    assert page.client.get("/api/v1/me/profile", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_shared_browser_keeps_nothing_of_one_learner_for_another() -> None:
    page = Page()
    page.sign_up()
    page.call("PUT", "/api/v1/me/profile", PROFILE)
    varies = page.client.get("/api/v1/me/profile")["Vary"]
    assert {"authorization", "cookie"} <= {name.strip().lower() for name in varies.split(",")}
    # What is the same for all stays so for caches.
    assert "cookie" not in page.client.get("/api/v1/member-states")["Vary"].lower()


def test_pages_of_other_origins_are_not_asked_in(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://learn.example.org"]
    asked = {"Origin": "https://learn.example.org", "Access-Control-Request-Method": "POST"}
    answer = Client().options("/auth/browser/v1/auth/login", headers=asked)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_cookie_costs_two_queries(query_budget: Any) -> None:
    from accounts.authentication import LearnerSessionAuthentication

    page = Page()
    page.sign_up()
    request = page.client.get("/api/v1/me/consents").wsgi_request
    with query_budget(2):
        found = LearnerSessionAuthentication().authenticate(_Request(request))  # type: ignore[arg-type]
    assert found is not None
    assert found[0].username == "aiko"


class _Request:
    """As much of DRF's request as is asked for."""

    def __init__(self, request: Any) -> None:
        self._request, self.COOKIES = request, request.COOKIES
