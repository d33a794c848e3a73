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

from accounts.models import User
from accounts.roles import TRAINER
from assessments.analysis import services
from assessments.models import AttemptItem, ItemStatistic
from common import clock
from tests.assessments.analysed import make_cohort
from tests.assessments.factories import join_teams
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.browser]

CHROMIUM = Path("/usr/bin/chromium")
TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2"}


@contextmanager
def a_browser(pages: dict[str, bytes]) -> Iterator[Any]:
    """Chromium that finds `pages` by path, and static files; no server, and nothing from elsewhere.

    The pages are made before: within playwright's loop Django would open a connection that sees none of the test's rows.
    """
    from playwright.sync_api import sync_playwright

    not_there: list[str] = []

    def answer(route: Any) -> None:
        url = urlsplit(route.request.url)
        static = finders.find(url.path.removeprefix("/static/")) if url.path.startswith("/static/") else None
        if url.netloc == "testserver" and static:
            content_type = TYPES.get(Path(str(static)).suffix, "application/octet-stream")
            route.fulfill(body=Path(str(static)).read_bytes(), content_type=content_type)
        elif url.netloc == "testserver" and url.path in pages:
            route.fulfill(body=pages[url.path], content_type="text/html; charset=utf-8")
        else:
            not_there.append(route.request.url)
            route.fulfill(status=404)

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context()
        context.route("**/*", answer)
        yield context
        browser.close()
    assert not not_there


@pytest.fixture
def trainer() -> Client:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    client = Client()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=TRAINER))
    client.force_login(user)
    return client


def reports(**given: Any) -> ItemStatistic:
    """Two nights' reports of a cohort; the page of the item that is worth a look."""
    cohort = make_cohort(**given)
    for person in User.objects.filter(is_staff=True):
        join_teams(person, role="author")
    services.analyse_course(course_id=cohort.edition.course_id, now=clock.now() - timedelta(days=1))
    AttemptItem.objects.filter(attempt=cohort.attempt_ids[0], position=3).update(score=0.0)
    AttemptItem.objects.filter(attempt=cohort.attempt_ids[1], position=3).update(score=0.0)
    run = services.analyse_course(course_id=cohort.edition.course_id, now=clock.now())
    return ItemStatistic.objects.get(run=run, revision=cohort.revisions[3])


def test_the_charts_are_there_and_fit_the_screen(trainer: Client) -> None:
    row = reports(learners=700, items=6, states=("ID", "PH"), harder_in=(3, "PH", 1.5), seed=2)
    listing = reverse("admin:assessments_itemstatistic_changelist")
    item = reverse("admin:assessments_itemstatistic_change", args=[row.pk])
    pages = {path: trainer.get(path).content for path in (listing, item, reverse("admin:jsi18n"))}
    with a_browser(pages) as browser:
        for width in (1280, 390):
            page = browser.new_page()
            page.set_viewport_size({"width": width, "height": 900})
            page.goto("http://testserver" + listing)
            assert page.locator("svg.figure.columns").count() == 6
            page.goto("http://testserver" + item)
            for kind, least in (("bar", 6), ("thirds", 1), ("columns", 4), ("difference", 2), ("history", 2)):
                charts = page.locator(f"svg.figure.{kind}")
                assert charts.count() >= least, kind
                box = charts.first.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) > 8, kind
                assert box["x"] + box["width"] <= width, kind
            assert page.evaluate("document.documentElement.scrollWidth") <= width
