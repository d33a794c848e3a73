"""Publishing: once, frozen, by the check list; and the rules behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from threading import Thread
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from common import clock
from common.errors import NotFound
from courses import public as courses
from courses.content.draft import content_of_draft, write_draft
from courses.content.values import (
    CourseContent,
    CourseWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
    complete_languages,
)
from courses.models import Authority, Course, Document, Edition, Framework, LessonText, Page, Pin, Skill, Version
from courses.publishing import rules, services
from courses.publishing.compiling import Label, Names, compile_edition
from courses.publishing.differences import differences
from courses.publishing.markdown import to_html
from courses.publishing.selectors import as_frozen, content_of_edition, draft_digest
from courses.publishing.services import (
    AlreadyProposed,
    DraftChanged,
    NeedsApproval,
    NothingChanged,
    NotProposed,
    NotReady,
    OwnProposal,
    propose,
    publish,
)
from courses.publishing.versions import Pinned, content_of, digest_of_draft, units_of
from events.models import Event
from privacy.models import AuditEntry
from tests.courses.factories import (
    first_lesson,
    lessons_of,
    make_content,
    make_course,
    make_next,
    make_proposed,
    make_published,
)
from tests.factories import make_user

SKILLS = {"AIS-A1": rules.SkillRange(1, 4), "AIS-B1": rules.SkillRange(2, 3)}
KNOWN = ["en", "ja", "th", "zh-Hans", "ms"]


def _content(languages: tuple[str, ...] = ("en", "th")) -> CourseContent:
    """A course with nothing to find."""
    lesson = LessonContent(
        uuid4(), "one", 10, {"AIS-A1": 2}, {tag: LessonWords("Title", "Body", "reviewed") for tag in languages}
    )
    module = ModuleContent(uuid4(), {tag: ModuleWords("Title", "reviewed") for tag in languages}, (lesson,))
    return CourseContent(
        id=uuid4(),
        slug="course",
        licence="CC-BY-4.0",
        attribution="",
        source_language=languages[0],
        languages=languages,
        requires_assessment=False,
        texts={tag: CourseWords("Title", "Summary", "reviewed") for tag in languages},
        modules=(module,),
    )


def _with_lesson(content: CourseContent, **changes: Any) -> CourseContent:
    (module,) = content.modules
    return replace(content, modules=(replace(module, activities=(replace(module.lessons[0], **changes),)),))


def _with_module(content: CourseContent, **changes: Any) -> CourseContent:
    return replace(content, modules=(replace(content.modules[0], **changes),))


def _codes(content: CourseContent) -> list[tuple[str, bool, str]]:
    found = rules.check(content, skills=SKILLS, known_languages=KNOWN)
    return [(finding.code, finding.blocking, finding.language) for finding in found]


WORDS = LessonWords("Title", "Body", "reviewed")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (_content(), []),
        (_content(("ms-Arab", "zh-Hans")), []),
        (replace(_content(), licence=" "), [("licence_missing", True, "")]),
        (replace(_content(), languages=()), [("no_language", True, ""), ("source_language_not_offered", True, "")]),
        (replace(_content(), languages=("en", "th", "th")), [("language_twice", True, "th")]),
        (_content(("en", "tlh")), [("language_unknown", True, "tlh")]),
        (_content(("en", "zh-hans")), [("language_unknown", True, "zh-hans")]),
        (replace(_content(), modules=()), [("no_module", True, "")]),
        (replace(_content(), texts={"en": CourseWords("T", "S", "source")}), [("language_incomplete", False, "th")]),
        (
            replace(_content(("en",)), texts={"en": CourseWords("", "S", "source")}),
            [("course_title_missing", True, "en")],
        ),
        (
            replace(_content(("en",)), texts={"en": CourseWords("T", " ", "source")}),
            [("summary_missing", False, "en")],
        ),
        (_with_module(_content(), activities=()), [("module_without_lessons", True, "")]),
        (_with_module(_content(), texts={"th": ModuleWords("T", "source")}), [("module_title_missing", True, "en")]),
        (_with_module(_content(), texts={"en": ModuleWords("T", "source")}), [("language_incomplete", False, "th")]),
        (_with_lesson(_content(), skills={}), [("lesson_without_skill", True, "")]),
        (_with_lesson(_content(), skills={"AIS-Z9": 1}), [("skill_unknown", True, "")]),
        (_with_lesson(_content(), skills={"AIS-B1": 1}), [("level_out_of_range", True, "")]),
        (_with_lesson(_content(), skills={"AIS-B1": 4}), [("level_out_of_range", True, "")]),
        (_with_lesson(_content(), minutes=0), [("no_minutes", True, "")]),
        (_with_lesson(_content(), minutes=31), [("lesson_long", False, "")]),
        (
            _with_lesson(_content(), texts={"th": WORDS}),
            [("lesson_title_missing", True, "en"), ("lesson_body_empty", True, "en")],
        ),
        (_with_lesson(_content(), texts={"en": WORDS}), [("language_incomplete", False, "th")]),
        (
            _with_lesson(_content(), texts={"en": WORDS, "th": LessonWords("T", " \n", "source")}),
            [("language_incomplete", False, "th")],
        ),
        (
            _with_lesson(_content(), texts={"en": WORDS, "th": LessonWords("T", "B", "machine_drafted")}),
            [("machine_drafted", False, "th")],
        ),
        (
            _with_lesson(_content(), texts={"en": WORDS, "th": LessonWords("T", "B", "reviewed", "of another text")}),
            [("translation_stale", False, "th")],
        ),
    ],
    ids=lambda value: value[0][0] if isinstance(value, list) and value else "",
)
def test_each_rule_finds_its_case_and_nothing_else(
    content: CourseContent, expected: list[tuple[str, bool, str]]
) -> None:
    assert _codes(content) == expected


STATES = st.sampled_from(("source", "reviewed"))
WORDS_OF = st.builds(LessonWords, st.sampled_from(("", " ", "T")), st.sampled_from(("", "B")), STATES)
LESSONS = st.builds(
    LessonContent,
    st.uuids(),
    st.just("slug"),
    st.integers(0, 60),
    st.dictionaries(st.sampled_from((*SKILLS, "AIS-Z9")), st.integers(1, 6)),
    st.dictionaries(st.sampled_from(KNOWN), WORDS_OF),
)
MODULES = st.builds(
    ModuleContent,
    st.uuids(),
    st.dictionaries(st.sampled_from(KNOWN), st.builds(ModuleWords, st.sampled_from(("", "T")), st.just("source"))),
    st.lists(LESSONS, max_size=2).map(tuple),
)
CONTENTS = st.builds(
    CourseContent,
    id=st.uuids(),
    slug=st.just("c"),
    licence=st.just("CC-BY-4.0"),
    attribution=st.just(""),
    source_language=st.sampled_from(KNOWN),
    languages=st.lists(st.sampled_from((*KNOWN, "tlh")), max_size=3).map(tuple),
    requires_assessment=st.booleans(),
    texts=st.dictionaries(
        st.sampled_from(KNOWN), st.builds(CourseWords, st.sampled_from(("", "T")), st.just("S"), st.just("source"))
    ),
    modules=st.lists(MODULES, max_size=2).map(tuple),
)
NAMES = Names("1", "en", dict.fromkeys(SKILLS, "Skill"), {"en": {n: Label(str(n), "en") for n in range(1, 7)}})


def _compiled(content: CourseContent, edition_id: Any = None) -> list[Any]:
    offered = content.in_languages(complete_languages(content))
    return compile_edition(offered, names=NAMES, edition_id=edition_id or uuid4(), number=1)


@settings(max_examples=200, deadline=None)
@given(content=CONTENTS)
def test_what_passes_the_check_list_can_be_compiled(content: CourseContent) -> None:
    findings = rules.check(content, skills=SKILLS, known_languages=KNOWN)
    assert [finding.blocking for finding in findings] == sorted((f.blocking for f in findings), reverse=True)
    if rules.blocks(findings):
        return
    offered = complete_languages(content)
    assert content.source_language in offered
    documents = _compiled(content, content.id)
    assert len(documents) == len(offered) * (3 + len(list(content.lessons())))
    assert documents == _compiled(content, content.id)


@settings(max_examples=200, deadline=None)
@given(content=CONTENTS)
def test_what_was_frozen_is_what_the_draft_said(content: CourseContent) -> None:
    """The versions hold all of it: content, digest and documents of the edition are those of the draft."""
    pinned = [Pinned(unit.id, unit.kind, unit.parent, unit.position, unit.content) for unit in units_of(content)]
    frozen = content_of(reversed(pinned))
    assert frozen == content
    assert digest_of_draft(frozen) == digest_of_draft(content)
    assert differences(frozen, content) == []
    if not rules.blocks(rules.check(content, skills=SKILLS, known_languages=KNOWN)):
        assert _compiled(frozen, content.id) == _compiled(content, content.id)


def test_a_version_names_nothing_of_this_installation() -> None:
    """The same words of two courses with other ids have the same digests."""
    one, other = _content(), _content()
    assert [unit.digest for unit in units_of(one)] == [unit.digest for unit in units_of(other)]


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("a <img src=x onerror=alert(1)> b", "<img"),
        ("![x](https://elsewhere.example/pixel.png)", "<img"),
        ("[x](javascript:alert(1))", "href"),
        ("[x](JaVaScRiPt:alert(1))", "href"),
        ("[x](java&#115;cript:alert(1))", "href"),
        ("[x](&#x6A;avascript:alert(1))", "href"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "href"),
        ("[x](vbscript:x)", "href"),
        ("[x](file:///etc/passwd)", "href"),
        ("[x](//elsewhere.example)", "href"),
        ("[x](/admin/)", "href"),
        ("[x](\x01javascript:alert(1))", "href"),
        ("<javascript:alert(1)>", "href"),
        ("[x]\n\n[x]: javascript:alert(1)", "href"),
        ('[x](https://a.example "\\" onmouseover=alert(1)")', '" onmouseover'),
    ],
)
def test_hostile_markdown_is_shown_as_text(text: str, absent: str) -> None:
    assert absent not in to_html(text)


def test_honest_markdown_is_rendered() -> None:
    html = to_html("# H\n\n- [a](https://a.example)\n- <mailto:x@a.example>\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    for part in ("<h1>H</h1>", 'href="https://a.example"', 'href="mailto:x@a.example"', "<td>2</td>"):
        assert part in html


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("<>&\"'[]()!:/\\ \njavscripthe#`*_~|-=&;0x6A"), max_size=60))
def test_no_text_makes_a_tag_or_a_scheme_that_is_not_allowed(text: str) -> None:
    html = to_html(text).lower()
    for bad in ("<script", "<img", "<iframe", 'href="javascript', 'href="data', 'href="//'):
        assert bad not in html


@pytest.mark.django_db
def test_publishing_freezes_compiles_and_tells_once() -> None:
    course = make_course(languages=("en", "th"), modules=2, lessons=2)
    edition_id = propose(course_id=course.pk, actor="budi")
    assert courses.edition(edition_id).status == "proposed"  # type: ignore[union-attr]
    assert Page.objects.filter(edition=edition_id).count() == 2 * (3 + 4)
    first = publish(edition_id=edition_id, actor="budi")
    assert publish(edition_id=edition_id, actor="dao") == first
    assert list(Event.objects.values_list("kind", "payload")) == [
        ("courses.edition_published", {"edition_id": str(edition_id), "course_id": str(course.pk)})
    ]
    assert list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "subject_id")) == [
        ("budi", "propose", str(edition_id)),
        ("budi", "publish", str(edition_id)),
    ]
    lesson = Page.objects.get(ref=lessons_of(Edition.objects.get())[0], language="th")
    assert orjson.loads(bytes(lesson.document.body))["translation"] == "machine_drafted"
    for page in Page.objects.exclude(kind="lesson"):
        assert orjson.loads(bytes(page.document.body))["published_at"]


FROZEN_CHANGES: dict[str, Callable[[], Any]] = {
    "version changed": lambda: Version.objects.update(number=7),
    "version removed": lambda: Version.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "document changed": lambda: Document.objects.update(body=b"{}"),
    "document removed": lambda: Document.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "pin removed": lambda: Pin.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "pin moved": lambda: Pin.objects.update(position=9),
    "pin added": lambda: Pin.objects.create(
        edition=Edition.objects.get(), unit=uuid4(), version=Version.objects.all()[0], position=9
    ),
    "page removed": lambda: Page.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "page moved": lambda: Page.objects.update(language="vi"),
    "page added": lambda: Page.objects.create(
        edition=Edition.objects.get(), kind="card", ref=uuid4(), language="en", document=Document.objects.all()[0]
    ),
    "languages changed": lambda: Edition.objects.update(languages=["th"]),
    "made a proposal again": lambda: Edition.objects.update(status="proposed", published_at=None),
    "published at another time": lambda: Edition.objects.update(published_at=clock.now()),
    "edition removed": lambda: Edition.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "framework changed": lambda: Framework.objects.update(thresholds={}),
    "skill renamed": lambda: Skill.objects.update(name="x"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", FROZEN_CHANGES.values(), ids=FROZEN_CHANGES.keys())
def test_the_database_refuses_to_change_what_is_frozen(change: Any) -> None:
    make_published(languages=("en",))
    with pytest.raises(IntegrityError, match=r"frozen|append-only"), transaction.atomic():
        change()


@pytest.mark.django_db
def test_documents_are_compiled_anew_when_their_form_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = make_published(languages=("en", "th"))
    before = set(Page.objects.values_list("ref", "kind", "language", "document"))
    assert services.recompile(edition_id=edition.pk, actor="operator") == 0
    monkeypatch.setattr("courses.publishing.compiling.to_html", lambda text: "<p>new form</p>")
    call_command("recompile_documents", stdout=StringIO())
    after = set(Page.objects.values_list("ref", "kind", "language", "document"))
    # The lesson in both languages, and the manifests that name its hash.
    assert {kind for _ref, kind, _language, _digest in after - before} == {"lesson", "manifest"}
    assert services.recompile(edition_id=edition.pk, actor="operator") == 0
    assert AuditEntry.objects.filter(action="recompile").count() == 1
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Page.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        services.recompile(edition_id=uuid4(), actor="operator")


@pytest.mark.django_db
def test_a_typo_makes_an_edition_in_which_one_document_of_a_lesson_is_another() -> None:
    old = make_published(languages=("en", "th"), modules=2, lessons=2)
    new = make_next(old)
    assert (old.status, new.status, new.number) == ("retired", "published", 2)
    lessons = {edition.pk: set() for edition in (old, new)}
    for page in Page.objects.filter(kind="lesson"):
        lessons[page.edition_id].add((page.ref, page.language, page.document_id))
    assert len(lessons[new.pk] - lessons[old.pk]) == 1
    assert {language for _ref, language, _digest in lessons[new.pk] - lessons[old.pk]} == {"en"}
    # Identity is for life, and what did not change is the same version.
    assert lessons_of(old) == lessons_of(new)
    versions = {edition.pk: dict(edition.pins.values_list("unit", "version")) for edition in (old, new)}
    changed = [unit for unit, version in versions[new.pk].items() if versions[old.pk][unit] != version]
    assert changed == [first_lesson(new)]
    with pytest.raises(NotProposed):
        publish(edition_id=old.pk, actor="budi")


@pytest.mark.django_db
def test_restoring_an_edition_makes_the_draft_say_what_it_said() -> None:
    first = make_published(languages=("en", "th"), modules=2, lessons=2)
    said = as_frozen(first.pk)
    course = Course.objects.get()
    shorter = replace(said, modules=said.modules[1:], languages=("en",), licence="CC0-1.0")
    write_draft(shorter)
    assert content_of_draft(course.pk) == shorter
    second = propose(course_id=course.pk, actor="budi")
    publish(edition_id=second, actor="budi")
    services.restore(edition_id=first.pk, actor="budi")
    assert content_of_draft(course.pk) == said
    services.discard(course_id=course.pk, actor="budi")
    assert content_of_draft(course.pk) == as_frozen(second) == shorter
    # Nothing was lost on the way: the modules are the same ones.
    services.restore(edition_id=first.pk, actor="budi")
    assert [unit.id for unit in units_of(content_of_draft(course.pk))] == [unit.id for unit in units_of(said)]


@pytest.mark.django_db
def test_what_is_proposed_is_what_was_looked_at() -> None:
    course = make_course(languages=("en",))
    seen = draft_digest(content_of_draft(course.pk))
    text = LessonText.objects.get()
    text.body = "Another colleague wrote this meanwhile"
    text.save()
    with pytest.raises(DraftChanged):
        propose(course_id=course.pk, actor="budi", seen=seen)
    assert not Edition.objects.exists()
    edition_id = propose(course_id=course.pk, actor="budi", seen=draft_digest(content_of_draft(course.pk)))
    assert propose(course_id=course.pk, actor="budi") == edition_id
    text.body = "And goes on writing"
    text.save()
    with pytest.raises(AlreadyProposed):
        propose(course_id=course.pk, actor="budi")
    # The draft goes on, the proposal stays what it was.
    assert next(content_of_edition(edition_id).lessons()).texts["en"].body == "Another colleague wrote this meanwhile"
    services.withdraw(edition_id=edition_id, actor="budi")
    assert not Edition.objects.exists()
    assert not Page.objects.exists()
    again = propose(course_id=course.pk, actor="budi")
    publish(edition_id=again, actor="budi")
    with pytest.raises(NothingChanged):
        propose(course_id=course.pk, actor="budi")
    with pytest.raises(NotProposed):
        services.withdraw(edition_id=again, actor="budi")


@pytest.mark.django_db
def test_where_the_authority_asks_it_a_second_person_approves() -> None:
    Authority.objects.filter(pk="regional").update(second_person_publishes=True)
    budi, dewi = make_user(username="budi"), make_user(username="dewi")
    course = make_course(languages=("en",))
    edition_id = propose(course_id=course.pk, actor="budi", proposed_by=budi.pk)
    with pytest.raises(NeedsApproval):
        publish(edition_id=edition_id, actor="budi")
    with pytest.raises(NeedsApproval):
        services.schedule(edition_id=edition_id, publish_at=clock.now(), actor="budi")
    with pytest.raises(OwnProposal):
        services.approve(edition_id=edition_id, actor="budi", approved_by=budi.pk)
    services.approve(edition_id=edition_id, actor="dewi", approved_by=dewi.pk)
    services.approve(edition_id=edition_id, actor="dewi", approved_by=dewi.pk)
    assert AuditEntry.objects.filter(action="approve").count() == 1
    publish(edition_id=edition_id, actor="budi")
    with pytest.raises(NotProposed):
        services.approve(edition_id=edition_id, actor="dewi", approved_by=dewi.pk)


@pytest.mark.django_db
def test_a_proposal_is_published_by_itself_at_its_time() -> None:
    due, later, undecided = make_proposed(), make_proposed(), make_proposed()
    now = clock.now()
    services.schedule(edition_id=due.pk, publish_at=now - timedelta(seconds=1), actor="budi")
    services.schedule(edition_id=later.pk, publish_at=now + timedelta(days=1), actor="budi")
    services.schedule(edition_id=undecided.pk, publish_at=now, actor="budi")
    services.schedule(edition_id=undecided.pk, publish_at=None, actor="budi")
    assert services.publish_due() == [due.pk]
    assert services.publish_due() == []
    assert set(Edition.objects.filter(status="published").values_list("pk", flat=True)) == {due.pk}


@pytest.mark.django_db
def test_a_language_is_offered_when_every_text_is_there() -> None:
    content = make_content(languages=("en", "th", "vi"))
    (module,) = content.modules
    lesson = module.lessons[0]
    lesson = replace(lesson, texts={tag: words for tag, words in lesson.texts.items() if tag != "vi"})
    edition = make_published(content=replace(content, modules=(replace(module, activities=(lesson,)),)))
    assert edition.languages == ["en", "th"]
    assert set(Page.objects.values_list("language", flat=True)) == {"en", "th"}


@pytest.mark.django_db
def test_what_is_not_ready_or_not_there_is_refused_and_nothing_is_written() -> None:
    content = make_content(languages=("en",), skills=[{"AIS-Z9": 1}])
    course = make_course(content)
    with pytest.raises(NotReady) as refused:
        propose(course_id=course.pk, actor="budi")
    assert [finding["code"] for finding in refused.value.members["findings"]] == ["skill_unknown"]
    for call in (publish, services.withdraw, services.restore):
        with pytest.raises(NotFound):
            call(edition_id=uuid4(), actor="budi")
    for course_id in (uuid4(), course.pk):
        with pytest.raises(NotFound):
            services.discard(course_id=course_id, actor="budi")
    with pytest.raises(NotFound):
        propose(course_id=uuid4(), actor="budi")
    assert not Document.objects.exists()
    assert not Event.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_views_cost_the_same_for_one_and_for_fifty(query_budget: Any) -> None:
    proposed = [make_proposed(languages=("en",), lessons=2).pk for _ in range(50)]
    for ids in (proposed[:1], proposed):
        with query_budget(4):
            assert len(courses.editions(ids)) == len(ids)
    published = make_published(languages=("en",), lessons=2).pk
    courses.edition(published)
    with query_budget(1):
        view = courses.edition(published)
    assert view is not None
    assert [lesson.position for lesson in view.lessons] == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_two_who_propose_at_once_make_one_proposal_and_two_who_publish_one_edition() -> None:
    course = make_course(languages=("en",))
    found: list[Any] = []

    def at_once(act: Callable[[], Any]) -> None:
        def run() -> None:
            try:
                found.append(act())
            finally:
                connection.close()

        threads = [Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    at_once(lambda: propose(course_id=course.pk, actor="budi"))
    (edition_id,) = set(found)
    found.clear()
    at_once(lambda: publish(edition_id=edition_id, actor="budi"))
    assert len(found) == 3
    assert len(set(found)) == 1
    assert Event.objects.count() == 1
