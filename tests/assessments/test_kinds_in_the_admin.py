"""A trainer writes an item of every kind in the admin, without a word of JSON."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.roles import TRAINER
from assessments.attempts.rules import AskedItem, read_answers
from assessments.items.kinds import KINDS
from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from common import clock
from courses.models import Edition
from tests.assessments.factories import make_edition
from tests.assessments.test_admin import form_of, staff
from tests.assessments.test_kinds import LANGUAGES, SAMPLES

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return Item.objects.create(bank=bank_of_course(make_edition(languages=LANGUAGES).course_id), code="new-one")


def page(item: Item) -> str:
    return reverse("admin:assessments_item_change", args=[item.pk])


def written(name: str) -> dict[str, str]:
    """What a trainer would type for a sample."""
    sample, kind = SAMPLES[name], KINDS[SAMPLES[name].kind]
    given = {
        "kind": sample.kind,
        "key_text": sample.written.replace("\n", "\r\n"),
        "skills_text": "AIS-A1",
        "level": "1",
        "difficulty": "easy",
        "guess": str(sample.guess),
    }
    for tag in LANGUAGES:
        text = sample.text(tag)
        given[f"prompt__{tag}"], given[f"feedback__{tag}"] = text["prompt"], text["feedback"]
        given[f"part__{tag}"] = kind.part_text(text).replace("\n", "\r\n") if kind.part else ""
        given[f"options__{tag}"] = "\r\n".join(
            f"{option['id']}: {option['text']}" for option in text.get("options", ())
        )
    return given


@pytest.mark.parametrize("name", ["multiple overlap", "matching", "text", "cloze", "hotspot", "task"])
def test_a_trainer_writes_an_item_of_each_kind_and_saves_it_unchanged(client, item, name):
    staff(client, TRAINER)
    shown = form_of(client.get(page(item)))
    answer = client.post(page(item), shown | written(name))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    revision = ItemRevision.objects.get()
    sample = SAMPLES[name].draft()
    assert (revision.kind, revision.key, revision.content) == (sample.kind, sample.key, sample.content)
    ItemRevision.objects.update(approved_at=clock.now())
    answer = client.get(page(item))
    assert client.post(page(item), form_of(answer)).status_code == 302
    assert ItemRevision.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "change", "field", "message"),
    [
        ("matching", {"part__th": "1: x\r\n2"}, "part__th", "line 2: id must be 1 to 20 letters or digits"),
        ("cloze", {"prompt__en": "{{g1}}"}, "prompt__en", "must hold {{g2}} once"),
        ("cloze", {"key_text": "g1 = a"}, "key_text", "gaps lacks g2"),
        (
            "hotspot",
            {"part__en": "https://x.example/a.png\r\nAn e-mail\r\na: 0 0 .5 .5 One\r\nb: 0.6 0 2 .5 Two"},
            "part__en",
            "line 4: box must be left, top, width, height within the picture",
        ),
        ("task", {"part__en": "much"}, "part__en", "must say how many characters and how many files"),
        ("task", {"key_text": "[aim]\r\nen: Aim"}, "key_text", "criteria 1 title is missing in th"),
        ("single", {"part__en": "a"}, "part__en", "is not part of an item's text"),
        (
            "text",
            {"key_text": "en: prompt | Prompt\r\nth: พรอมต์"},
            "key_text",
            "“Prompt” is the same answer as “prompt”",
        ),
        ("numeric", {"key_text": "1,0000"}, "key_text", "“1,0000” can be read as 1 or as 10000"),
        ("numeric", {"key_text": "4O"}, "key_text", "“O” is a letter: write the digit 0"),
    ],
)
def test_what_is_wrong_stands_at_its_field(client, item, name, change, field, message):
    staff(client, TRAINER)
    answer = client.post(page(item), form_of(client.get(page(item))) | written(name) | change)
    assert answer.status_code == 200
    assert any(message in error for error in answer.context["adminform"].form.errors[field])
    assert not ItemRevision.objects.exists()


def test_an_indonesian_trainer_writes_a_number_as_indonesian_does_and_sees_how_it_was_read(client):
    edition = make_edition(languages=("id", "en"), published=False)
    Edition.objects.filter(pk=edition.pk).update(default_language="id")
    item = Item.objects.create(bank=bank_of_course(edition.course_id), code="number")
    staff(client, TRAINER)
    given = {
        "kind": "numeric",
        "key_text": "1.250.000,5 ± ０，５",
        "skills_text": "AIS-A1，",
        "level": "1",
        "difficulty": "easy",
        "guess": "0",
        "prompt__id": "Berapa?",
        "prompt__en": "How much?",
    }
    answer = client.post(page(item), form_of(client.get(page(item))) | given)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert ItemRevision.objects.get().key == {"value": 1250000.5, "tolerance": 0.5}
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert any(
        "“1.250.000,5” is kept as 1250000.5, as numbers are written in Indonesian (id)." in line for line in told
    )
    shown = client.get(page(item))
    assert "Read as in Indonesian (id): 3,5 is 3.5, 1234,25 is 1234.25, 1.234.567 is 1234567." in shown.content.decode()
    assert form_of(shown)["key_text"] == "1250000,5 ± 0,5"
    # The preview, in the language-free form.
    assert "<b>1250000.5 ± 0.5</b>" in shown.content.decode()
    assert client.post(page(item), form_of(shown)).status_code == 302
    assert ItemRevision.objects.get().key == {"value": 1250000.5, "tolerance": 0.5}
    # One number, and not another without a word.
    answer = client.post(page(item), form_of(shown) | {"key_text": "10.000"})
    assert answer.status_code == 200
    assert "10.000" in str(answer.context["adminform"].form.errors["key_text"])
    assert ItemRevision.objects.count() == 1


def test_full_width_signs_are_read_in_the_boxes_of_an_item(client, item):
    staff(client, TRAINER)
    change = {
        "key_text": "ｅｎ：machine learning｜ML\r\nｔｈ：การเรียนรู้ของเครื่อง\r\n１　typo",
        "skills_text": "ＡＩＳ－Ａ１",
        "level": "１",
    }
    answer = client.post(page(item), form_of(client.get(page(item))) | written("text") | change)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    revision = ItemRevision.objects.get()
    assert (revision.key, revision.skills) == (SAMPLES["text"].key, ["AIS-A1"])


def test_a_preview_shows_the_picture_s_regions_and_escapes_what_an_author_wrote(client, item):
    staff(client, TRAINER)
    draft = SAMPLES["hotspot"].draft()
    draft.content["en"]["picture"]["regions"][0]["label"] = "<script>alert(1)</script>"
    ItemRevision.objects.create(item=item, **draft.values())
    shown = client.get(page(item)).content.decode()
    assert "left:10.0%;top:5.0%;width:40.0%;height:10.0%" in shown
    assert "<script>alert(1)</script>" not in shown


def test_nothing_handed_in_is_an_item_left_open():
    asked = {number: AskedItem(name, (), SAMPLES[name].text()) for number, name in enumerate(("task", "text", "cloze"))}
    empty = [{"item": 0, "response": {"text": " "}}, {"item": 1, "response": "\u200b"}, {"item": 2, "response": {}}]
    assert read_answers(empty, asked) == {}


def save(client, item: Item, change: dict[str, str], name: str = "text") -> list[str]:
    """Save a sample with a change; return what the author is told."""
    answer = client.post(page(item), form_of(client.get(page(item))) | written(name) | change)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return [message for message in map(str, get_messages(answer.wsgi_request)) if item.code in message]


def test_an_author_is_told_of_a_number_that_is_kept_otherwise_than_it_was_written(client, item):
    staff(client, TRAINER)
    given = {"kind": "numeric", "key_text": "3,500 ±", "guess": "0"} | dict.fromkeys(
        [f"{name}__{tag}" for name in ("part", "options") for tag in LANGUAGES], ""
    )
    assert any(
        "“3,500” is kept as 3500, as numbers are written in English (en)." in note for note in save(client, item, given)
    )
    assert not any("is kept as" in note for note in save(client, item, given | {"key_text": "３．５ ± ๕ %"}))
    assert "Read as in English (en): 3.5 is 3.5, 1234.25 is 1234.25, 1,234,567 is 1234567." in (
        client.get(page(item)).content.decode()
    )


def test_an_author_is_warned_that_what_looks_like_a_list_is_one_answer(client, item):
    staff(client, TRAINER)
    notes = save(client, item, {"key_text": "*: 学習、推論"})
    assert ItemRevision.objects.get().key == {"accept": {"*": ["学習、推論"]}}
    assert any("“学習、推論” is held as ONE answer; write | between answers." in note for note in notes)
    assert not any("ONE answer" in note for note in save(client, item, {"key_text": "*: learning | 1,000"}))
    gaps = save(client, item, {"key_text": SAMPLES["cloze"].written + "\ng2 *: 学習、推論"}, "cloze")
    assert any("g2: “学習、推論” is held as ONE answer" in note for note in gaps)


def test_more_typos_than_may_be_are_refused_where_they_stand(client, item):
    staff(client, TRAINER)
    change = {"key_text": "*: prompt\r\n2 typos"}
    answer = client.post(page(item), form_of(client.get(page(item))) | written("text") | change)
    assert "must be 0 or 1" in str(answer.context["adminform"].form.errors["key_text"])
    assert not ItemRevision.objects.exists()
