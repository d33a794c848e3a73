"""A phone whose line drops five times during an attempt, in a real browser: every answer is graded, handed in or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from assessments.attempts.grading import close_expired
from assessments.attempts.models import Attempt
from common import clock
from common.ids import new_id
from tests.assessments.factories import RIGHT, enrol, make_bank, make_edition, make_quiz
from tests.assessments.test_races import in_threads
from tests.factories import make_learner
from tests.journeys.test_from_another_origin import CHROMIUM, a_page
from tests.parts import parts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker, pytest.mark.browser]
PASSWORD = "a long pass phrase"

# As a frontend would write it. Answers wait in the page's storage, as they would over a restart of the phone; `send` sends all
# that wait whenever it is called, and forgets what the server says stands. `lost` counts the calls that got no answer.
FRONTEND = """
([base, username, password]) => {
    const phone = window.phone = {token: "", lost: 0, attempt: null}
    const call = async (method, path, body) => {
        const answer = await fetch(base + path, {
            method,
            headers: {
                "Content-Type": "application/json", ...(phone.token && {Authorization: `Bearer ${phone.token}`}),
            },
            body: body && JSON.stringify(body),
        })
        return {status: answer.status, body: await answer.json()}
    }
    const waiting = () => JSON.parse(localStorage.getItem("answers") ?? "[]")
    phone.waiting = () => waiting().length
    phone.signIn = async () => {
        phone.token = (await call("POST", "/auth/app/v1/auth/login", {username, password})).body.meta.access_token
    }
    phone.start = async (id, quiz) => {
        phone.attempt = (await call("PUT", `/api/v1/me/attempts/${id}`, {quiz_id: quiz})).body
        return phone.attempt.items
    }
    phone.send = async () => {
        const sent = waiting()
        if (!sent.length) return "nothing waits"
        try {
            const {status, body} = await call("PATCH", `/api/v1/me/attempts/${phone.attempt.id}/answers`, {answers: sent})
            const stands = new Map(body.saved.map(({item, sequence}) => [item, sequence]))
            const left = waiting().filter(({item, sequence}) => !(sequence <= stands.get(item)))
            localStorage.setItem("answers", JSON.stringify(left))
            return status
        } catch (error) {
            phone.lost += 1
            return error.name
        }
    }
    phone.answer = (item, response) => {
        const last = Number(localStorage.getItem("sequence") ?? 0)
        const sequence = Math.max(Date.now(), last + 1)
        localStorage.setItem("sequence", sequence)
        localStorage.setItem("answers", JSON.stringify([...waiting(), {item, response, sequence}]))
        return phone.send()
    }
    phone.handIn = () => call("PUT", `/api/v1/me/attempts/${phone.attempt.id}/submission`, {})
    phone.read = () => call("GET", `/api/v1/me/attempts/${phone.attempt.id}`)
}
"""


@contextmanager
def a_phone(origin: str) -> Iterator[Any]:
    """A page of the origin in a browser, whose line can be cut (`page.context.set_offline`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()
        page.goto(origin)
        yield page
        browser.close()


def take_on_a_bad_line(page: Any, reopen: Callable[[], None], attempt_id: str, quiz: Any) -> None:
    """Answer all ten questions rightly while the line drops five times and the page is closed once."""
    reopen()
    items = page.evaluate("([id, quiz]) => phone.start(id, quiz)", [attempt_id, str(quiz.pk)])
    assert len(items) == 10
    unheard = []

    def lose_the_answer(route: Any) -> None:
        """The server gets the call, and the phone no answer: the line went in between."""
        unheard.append(route.fetch().status)
        route.abort()

    lost = 0
    for number, item in enumerate(items):
        if number == 5:
            # Closed with an answer that waits, and opened again: the queue is in the page's storage.
            lost += page.evaluate("() => phone.lost")
            assert page.evaluate("() => phone.waiting()") == 1
            reopen()
            page.evaluate("([id, quiz]) => phone.start(id, quiz)", [attempt_id, str(quiz.pk)])
        drops = number % 2 == 0
        if drops and number % 4 == 0:
            page.context.set_offline(True)
        elif drops:
            page.context.route("**/answers", lose_the_answer)
        told = page.evaluate("([item, response]) => phone.answer(item, response)", [item["id"], RIGHT[item["kind"]]])
        assert told == ("TypeError" if drops else 200)
        page.context.set_offline(False)
        page.context.unroute("**/answers")
    assert lost + page.evaluate("() => phone.lost") == 5
    assert unheard == [200, 200]
    assert page.evaluate("() => phone.waiting()") == 0


def test_a_line_that_drops_five_times_costs_no_answer(tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    edition = make_edition()
    make_bank(edition, each=5)
    quiz = make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 5}, {"skill": "AIS-B1", "count": 5}])
    aiko = make_learner()
    enrol(aiko, edition)
    aiko.user.set_password(PASSWORD)
    aiko.user.save()

    def time_goes_by(_: None) -> int:
        live = Attempt.objects.filter(submitted_at__isnull=True)
        live.update(due_at=F("started_at"), started_at=F("started_at") - timedelta(minutes=10))
        return close_expired(now=clock.now() + timedelta(minutes=1))

    with a_page() as origin, parts(tmp_path) as running:
        running.environment["CORS_ALLOWED_ORIGINS"] = origin
        running.start_web()
        with a_phone(origin) as page:

            def reopen() -> None:
                page.goto(origin)
                page.evaluate(FRONTEND, [running.base_url, aiko.user.username, PASSWORD])
                page.evaluate("() => phone.signIn()")

            take_on_a_bad_line(page, reopen, str(new_id()), quiz)
            handed_in = page.evaluate("() => phone.handIn()")
            # The next time the phone's battery is empty before she can hand in.
            take_on_a_bad_line(page, reopen, str(new_id()), quiz)
            assert in_threads(time_goes_by, [None], threads=1) == [1]
            left = page.evaluate("() => phone.read()")
    for told, by_clock in ((handed_in, False), (left, True)):
        body = told["body"]
        assert (told["status"], body["state"], body["closed_by_clock"]) == (200, "graded", by_clock)
        assert [item["review"]["correct"] for item in body["items"]] == [True] * 10
        assert (body["score"], body["passed"]) == (1.0, True)
