"""Two tabs on one page of the admin: the second to save is told once, keeps what was typed, and then decides."""

from __future__ import annotations

import pytest
from django.test import Client

from courses.models import CourseText, LessonText
from tests.courses.test_authoring import _course, _filled, _first, _page, _trainer

pytestmark = pytest.mark.django_db


@pytest.fixture
def dewi() -> Client:
    return _trainer("dewi")


@pytest.mark.parametrize("kind", ["course", "lesson"])
def test_the_second_tab_does_not_undo_the_first_unasked(dewi: Client, kind: str) -> None:
    course = _course(dewi, languages=("en", "th"))
    thing, texts = (course, CourseText.objects) if kind == "course" else (_first(course), LessonText.objects)
    opened = dewi.get(_page(thing))
    assert 'name="seen"' in opened.content.decode()
    data = {**_filled(opened), "_continue": "1"}
    text = texts.get(pk=data["texts-0-id"])

    assert dewi.post(_page(thing), {**data, "texts-0-title": "First tab"}).status_code == 302
    text.refresh_from_db()
    assert text.title == "First tab"

    refused = dewi.post(_page(thing), {**data, "texts-0-title": "Second tab"})
    assert refused.status_code == 200
    assert "Somebody saved this page after you opened it" in refused.content.decode()
    assert "Second tab" in refused.content.decode()
    text.refresh_from_db()
    assert text.title == "First tab"

    again = {**_filled(refused), "_continue": "1"}
    assert again["texts-0-title"] == "Second tab"
    assert again.get("wanted_languages") == data.get("wanted_languages")
    assert dewi.post(_page(thing), again).status_code == 302
    text.refresh_from_db()
    assert text.title == "Second tab"


def test_one_tab_saves_again_and_again(dewi: Client) -> None:
    lesson = _first(_course(dewi))
    for title in ("One", "Two"):
        data = _filled(dewi.get(_page(lesson)))
        assert dewi.post(_page(lesson), {**data, "texts-0-title": title}).status_code == 302
    assert LessonText.objects.filter(lesson=lesson, title="Two").exists()
