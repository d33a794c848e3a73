"""A trainer authors, previews, is refused with the check list, publishes, and can then change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from courses.content.services import make_owner
from courses.models import (
    Activity,
    Course,
    CourseMember,
    Document,
    Edition,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    Skill,
)
from courses.publishing.services import propose
from events.models import Event
from privacy.models import AuditEntry
from tests.courses.factories import make_content, make_course, make_published
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _trainer(name: str, *, state: str | None = None, role: str = "trainer") -> Client:
    """Somebody of the staff by role, not a superuser."""
    user = make_user(username=name, is_staff=True, member_state_id=state)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    client.user = user  # type: ignore[attr-defined]
    return client


def _course(owner: Client, **given: Any) -> Course:
    """A course of which the trainer is the owner."""
    course = make_course(**given)
    make_owner(course_id=course.pk, user=owner.user)  # type: ignore[attr-defined]
    return course


def _first(course: Course) -> Lesson:
    return Lesson.objects.filter(activity__course=course).order_by("activity__module__position", "activity__position")[
        0
    ]


@pytest.fixture
def budi() -> Client:
    return _trainer("budi")


@pytest.fixture
def dao() -> Client:
    """On the staff, with no role."""
    client = Client()
    client.force_login(make_user(username="dao", is_staff=True))
    return client


def _page(thing: Any, name: str = "change") -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_{name}", args=[thing.pk])


def _publishing(course: Course) -> str:
    return _page(course).replace("/change/", "/publishing/")


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


def test_a_trainer_writes_a_course_from_nothing_and_mends_a_typo(budi: Client) -> None:
    add = reverse("admin:courses_course_add")
    begun = budi.post(add, {"title": "Asking AI", "source_language": "en", "wanted_languages": ["en"]})
    course = Course.objects.get()
    assert begun["Location"] == _page(course)
    assert (course.slug, course.authority_id) == ("asking-ai", "regional")
    assert [(member.user.username, member.role) for member in course.members.all()] == [("budi", "owner")]

    refused = budi.post(_publishing(course), {"do": "publish_draft"})
    assert {finding.code for finding in refused.context["blocking"]} == {"no_module"}
    _save(
        budi,
        course,
        **{
            "modules-TOTAL_FORMS": 1,
            "modules-0-position": "0",
            "modules-0-texts-TOTAL_FORMS": 1,
            "modules-0-texts-INITIAL_FORMS": 0,
            "modules-0-texts-0-language": "en",
            "modules-0-texts-0-title": "First",
            "modules-0-texts-0-status": "source",
            "modules-0-activities-TOTAL_FORMS": 2,
            "modules-0-activities-INITIAL_FORMS": 0,
            "modules-0-activities-0-title": "What to ask",
            "modules-0-activities-0-position": "0",
            "modules-0-activities-1-title": "What to ask",
            "modules-0-activities-1-position": "0",
        },
    )
    # Nobody typed a short name, and they do not clash.
    activities = list(Activity.objects.filter(course=course).order_by("position"))
    assert [(activity.slug, activity.position) for activity in activities] == [("what-to-ask", 0), ("what-to-ask-2", 1)]
    assert [module.position for module in Module.objects.filter(course=course)] == [0]

    refused = budi.post(_publishing(course), {"do": "publish_draft", "note": "The first one"})
    assert {finding.code for finding in refused.context["blocking"]} == {"lesson_body_empty", "lesson_without_skill"}
    assert "The first one" in refused.content.decode()
    for lesson in Lesson.objects.all():
        _save(
            budi,
            lesson,
            **{
                "texts-0-body": "Some *wrods*",
                "skills-TOTAL_FORMS": 1,
                "skills-0-skill_code": "AIS-B1",
                "skills-0-level": "2",
            },
        )
    lesson = _first(course)
    preview = budi.get(_page(lesson).replace("/change/", "/preview/"))
    assert "<p>Some <em>wrods</em></p>" in preview.content.decode()

    assert budi.post(_publishing(course), {"do": "publish_draft"}).status_code == 302
    first = Edition.objects.get()
    assert (first.status, first.proposed_by) == ("published", budi.user)  # type: ignore[attr-defined]

    _save(budi, lesson, **{"texts-0-body": "Some *words*"})
    shown = budi.get(_publishing(course))
    assert [(change.kind, change.what, list(change.languages)) for change in shown.context["changes"]] == [
        ("lesson", "changed", ["en"])
    ]
    sent = {"do": "publish_draft", "seen": shown.context["seen"], "note": "A typo", "substantial": [str(lesson.pk)]}
    assert budi.post(_publishing(course), sent).status_code == 302
    second = Edition.objects.get(number=2)
    assert (second.status, second.note) == ("published", "A typo")
    assert second.pins.get(unit=lesson.pk).version.substantial
    actions = AuditEntry.objects.filter(subject_kind="courses.edition").values_list("action", flat=True)
    assert sorted(actions) == ["propose", "propose", "publish", "publish", "retire"]
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {str(budi.user.pk)}  # type: ignore[attr-defined]
    # Whoever wants to know reads what the first one said.
    was = budi.get(reverse("admin:courses_edition_as_it_was", args=[first.pk]))
    assert "<em>wrods</em>" in was.content.decode()


def test_modules_and_lessons_are_sorted_on_one_page_and_what_is_removed_comes_back(budi: Client) -> None:
    course = _course(budi, languages=("en",), modules=2, lessons=3)
    page = budi.get(_page(course)).content.decode()
    assert page.count('data-ordering-field="position"') >= 3
    # Swap the modules, and turn the lessons of the first one round.
    _save(
        budi,
        course,
        **{
            "modules-0-position": "1",
            "modules-1-position": "0",
            "modules-0-activities-0-position": "2",
            "modules-0-activities-2-position": "0",
        },
    )
    order = Activity.objects.filter(course=course, removed_at__isnull=True).order_by("module__position", "position")
    assert list(order.values_list("slug", flat=True)) == [
        "lesson-1-0",
        "lesson-1-1",
        "lesson-1-2",
        "lesson-0-2",
        "lesson-0-1",
        "lesson-0-0",
    ]
    # A lesson moves to the end of another module on its own page.
    lesson = Lesson.objects.get(activity__slug="lesson-1-0")
    _save(budi, lesson, module=str(Module.objects.get(course=course, position=1).pk))
    assert list(order.values_list("slug", flat=True))[-1] == "lesson-1-0"
    # Removing one closes the gap; it is marked and can be put back.
    _save(budi, course, **{"modules-1-activities-0-DELETE": "on"})
    assert list(order.values_list("module__position", "position")) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    assert Lesson.objects.count() == 6
    _save(budi, course, **{"modules-0-DELETE": "on"})
    assert order.count() == 3
    shown = budi.get(_publishing(course))
    module, activity = sorted(shown.context["removed"], key=lambda thing: isinstance(thing, Activity))
    for thing in (module, activity):
        assert budi.post(_publishing(course), {"do": "put_back", "thing": str(thing.pk)}).status_code == 302
    assert order.count() == 6
    assert budi.post(_publishing(course), {"do": "put_back", "thing": "no id"}).status_code == 200


def test_the_check_list_refuses_and_nothing_is_written(budi: Client) -> None:
    course = _course(budi, modules=1, lessons=2)
    lesson = _first(course)
    LessonText.objects.filter(lesson=lesson, language="ja").delete()
    LessonSkill.objects.filter(lesson=lesson).delete()
    response = budi.post(_publishing(course), {"do": "publish_draft"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "cannot be published yet" in text
    assert "teaches no skill" in text
    assert "not offered yet" in text
    assert _page(lesson) in text
    for thing in (Edition, Document, Event, AuditEntry):
        assert not thing.objects.exists()  # type: ignore[attr-defined]


def test_a_colleague_s_change_after_the_page_was_opened_is_not_published_unseen(budi: Client) -> None:
    course = _course(budi, languages=("en",))
    seen = budi.get(_publishing(course)).context["seen"]
    LessonText.objects.update(body="something else")
    refused = budi.post(_publishing(course), {"do": "publish_draft", "seen": seen})
    assert "The draft has changed since you looked at it" in refused.content.decode()
    assert not Edition.objects.exists()


def test_a_proposal_is_read_approved_scheduled_and_withdrawn(budi: Client) -> None:
    course = _course(budi, languages=("en",))
    course.authority.second_person_publishes = True
    course.authority.save()
    dewi = _trainer("dewi")
    CourseMember.objects.create(course=course, user=dewi.user, role="author")  # type: ignore[attr-defined]
    page = _publishing(course)
    assert budi.post(page, {"do": "propose"}).status_code == 302
    edition = Edition.objects.get()
    mine = {"edition": str(edition.pk)}
    for wanted in ("approve", "publish"):
        assert budi.post(page, {"do": wanted, **mine}).status_code == 200
    assert dewi.get(reverse("admin:courses_edition_as_it_was", args=[edition.pk])).status_code == 200
    assert dewi.post(page, {"do": "approve", **mine}).status_code == 302
    assert budi.post(page, {"do": "schedule", "publish_at": "2030-01-01T09:00", **mine}).status_code == 302
    edition.refresh_from_db()
    assert edition.approved_by == dewi.user  # type: ignore[attr-defined]
    assert edition.publish_at is not None
    assert budi.post(page, {"do": "schedule", "publish_at": "tomorrow", **mine}).status_code == 200
    assert budi.post(page, {"do": "withdraw", **mine}).status_code == 302
    assert not Edition.objects.exists()
    assert budi.post(page, {"do": "propose"}).status_code == 302


def test_an_earlier_edition_comes_back_into_the_draft_and_changes_are_discarded(budi: Client) -> None:
    course = _course(budi, languages=("en",))
    page = _publishing(course)
    assert budi.post(page, {"do": "publish_draft"}).status_code == 302
    LessonText.objects.update(body="Worse")
    assert budi.post(page, {"do": "discard"}).status_code == 302
    assert LessonText.objects.get().body == "Some *words*."
    LessonText.objects.update(body="Better")
    assert budi.post(page, {"do": "publish_draft"}).status_code == 302
    first = Edition.objects.get(number=1)
    assert budi.post(page, {"do": "restore", "edition": str(first.pk)}).status_code == 302
    assert LessonText.objects.get().body == "Some *words*."
    elsewhere = make_published(languages=("en",))
    assert budi.post(page, {"do": "restore", "edition": str(elsewhere.pk)}).status_code == 200
    assert LessonText.objects.filter(lesson__activity__course=course).get().body == "Some *words*."


def test_a_translation_is_stale_when_its_source_changes_unless_the_meaning_is_unchanged(budi: Client) -> None:
    course = _course(budi, languages=("en", "th"))
    lesson = _first(course)

    def stale() -> bool:
        advice = budi.get(_publishing(course)).context["advice"]
        return "translation_stale" in {finding.code for finding in advice}

    assert not stale()
    _save(budi, lesson, **{"texts-0-body": "Some words, now", "texts-0-meaning_unchanged": "on"})
    assert not stale()
    _save(budi, lesson, **{"texts-0-body": "Quite another thing"})
    assert stale()
    shown = budi.get(_page(lesson)).content.decode()
    assert "- Some words, now" in shown
    assert "+ Quite another thing" in shown
    # Translated anew, it is fresh.
    _save(budi, lesson, **{"texts-1-body": "เรื่องอื่น", "texts-1-status": "reviewed"})
    assert not stale()
    text = LessonText.objects.get(lesson=lesson, language="th")
    assert (text.changed_by, text.reviewed_by) == (budi.user, budi.user)  # type: ignore[attr-defined]


def test_outsiders_cannot_author(budi: Client, dao: Client) -> None:
    """Neither who is on the staff without a role, nor a trainer of another team, a learner or a stranger."""
    course = _course(budi, languages=("en",))
    lesson = _first(course)
    proposed = propose(course_id=course.pk, actor="budi")
    preview = _page(lesson).replace("/change/", "/preview/")
    learner = Client()
    learner.force_login(make_user())
    as_it_was = reverse("admin:courses_edition_as_it_was", args=[proposed])
    for client in (dao, learner, Client(), _trainer("eka", state="ID"), _trainer("rani", role="reviewer")):
        for path in (_page(course), _page(lesson), _publishing(course), preview, as_it_was):
            response = client.get(path)
            assert response.status_code in (302, 403, 404), path
            assert "Some" not in response.content.decode()
        for wanted in ("publish_draft", "withdraw", "discard"):
            refused = client.post(_publishing(course), {"do": wanted, "edition": str(proposed)})
            assert refused.status_code in (302, 403, 404)
        assert client.post(_page(lesson), {"minutes": "99"}).status_code in (302, 403, 404)
    lesson.refresh_from_db()
    assert lesson.minutes == 10
    assert Edition.objects.get().status == "proposed"
    assert str(course.pk) not in _trainer("fitri").get(reverse("admin:courses_course_changelist")).content.decode()


def test_a_translator_writes_the_own_language_only_and_a_reviewer_only_reviews(budi: Client) -> None:
    course = _course(budi, languages=("en", "th", "ja"))
    lesson = _first(course)
    thai, hanako = _trainer("thai"), _trainer("hanako")
    CourseMember.objects.create(course=course, user=thai.user, role="translator", language="th")  # type: ignore[attr-defined]
    CourseMember.objects.create(course=course, user=hanako.user, role="reviewer", language="ja")  # type: ignore[attr-defined]
    place = {text.language: n for n, text in enumerate(LessonText.objects.filter(lesson=lesson).order_by("pk"))}

    def send(client: Client, thing: Any, **changes: Any) -> int:
        data = _filled(client.get(_page(thing)))
        return client.post(_page(thing), {**data, **changes, "_continue": "1"}).status_code

    th, ja, en = (f"texts-{place[tag]}" for tag in ("th", "ja", "en"))
    assert send(thai, lesson, **{f"{th}-body": "ข้อความ"}) == 302
    assert send(thai, lesson, **{f"{ja}-body": "他"}) == 200
    assert send(thai, lesson, **{f"{en}-body": "other"}) == 200
    assert send(thai, lesson, **{f"{th}-status": "reviewed"}) == 200
    # What is not a text of hers is not hers to change either: it stays, whatever is sent.
    assert send(thai, lesson, minutes="99", slug="hers") == 302
    assert send(hanako, lesson, **{f"{ja}-status": "reviewed"}) == 302
    assert send(hanako, lesson, **{f"{th}-status": "reviewed"}) == 200
    assert send(hanako, lesson, **{f"{ja}-body": "書き換え"}) == 200
    lesson.refresh_from_db()
    assert (lesson.minutes, lesson.activity.slug) == (10, "lesson-0-0")
    texts = {text.language: text for text in LessonText.objects.filter(lesson=lesson)}
    assert texts["th"].body == "ข้อความ"
    assert texts["ja"].status == "reviewed"
    assert texts["ja"].reviewed_by == hanako.user  # type: ignore[attr-defined]
    assert {texts[tag].body for tag in ("en", "ja")} == {"Some *words*."}
    for client in (thai, hanako):
        assert client.post(_publishing(course), {"do": "publish_draft"}).status_code == 403
        assert send(client, course, licence="mine") in (200, 302)
        assert (
            client.post(reverse("admin:courses_course_members", args=[course.pk]), {"do": "invite"}).status_code == 403
        )
    course.refresh_from_db()
    assert course.licence == "CC-BY-4.0"


def test_owners_and_the_states_administrator_invite_and_no_other(budi: Client) -> None:
    course = _course(budi, languages=("en",))
    Course.objects.update(authority="ID")
    team = reverse("admin:courses_course_members", args=[course.pk])
    citra, hana = _trainer("citra", state="ID"), _trainer("hana", state="JP")
    administrator = _trainer("administrator", state="ID", role="member-state administrator")
    of_japan = _trainer("of-japan", state="JP", role="member-state administrator")

    assert budi.post(team, {"do": "invite", "username": "nobody", "role": "author"}).status_code == 200
    assert budi.post(team, {"do": "invite", "username": "hana", "role": "translator"}).status_code == 200
    sent = {"do": "invite", "username": "hana", "role": "translator", "language": "ja"}
    assert budi.post(team, sent).status_code == 302
    # The administrator of the authority's state takes in people of the own state, and reads nothing of the draft by that.
    assert administrator.get(_page(course))["Location"] == team
    assert administrator.get(_page(_first(course))).status_code in (302, 403)
    assert administrator.post(team, {"do": "invite", "username": "citra", "role": "owner"}).status_code == 302
    refused = administrator.post(team, {"do": "invite", "username": "hana", "role": "owner"})
    assert "your own state only" in refused.content.decode()
    assert of_japan.get(team).status_code in (302, 404)
    assert of_japan.post(team, {"do": "invite", "username": "hana", "role": "owner"}).status_code in (302, 404)
    assert citra.get(_page(course)).status_code == 200
    assert hana.post(team, {"do": "invite", "username": "hana", "role": "owner"}).status_code == 403
    # An owner goes; the last one stays.
    owners = {member.user.username: member.pk for member in course.members.filter(role="owner")}
    assert citra.post(team, {"do": "dismiss", "member": owners["budi"]}).status_code == 302
    assert budi.get(_page(course)).status_code in (302, 404)
    kept = citra.post(team, {"do": "dismiss", "member": owners["citra"]})
    assert "at least one owner" in kept.content.decode()
    assert set(course.members.values_list("user__username", "role")) == {("citra", "owner"), ("hana", "translator")}


def test_the_preview_shows_hostile_markdown_as_text(budi: Client) -> None:
    body = "<script>alert(1)</script>\n\n[go](javascript:alert(1)) <img src=x onerror=alert(1)>"
    lesson = _first(_course(budi, languages=("en",), body=body))
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


def test_pages_take_the_same_queries_however_many_lessons(budi: Client, query_budget: Any) -> None:
    for lessons in (1, 30):
        course = _course(budi, content=make_content(languages=("en",), lessons=lessons))
        preview = _page(_first(course)).replace("/change/", "/preview/")
        with query_budget(26):
            assert budi.get(_publishing(course)).status_code == 200
        with query_budget(26):
            assert budi.get(preview).status_code == 200
        with query_budget(40):
            assert budi.get(_page(course)).status_code == 200
