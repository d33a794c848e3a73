"""Every answer says what a browser may do with it, and the admin works under what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from courses.models import Edition
from tests.assessments.test_item_analysis_in_a_browser import CHROMIUM, TYPES, reports
from tests.factories import make_user

pytestmark = pytest.mark.django_db
CSP = "Content-Security-Policy"


def _directives(answer: Any) -> dict[str, set[str]]:
    parts = [part.split() for part in answer[CSP].split(";")]
    return {name: set(sources) for name, *sources in parts}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/livez",
            "/readyz",
            "/robots.txt",
            "/problems/not_found",
            "/nothing",
            "/api/v1/nothing",
            "/api/openapi.yaml",
        ),
        *("/api/v1/member-states", "/api/v1/me/profile", "/agency/v1/progress", "/auth/app/v1/config", "/verify"),
        *(
            "/verify/nobody",
            "/shared/nobody",
            "/.well-known/did.json",
            "/log/keys",
            "/api/docs",
            "/agency/docs",
            "/verify/docs",
        ),
        *("/admin/", "/admin/login/", "/admin/nothing/", "/admin/jsi18n/"),
    ],
)
def test_every_answer_has_a_policy(path: str) -> None:
    for headers in ({"Accept": "text/html"}, {}):
        given = _directives(Client().get(path, headers=headers))
        assert given["default-src"] == {"'none'"}
        assert given["frame-ancestors"] == {"'none'"}
        assert given["base-uri"] == {"'none'"}
        scripts = given.get("script-src", set())
        assert "'unsafe-inline'" not in scripts
        assert ("'unsafe-eval'" in scripts) is path.startswith("/admin/")
        assert "*" not in " ".join(" ".join(sources) for sources in given.values())


def test_a_foreign_host_and_a_forged_form_have_one_too() -> None:
    assert CSP in Client().get("/", headers={"Host": "evil.example"})
    assert CSP in Client(enforce_csrf_checks=True).post("/admin/login/", {})


@pytest.mark.parametrize("path", ["/api/docs", "/agency/docs", "/verify/docs"])
def test_no_script_stands_in_the_documentations_page(path: str) -> None:
    html = Client().get(path).content.decode()
    assert "<script>" not in html
    assert Client().get(f"{path}?script=")["Content-Type"].startswith("application/javascript")


VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


class Opened:
    """Pages as the server answers them, policy and all, in Chromium."""

    def __init__(self, answers: dict[str, Any], context: Any) -> None:
        self.answers, self.context = answers, context
        context.add_init_script(VIOLATIONS)
        context.route("**/*", self._answer)

    def _answer(self, route: Any) -> None:
        url = urlsplit(route.request.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        static = finders.find(url.path.removeprefix("/static/")) if url.path.startswith("/static/") else None
        if url.netloc == "testserver" and static:
            kind = TYPES.get(Path(str(static)).suffix, "application/octet-stream")
            route.fulfill(body=Path(str(static)).read_bytes(), content_type=kind)
        elif (
            url.netloc == "testserver" and (answer := self.answers.get(path) or self.answers.get(url.path)) is not None
        ):
            headers = {name: answer[name] for name in ("Content-Type", CSP)}
            route.fulfill(body=answer.content, headers=headers, status=answer.status_code)
        else:
            route.fulfill(status=404)

    def page(self, path: str) -> Any:
        page = self.context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(f"http://testserver{path}", wait_until="load")
        if path.startswith("/admin/"):
            page.wait_for_function("typeof window.Alpine == 'object' && !document.querySelector('[x-cloak]')")
        return page


@pytest.fixture
def admin() -> Client:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def _browse(answers: dict[str, Any]) -> Iterator[Opened]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield Opened(answers, browser.new_context())
        browser.close()


@pytest.mark.browser
def test_the_admin_works_under_its_policy(admin: Client) -> None:
    row = reports(learners=700, items=6, states=("ID", "PH"), harder_in=(3, "PH", 1.5), seed=2)
    item = reverse("admin:assessments_itemstatistic_change", args=[row.pk])
    # One of each kind: index, list with filters, form, form with rows that are sorted, charts.
    edition = reverse("admin:courses_edition_change", args=[Edition.objects.latest("pk").pk])
    paths = ["/admin/", item, "/admin/learners/learner/", "/admin/accounts/user/add/", edition]
    answers = {path: admin.get(path) for path in [*paths, reverse("admin:jsi18n")]}
    assert [path for path, answer in answers.items() if answer.status_code != 200] == []
    # A control: the same page with a script in it, as somebody might smuggle one in.
    forged = admin.get("/admin/")
    forged.content = forged.content.replace(b"</body>", b"<script>window.smuggled = true</script></body>")
    answers["/admin/?forged"] = forged
    for opened in _browse(answers):
        for path in paths:
            page = opened.page(path)
            assert page.evaluate("window.violations") == [], path
            assert page.errors == [], path
            assert page.evaluate("typeof window.Alpine") == "object"
            # What the theme draws by expressions is drawn: nothing waits for Alpine any more.
            assert page.locator("[x-cloak]:visible").count() == 0
        charts = opened.page(item)
        assert charts.evaluate("typeof window.Chart") == "function"
        page = opened.page("/admin/?forged")
        assert page.evaluate("window.smuggled") is None
        assert any(entry.startswith("script-src") for entry in page.evaluate("window.violations"))


@pytest.mark.browser
def test_the_documentation_works_under_its_policy(admin: Client) -> None:
    answers = {path: admin.get(path) for path in ("/verify/docs", "/verify/docs?script=", "/verify/openapi.yaml")}
    for opened in _browse(answers):
        page = opened.page("/verify/docs")
        page.wait_for_selector(".opblock", timeout=20_000)
        assert page.evaluate("window.violations") == []
