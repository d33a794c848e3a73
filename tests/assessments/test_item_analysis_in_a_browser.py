"""The pages of item analysis as a trainer's browser draws them, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from accounts.roles import TRAINER
from assessments.analysis import services
from assessments.models import AttemptItem, ItemStatistic
from common import clock
from tests.assessments.analysed import make_cohort
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.browser]

CHROMIUM = Path("/usr/bin/chromium")
TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2"}


@contextmanager
def a_browser(client: Client, *, width: int) -> Iterator[Any]:
    """A page of chromium whose every request is answered by the test client: no server, and nothing from elsewhere."""
    from playwright.sync_api import sync_playwright

    asked_elsewhere: list[str] = []

    def answer(route: Any) -> None:
        url = urlsplit(route.request.url)
        if url.netloc != "testserver":
            asked_elsewhere.append(route.request.url)
            route.abort()
        elif url.path.startswith("/static/"):
            found = finders.find(url.path.removeprefix("/static/"))
            body = Path(str(found)).read_bytes() if found else b""
            route.fulfill(status=200 if found else 404, body=body, content_type=TYPES.get(Path(url.path).suffix, ""))
        else:
            got = client.get(f"{url.path}?{url.query}")
            route.fulfill(status=got.status_code, body=got.content, headers=dict(got.headers))

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.route("**/*", answer)
        yield page
        browser.close()
    assert not asked_elsewhere


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Client:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    # Playwright's loop runs in this thread, and Django would refuse the database to it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    client = Client()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=TRAINER))
    client.force_login(user)
    return client


def reports(**given: Any) -> ItemStatistic:
    """Two nights' reports of a cohort; the page of the item that is worth a look."""
    cohort = make_cohort(**given)
    services.analyse_edition(edition_id=cohort.edition.pk, now=clock.now() - timedelta(days=1))
    AttemptItem.objects.filter(attempt=cohort.attempt_ids[0], position=3).update(score=0.0)
    AttemptItem.objects.filter(attempt=cohort.attempt_ids[1], position=3).update(score=0.0)
    run = services.analyse_edition(edition_id=cohort.edition.pk, now=clock.now())
    return ItemStatistic.objects.get(run=run, revision=cohort.revisions[3])


def test_the_charts_are_there_and_fit_the_screen(trainer: Client) -> None:
    row = reports(learners=700, items=6, states=("ID", "PH"), harder_in=(3, "PH", 1.5), seed=2)
    for width in (1280, 390):
        with a_browser(trainer, width=width) as page:
            page.goto("http://testserver" + reverse("admin:assessments_itemstatistic_changelist"))
            assert page.locator("svg.chart.columns").count() == 6
            page.goto("http://testserver" + reverse("admin:assessments_itemstatistic_change", args=[row.pk]))
            for kind, least in (("bar", 6), ("thirds", 1), ("columns", 4), ("difference", 2), ("history", 2)):
                charts = page.locator(f"svg.chart.{kind}")
                assert charts.count() >= least, kind
                box = charts.first.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) > 8, kind
                assert box["x"] + box["width"] <= width, kind
            assert page.evaluate("document.documentElement.scrollWidth") <= width
