"""Two tabs on one page of the admin: the second to save is told once, keeps what was typed, and then decides."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from courses.catalogue.models import EditionText, LessonText
from courses.publishing.services import publish
from tests.courses.factories import first_lesson, make_draft
from tests.courses.test_authoring import _filled, _page
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dewi() -> Client:
    """A trainer by role, not a superuser."""
    user = make_user(username="dewi", is_staff=True)
    user.groups.add(Group.objects.get(name="trainer"))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("kind", ["edition", "lesson"])
def test_the_second_tab_does_not_undo_the_first_unasked(dewi: Client, kind: str) -> None:
    edition = make_draft(languages=("en", "th"))
    thing, texts = (edition, EditionText.objects) if kind == "edition" else (first_lesson(edition), LessonText.objects)
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
    assert again.get("languages") == data.get("languages")
    assert dewi.post(_page(thing), again).status_code == 302
    text.refresh_from_db()
    assert text.title == "Second tab"


def test_one_tab_saves_again_and_again(dewi: Client) -> None:
    lesson = first_lesson(make_draft())
    for title in ("One", "Two"):
        data = _filled(dewi.get(_page(lesson)))
        assert dewi.post(_page(lesson), {**data, "texts-0-title": title}).status_code == 302
    assert LessonText.objects.filter(lesson=lesson, title="Two").exists()


def test_a_page_left_open_over_the_publishing_says_why_it_cannot_save(dewi: Client) -> None:
    edition = make_draft()
    lesson = first_lesson(edition)
    data = _filled(dewi.get(_page(lesson)))
    publish(edition_id=edition.pk, actor="test")
    told = dewi.post(_page(lesson), {**data, "texts-0-title": "Too late"}, follow=True)
    assert told.status_code == 200
    assert "this edition has been published" in told.content.decode()
    assert not LessonText.objects.filter(title="Too late").exists()

    nobody = Client()
    nobody.force_login(make_user(username="dao", is_staff=True))
    assert nobody.post(_page(lesson), data).status_code == 403
