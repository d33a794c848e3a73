"""A frontend on an origin of its own, in a real browser: sign-up, catalogue, attempt; a page that is not listed gets nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from assessments.models import Attempt
from config import starter_course
from tests.parts import parts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker, pytest.mark.browser]

CHROMIUM = Path("/usr/bin/chromium")
PAGE = b"<!doctype html><html lang=en><title>A learner's app</title><p>Nothing here but scripts' results.</p></html>"

# As a frontend would write it; returns what it read.
FRONTEND = """
async ([base, edition]) => {
    let token = ""
    const call = async (method, path, body, headers = {}) => {
        const answer = await fetch(base + path, {
            method,
            headers: {
                ...(token && {Authorization: `Bearer ${token}`}), ...(body && {"Content-Type": "application/json"}), ...headers,
            },
            body: body && JSON.stringify(body),
        })
        const text = await answer.text()
        return {status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : null}
    }
    const signed = await call("POST", "/auth/app/v1/auth/signup", {username: "from-elsewhere", password: "a long pass phrase"})
    token = signed.body.meta.access_token
    await call("PUT", "/api/v1/me/profile", {
        legal_name: "ສົມໃຈ ວົງສາ", member_state: "LA", languages: ["lo", "en"], birth_year: 1990,
    })
    const purposes = (await call("GET", "/api/v1/purposes")).body.items
    const text = purposes.find((purpose) => purpose.code === "learning_records").texts[0]
    await call("PUT", `/api/v1/me/consents/${crypto.randomUUID()}`, {
        purpose: "learning_records", agency_id: null, given: true, text_version: text.version, text_language: "en",
    })
    const catalogue = await call("GET", "/api/v1/catalogue")
    const lesson = (await call("GET", `/api/v1/editions/${edition}`)).body.modules[0].lessons[0].id
    const read = await call("GET", `/api/v1/lessons/${lesson}`)
    const again = await call("GET", `/api/v1/lessons/${lesson}`, null, {"If-None-Match": read.headers.get("ETag")})
    await call("PUT", `/api/v1/me/enrolments/${crypto.randomUUID()}`, {edition_id: edition})
    const quizzes = (await call("GET", `/api/v1/editions/${edition}/quizzes`)).body.items
    const quiz = quizzes.find((found) => found.mode === "assessment" || found.mode === "practice") ?? quizzes[0]
    const id = crypto.randomUUID()
    const attempt = await call("PUT", `/api/v1/me/attempts/${id}`, {quiz_id: quiz.id})
    const submitted = await call("PUT", `/api/v1/me/attempts/${id}/submission`, {
        answers: attempt.body.items.map((item) => ({item: item.id, response: null})),
    })
    const refused = await call("PUT", "/api/v1/me/profile", {})
    return {
        attempt: id, signed: signed.status, catalogue: catalogue.body.items.length, lesson: read.body.title,
        etag: read.headers.get("ETag"), language: read.headers.get("Content-Language"), again: again.status,
        started: attempt.status, submitted: submitted.status, state: submitted.body.state,
        refused: [refused.status, refused.body.code],
    }
}
"""

STRANGER = """
async ([base, edition]) => {
    const told = []
    for (const [method, path] of [["GET", "/api/v1/catalogue"], ["POST", "/auth/app/v1/auth/signup"], ["GET", "/verify/x"]]) {
        try {
            const body = method === "POST" ? {username: "stranger", password: "a long pass phrase"} : undefined
            const answer = await fetch(base + path, {
                method, body: body && JSON.stringify(body), headers: body ? {"Content-Type": "application/json"} : {},
            })
            told.push(await answer.text())
        } catch (error) {
            told.push(error.name)
        }
    }
    return told
}
"""


@contextmanager
def a_page() -> Iterator[str]:
    """The origin of a web server that has one page and knows nothing of the platform."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: Any) -> None:
            """Nothing: the browser's requests are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def a_browser() -> Iterator[Callable[[str, str, list[str]], Any]]:
    """`run(origin, script, arguments)` opens the origin's page and returns what the script returns there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])

        def run(origin: str, script: str, arguments: list[str]) -> Any:
            page = browser.new_page()
            page.goto(origin)
            return page.evaluate(script, arguments)

        yield run
        browser.close()


def test_a_listed_page_signs_up_reads_and_takes_an_attempt_and_another_page_gets_nothing(tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    edition = str(starter_course.load())
    with a_page() as listed, a_page() as stranger, parts(tmp_path) as running:
        running.environment["CORS_ALLOWED_ORIGINS"] = listed
        running.start_web()
        with a_browser() as run:
            told = run(listed, FRONTEND, [running.base_url, edition])
            nothing = run(stranger, STRANGER, [running.base_url, edition])
    assert told["signed"] == 200
    assert told["catalogue"] == 1
    assert told["lesson"]
    assert told["etag"].startswith('"')
    assert told["language"]
    assert (told["again"], told["started"], told["submitted"]) == (304, 201, 200)
    assert told["refused"] == [400, "invalid_input"]
    attempt = Attempt.objects.get(pk=told["attempt"])
    assert attempt.submitted_at is not None
    # What the stranger's script is told of each call; and the sign-up, which needed leave first, was never made.
    assert nothing == ["TypeError"] * 3
    assert not User.objects.filter(username="stranger").exists()
