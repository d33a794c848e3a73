"""A trainer authors, previews, is refused with the check list, publishes, and can then change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from courses.catalogue.models import Course, Edition, Lesson, LessonSkill, LessonText, Module
from courses.publishing.models import Document
from courses.skills.models import Skill
from events.models import Event
from privacy.models import AuditEntry
from tests.courses.factories import first_lesson, make_draft, make_published
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def budi() -> Client:
    """A trainer by role, not a superuser."""
    user = make_user(username="budi", is_staff=True)
    user.groups.add(Group.objects.get(name="trainer"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def dao() -> Client:
    """On the staff, with no role."""
    client = Client()
    client.force_login(make_user(username="dao", is_staff=True))
    return client


def _page(thing: Any, name: str = "change") -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_{name}", args=[thing.pk])


def _publishing(edition: Edition) -> str:
    return _page(edition).replace("/change/", "/publishing/")


def _filled(page: Any) -> dict[str, Any]:
    """What a browser would send from the page as it was served, nested forms included."""
    data: dict[str, Any] = {}

    def add_form(form: Any) -> None:
        for name in form.fields:
            value = form[name].value()
            if value is True:
                value = "on"
            if value is not None and value is not False and name != "DELETE":
                data[form.add_prefix(name)] = value if isinstance(value, list) else str(value)

    def add_formset(formset: Any) -> None:
        add_form(formset.management_form)
        for form in formset.forms:
            add_form(form)
            for nested in getattr(form, "nested_formsets", ()):
                add_formset(nested.formset)

    add_form(page.context["adminform"].form)
    for inline in page.context["inline_admin_formsets"]:
        add_formset(inline.formset)
    return data


def _errors(response: Any) -> list[Any]:
    found = [response.context["adminform"].form.errors]

    def look(formset: Any) -> None:
        found.extend([formset.prefix, formset.errors, formset.non_form_errors()])
        for form in formset.forms:
            for nested in getattr(form, "nested_formsets", ()):
                look(nested.formset)

    for inline in response.context["inline_admin_formsets"]:
        look(inline.formset)
    return found


def _save(client: Client, thing: Any, **changes: Any) -> None:
    data = _filled(client.get(_page(thing)))
    response = client.post(_page(thing), {**data, **changes, "_continue": "1"})
    assert response.status_code == 302, _errors(response)


def test_a_trainer_writes_an_edition_from_nothing(budi: Client) -> None:
    assert (
        budi.post(
            reverse("admin:courses_course_add"),
            {
                "slug": "prompts",
                "licence": "CC-BY-4.0",
                "attribution": "",
                "editions-TOTAL_FORMS": 0,
                "editions-INITIAL_FORMS": 0,
            },
        ).status_code
        == 302
    )
    course = Course.objects.get(slug="prompts")
    data = _filled(budi.get(reverse("admin:courses_edition_add")))
    data |= {
        "course": str(course.pk),
        "number": "1",
        "default_language": "en",
        "languages": ["en"],
        "texts-TOTAL_FORMS": 1,
        "texts-0-language": "en",
        "texts-0-title": "Prompts",
        "texts-0-summary": "All of it",
        "texts-0-status": "source",
        "modules-TOTAL_FORMS": 1,
        "modules-0-position": "0",
        "modules-0-texts-TOTAL_FORMS": 1,
        "modules-0-texts-INITIAL_FORMS": 0,
        "modules-0-texts-0-language": "en",
        "modules-0-texts-0-title": "First",
        "modules-0-texts-0-status": "source",
        "modules-0-lessons-TOTAL_FORMS": 2,
        "modules-0-lessons-INITIAL_FORMS": 0,
        "modules-0-lessons-0-slug": "one",
        "modules-0-lessons-0-minutes": "10",
        "modules-0-lessons-0-position": "0",
        "modules-0-lessons-1-slug": "two",
        "modules-0-lessons-1-minutes": "10",
        "modules-0-lessons-1-position": "0",
    }
    response = budi.post(reverse("admin:courses_edition_add"), data)
    assert response.status_code == 302, _errors(response)
    edition = Edition.objects.get(course=course)
    lessons = list(Lesson.objects.filter(module__edition=edition).order_by("position"))
    # A module of its own form, or the one that has texts and lessons: both are there with their order.
    assert [(lesson.slug, lesson.position) for lesson in lessons] == [("one", 0), ("two", 1)]
    assert [module.position for module in Module.objects.filter(edition=edition)] == [0]

    refused = budi.post(_publishing(edition), {"do": "publish"})
    assert {finding.code for finding in refused.context["blocking"]} == {
        "lesson_title_missing",
        "lesson_body_empty",
        "lesson_without_skill",
    }
    skill = Skill.objects.get(code="AIS-B1")
    for lesson in lessons:
        _save(
            budi,
            lesson,
            **{
                "texts-TOTAL_FORMS": 1,
                "texts-0-language": "en",
                "texts-0-title": lesson.slug,
                "texts-0-body": "Some *words*",
                "texts-0-status": "source",
                "skills-TOTAL_FORMS": 1,
                "skills-0-skill": str(skill.pk),
                "skills-0-level": "2",
            },
        )
    preview = budi.get(_page(lessons[0]).replace("/change/", "/preview/"))
    assert "<p>Some <em>words</em></p>" in preview.content.decode()

    assert budi.post(_publishing(edition), {"do": "publish"}).status_code == 302
    edition.refresh_from_db()
    assert edition.status == "published"
    actions = AuditEntry.objects.filter(subject_kind="courses.edition").values_list("action", flat=True)
    assert {"create", "publish"} <= set(actions)
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {str(budi.session["_auth_user_id"])}


def test_modules_and_lessons_are_sorted_on_one_page(budi: Client) -> None:
    edition = make_draft(languages=("en",), modules=2, lessons=3)
    page = budi.get(_page(edition)).content.decode()
    assert page.count('data-ordering-field="position"') >= 3
    # Swap the modules, and turn the lessons of the first one round.
    _save(
        budi,
        edition,
        **{
            "modules-0-position": "1",
            "modules-1-position": "0",
            "modules-0-lessons-0-position": "2",
            "modules-0-lessons-2-position": "0",
        },
    )
    order = Lesson.objects.filter(module__edition=edition).order_by("module__position", "position")
    assert list(order.values_list("slug", flat=True)) == [
        "lesson-1-0",
        "lesson-1-1",
        "lesson-1-2",
        "lesson-0-2",
        "lesson-0-1",
        "lesson-0-0",
    ]
    # A lesson moves to the end of another module on its own page.
    lesson = Lesson.objects.get(slug="lesson-1-0")
    _save(budi, lesson, module=str(Module.objects.get(edition=edition, position=1).pk))
    assert list(order.values_list("slug", flat=True))[-1] == "lesson-1-0"
    # Removing one closes the gap.
    _save(budi, edition, **{"modules-1-lessons-0-DELETE": "on"})
    assert list(order.values_list("module__position", "position")) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]


def test_the_check_list_refuses_and_nothing_is_written(budi: Client) -> None:
    edition = make_draft(modules=1, lessons=2)
    lesson = first_lesson(edition)
    LessonText.objects.filter(lesson=lesson, language="ja").delete()
    LessonSkill.objects.filter(lesson=lesson).delete()
    response = budi.post(_publishing(edition), {"do": "publish"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "cannot be published yet" in text
    assert "teaches no skill" in text
    assert _page(lesson) in text
    edition.refresh_from_db()
    assert (edition.status, edition.published_at) == ("draft", None)
    assert not Document.objects.exists()
    assert not Event.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_published_edition_is_read_only_and_goes_on_as_a_new_draft(budi: Client) -> None:
    edition = make_draft(languages=("en", "th"))
    page = budi.get(_page(edition))
    data = _filled(page)
    lesson = first_lesson(edition)
    lesson_data = _filled(budi.get(_page(lesson)))
    assert budi.post(_publishing(edition), {"do": "publish"}).status_code == 302

    for thing, sent in ((edition, data), (lesson, {**lesson_data, "minutes": "99"})):
        shown = budi.get(_page(thing))
        assert shown.status_code == 200
        assert 'name="_save"' not in shown.content.decode()
        refused = budi.post(_page(thing), sent, follow=True)
        assert "this edition has been published" in refused.content.decode()
        assert budi.post(_page(thing, "delete"), {"post": "yes"}).status_code == 403
    lesson.refresh_from_db()
    assert lesson.minutes == 10

    # Publishing again changes nothing.
    events = Event.objects.count()
    assert budi.post(_publishing(edition), {"do": "publish"}).status_code == 302
    assert Event.objects.count() == events == 1

    response = budi.post(_publishing(edition), {"do": "new_edition"})
    draft = Edition.objects.get(course=edition.course, number=2)
    assert response["Location"] == _page(draft)
    assert draft.status == "draft"
    _save(budi, draft, number="5")


def test_outsiders_cannot_author(dao: Client) -> None:
    edition = make_draft(languages=("en",))
    lesson = first_lesson(edition)
    preview = _page(lesson).replace("/change/", "/preview/")
    learner = Client()
    learner.force_login(make_user())
    for client, status in ((dao, 403), (learner, 302), (Client(), 302)):
        for path in (_page(edition), _page(lesson), _publishing(edition), preview):
            response = client.get(path)
            assert response.status_code == status, path
            assert status != 302 or "/admin/login/" in response["Location"]
        for wanted in ("publish", "new_edition"):
            assert client.post(_publishing(edition), {"do": wanted}).status_code == status
    edition.refresh_from_db()
    assert edition.status == "draft"
    assert Edition.objects.count() == 1


def test_a_reviewer_reads_and_does_not_publish() -> None:
    reviewer = Client()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="reviewer"))
    reviewer.force_login(user)
    edition = make_draft(languages=("en",))
    assert reviewer.get(_publishing(edition)).status_code == 200
    assert reviewer.get(_page(edition)).status_code == 200
    for wanted in ("publish", "new_edition"):
        assert reviewer.post(_publishing(edition), {"do": wanted}).status_code == 403
    assert reviewer.post(_page(edition), {}).status_code == 403
    assert not Edition.objects.exclude(status="draft").exists()


def test_the_preview_shows_hostile_markdown_as_text(budi: Client) -> None:
    body = "<script>alert(1)</script>\n\n[go](javascript:alert(1)) <img src=x onerror=alert(1)>"
    lesson = first_lesson(make_draft(languages=("en",), body=body))
    shown = budi.get(_page(lesson).replace("/change/", "/preview/")).content.decode()
    assert "<script>alert(1)" not in shown
    assert "onerror=alert(1)>" not in shown
    assert 'href="javascript' not in shown
    absent = budi.get(_page(lesson).replace("/change/", "/preview/") + "?language=th")
    assert "no text in this language" in absent.content.decode()


def test_the_framework_is_read_only(budi: Client) -> None:
    skill = Skill.objects.get(code="AIS-A1")
    for thing in (skill, skill.framework):
        assert budi.get(_page(thing)).status_code == 200
        assert budi.post(_page(thing), {"name": "x"}).status_code == 403
    assert budi.get(reverse("admin:courses_skill_add")).status_code == 403


def test_pages_take_the_same_queries_however_many_lessons(budi: Client, query_budget) -> None:
    small, large = make_published(languages=("en",)), make_published(languages=("en",), modules=1, lessons=30)
    for edition in (small, large):
        preview = _page(first_lesson(edition)).replace("/change/", "/preview/")
        with query_budget(22):
            assert budi.get(_publishing(edition)).status_code == 200
        with query_budget(22):
            assert budi.get(preview).status_code == 200
