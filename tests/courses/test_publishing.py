"""Publishing: once, frozen, by the check list; and the rules behind it."""

from __future__ import annotations

import threading
from dataclasses import replace
from io import StringIO
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from common.conditional import etag_of
from common.errors import NotFound
from courses import public as courses
from courses.catalogue.content import (
    EditionContent,
    EditionWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
)
from courses.catalogue.models import (
    Edition,
    EditionText,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
)
from courses.publishing import rules, services
from courses.publishing.markdown import to_html
from courses.publishing.models import Document
from courses.publishing.services import NotReady, Retired, new_edition, publish
from courses.skills.models import Framework, Skill
from events.models import Event
from privacy.models import AuditEntry
from tests.courses.factories import first_lesson, make_draft, make_published

SKILLS = {"AIS-A1": rules.SkillRange(1, 4), "AIS-B1": rules.SkillRange(2, 3)}
KNOWN = ["en", "ja", "th", "zh-Hans", "ms"]


def _edition(languages: tuple[str, ...] = ("en", "th")) -> EditionContent:
    """An edition with nothing to find."""
    lesson = LessonContent(
        uuid4(), "one", 10, {"AIS-A1": 2}, {tag: LessonWords("Title", "Body", "reviewed") for tag in languages}
    )
    module = ModuleContent(uuid4(), {tag: ModuleWords("Title", "reviewed") for tag in languages}, (lesson,))
    return EditionContent(
        id=uuid4(),
        course_slug="course",
        licence="CC-BY-4.0",
        attribution="",
        number=1,
        default_language=languages[0],
        languages=languages,
        requires_assessment=False,
        texts={tag: EditionWords("Title", "Summary", "reviewed") for tag in languages},
        modules=(module,),
    )


def _with_lesson(edition: EditionContent, **changes: Any) -> EditionContent:
    (module,) = edition.modules
    return replace(edition, modules=(replace(module, lessons=(replace(module.lessons[0], **changes),)),))


def _with_module(edition: EditionContent, **changes: Any) -> EditionContent:
    return replace(edition, modules=(replace(edition.modules[0], **changes),))


def _codes(edition: EditionContent) -> list[tuple[str, bool, str]]:
    found = rules.check(edition, skills=SKILLS, known_languages=KNOWN)
    return [(finding.code, finding.blocking, finding.language) for finding in found]


WORDS = LessonWords("Title", "Body", "reviewed")


@pytest.mark.parametrize(
    ("edition", "expected"),
    [
        (_edition(), []),
        (_edition(("ms-Arab", "zh-Hans")), []),
        (replace(_edition(), licence=" "), [("licence_missing", True, "")]),
        (replace(_edition(), languages=()), [("no_language", True, ""), ("default_language_not_offered", True, "")]),
        (replace(_edition(), default_language="ja"), [("default_language_not_offered", True, "")]),
        (replace(_edition(), languages=("en", "th", "th")), [("language_twice", True, "th")]),
        (_edition(("en", "tlh")), [("language_unknown", True, "tlh")]),
        (_edition(("en", "zh-hans")), [("language_unknown", True, "zh-hans")]),
        (replace(_edition(), modules=()), [("no_module", True, "")]),
        (replace(_edition(), texts={"en": EditionWords("T", "S", "source")}), [("edition_title_missing", True, "th")]),
        (
            replace(_edition(("en",)), texts={"en": EditionWords("T", " ", "source")}),
            [("summary_missing", False, "en")],
        ),
        (_with_module(_edition(), lessons=()), [("module_without_lessons", True, "")]),
        (_with_module(_edition(), texts={"en": ModuleWords("T", "source")}), [("module_title_missing", True, "th")]),
        (_with_lesson(_edition(), skills={}), [("lesson_without_skill", True, "")]),
        (_with_lesson(_edition(), skills={"AIS-Z9": 1}), [("skill_unknown", True, "")]),
        (_with_lesson(_edition(), skills={"AIS-B1": 1}), [("level_out_of_range", True, "")]),
        (_with_lesson(_edition(), skills={"AIS-B1": 4}), [("level_out_of_range", True, "")]),
        (_with_lesson(_edition(), minutes=0), [("no_minutes", True, "")]),
        (_with_lesson(_edition(), minutes=31), [("lesson_long", False, "")]),
        (
            _with_lesson(_edition(), texts={"en": WORDS}),
            [("lesson_title_missing", True, "th"), ("lesson_body_empty", True, "th")],
        ),
        (
            _with_lesson(_edition(), texts={"en": WORDS, "th": LessonWords("T", " \n", "source")}),
            [("lesson_body_empty", True, "th")],
        ),
        (
            _with_lesson(_edition(), texts={"en": WORDS, "th": LessonWords("T", "B", "machine_drafted")}),
            [("machine_drafted", False, "th")],
        ),
    ],
    ids=lambda value: value[0][0] if isinstance(value, list) and value else "",
)
def test_each_rule_finds_its_case_and_nothing_else(
    edition: EditionContent, expected: list[tuple[str, bool, str]]
) -> None:
    assert _codes(edition) == expected


WORDS_OF = st.builds(
    LessonWords, st.sampled_from(("", " ", "T")), st.sampled_from(("", "B")), st.sampled_from(("source", "reviewed"))
)
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
EDITIONS = st.builds(
    EditionContent,
    id=st.uuids(),
    course_slug=st.just("c"),
    licence=st.just("CC-BY-4.0"),
    attribution=st.just(""),
    number=st.just(1),
    default_language=st.sampled_from(KNOWN),
    languages=st.lists(st.sampled_from((*KNOWN, "tlh")), max_size=3).map(tuple),
    requires_assessment=st.booleans(),
    texts=st.dictionaries(
        st.sampled_from(KNOWN), st.builds(EditionWords, st.sampled_from(("", "T")), st.just("S"), st.just("source"))
    ),
    modules=st.lists(MODULES, max_size=2).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(edition=EDITIONS)
def test_what_passes_the_check_list_can_be_compiled(edition: EditionContent) -> None:
    from courses.publishing.compiling import Label, Names, compile_edition

    findings = rules.check(edition, skills=SKILLS, known_languages=KNOWN)
    assert [finding.blocking for finding in findings] == sorted((f.blocking for f in findings), reverse=True)
    if rules.blocks(findings):
        return
    names = Names("1", "en", dict.fromkeys(SKILLS, "Skill"), {"en": {n: Label(str(n), "en") for n in range(1, 7)}})
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    documents = compile_edition(edition, names=names, published_at=at)
    assert len(documents) == len(edition.languages) * (3 + len(list(edition.lessons())))
    assert documents == compile_edition(edition, names=names, published_at=at)
    assert all(document.etag == etag_of(document.body) for document in documents)


@settings(max_examples=200, deadline=None)
@given(edition=EDITIONS, offered=st.sampled_from(KNOWN))
def test_offering_another_language_never_lifts_a_finding(edition: EditionContent, offered: str) -> None:
    if offered in edition.languages:
        return
    more = replace(edition, languages=(*edition.languages, offered))
    lifted = {"no_language", "default_language_not_offered"}
    before = {
        finding for finding in rules.check(edition, skills=SKILLS, known_languages=KNOWN) if finding.code not in lifted
    }
    keys = {(f.code, f.module_id, f.lesson_id, f.language) for f in before}
    after = {
        (f.code, f.module_id, f.lesson_id, f.language) for f in rules.check(more, skills=SKILLS, known_languages=KNOWN)
    }
    assert keys <= after


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
    draft = make_draft(languages=("en", "th"), modules=2, lessons=2)
    first = publish(edition_id=draft.pk, actor="budi")
    assert Document.objects.filter(edition=draft).count() == 2 * (3 + 4)
    assert publish(edition_id=draft.pk, actor="dao") == first
    assert list(Event.objects.values_list("kind", "payload")) == [
        ("courses.edition_published", {"edition_id": str(draft.pk)})
    ]
    assert list(AuditEntry.objects.values_list("actor", "action", "subject_id")) == [("budi", "publish", str(draft.pk))]
    lesson = Document.objects.get(ref=first_lesson(draft).pk, language="th")
    assert lesson.etag == etag_of(bytes(lesson.body))
    assert orjson.loads(lesson.body)["translation"] == "machine_drafted"


FROZEN_CHANGES = {
    "lesson changed": lambda: Lesson.objects.update(minutes=5),
    "lesson added": lambda: Lesson.objects.create(module=Module.objects.first(), position=9, slug="x"),  # type: ignore[misc]
    "lesson removed": lambda: Lesson.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "module moved": lambda: Module.objects.update(position=9),
    "body changed": lambda: LessonText.objects.update(body="other"),
    "title removed": lambda: EditionText.objects.all().delete(),
    "module title added": lambda: ModuleText.objects.create(module=Module.objects.first(), language="vi", title="x"),  # type: ignore[misc]
    "skill changed": lambda: LessonSkill.objects.update(level=2),
    "languages changed": lambda: Edition.objects.update(languages=["th"]),
    "made a draft again": lambda: Edition.objects.update(status="draft", published_at=None),
    "edition removed": lambda: Edition.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
    "document changed": lambda: Document.objects.update(body=b"{}"),
    "document added": lambda: Document.objects.create(
        edition=Edition.objects.get(), kind="card", ref=uuid4(), language="en", body=b"", etag=""
    ),
    "framework changed": lambda: Framework.objects.update(thresholds={}),
    "skill renamed": lambda: Skill.objects.update(name="x"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", FROZEN_CHANGES.values(), ids=FROZEN_CHANGES.keys())
def test_the_database_refuses_to_change_what_is_frozen(change: Any) -> None:
    make_published(languages=("en",))
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        change()


@pytest.mark.django_db
def test_documents_are_compiled_anew_when_their_form_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = make_published(languages=("en", "th"))
    before = set(Document.objects.values_list("ref", "kind", "language", "etag"))
    assert services.recompile(edition_id=edition.pk, actor="operator") == 0
    monkeypatch.setattr("courses.publishing.compiling.to_html", lambda text: "<p>new form</p>")
    call_command("recompile_documents", stdout=StringIO())
    after = set(Document.objects.values_list("ref", "kind", "language", "etag"))
    # The lesson in both languages, and the manifests that name its hash.
    assert {kind for _ref, kind, _language, _etag in after - before} == {"lesson", "manifest"}
    assert services.recompile(edition_id=edition.pk, actor="operator") == 0
    assert AuditEntry.objects.filter(action="recompile").count() == 1
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Document.objects.update(body=b"{}")
    with pytest.raises(NotFound):
        services.recompile(edition_id=make_draft(languages=("en",)).pk, actor="operator")


@pytest.mark.django_db
def test_a_draft_may_be_changed_and_removed() -> None:
    make_draft(languages=("en",))
    Lesson.objects.update(minutes=5)
    Edition.objects.get().delete()
    assert not LessonText.objects.exists()


@pytest.mark.django_db
def test_a_new_edition_goes_on_from_the_published_one_and_retires_it_when_published() -> None:
    old = make_published(languages=("en", "th"), modules=2)
    draft = new_edition(edition_id=old.pk, actor="budi")
    assert new_edition(edition_id=old.pk, actor="budi") == draft
    LessonText.objects.filter(lesson__module__edition=draft, language="en").update(body="Better")
    assert courses.edition(old.pk).status == "published"  # type: ignore[union-attr]
    publish(edition_id=draft, actor="budi")
    views = courses.editions([old.pk, draft, uuid4()])
    assert {pk: view.status for pk, view in views.items()} == {old.pk: "retired", draft: "published"}
    assert views[draft].number == 2
    assert {lesson.id for lesson in views[old.pk].lessons}.isdisjoint(lesson.id for lesson in views[draft].lessons)
    with pytest.raises(Retired):
        publish(edition_id=old.pk, actor="budi")


@pytest.mark.django_db
def test_what_is_not_ready_or_not_there_is_refused_and_nothing_is_written() -> None:
    draft = make_draft(languages=("en",))
    LessonSkill.objects.all().delete()
    with pytest.raises(NotReady) as refused:
        publish(edition_id=draft.pk, actor="budi")
    assert [finding["code"] for finding in refused.value.members["findings"]] == ["lesson_without_skill"]
    for call in (publish, new_edition):
        with pytest.raises(NotFound):
            call(edition_id=uuid4(), actor="budi")
    assert not Document.objects.exists()
    assert not Event.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_a_skill_of_another_framework_is_unknown() -> None:
    draft = make_draft(languages=("en",))
    current = draft.framework
    other = Framework.objects.create(code=current.code, version="other", digest="x", language="en", licence="x")
    skill = Skill.objects.get(framework=current, code="AIS-A1")
    foreign = Skill.objects.create(
        framework=other, area=skill.area, code=skill.code, name="x", description="x", min_level=1, max_level=6
    )
    LessonSkill.objects.update(skill=foreign)
    with pytest.raises(NotReady) as refused:
        publish(edition_id=draft.pk, actor="budi")
    assert [finding.code for finding in refused.value.findings] == ["skill_unknown"]


@pytest.mark.django_db
def test_views_cost_the_same_for_one_and_for_fifty(query_budget: Any) -> None:
    drafts = [make_draft(languages=("en",), lessons=2).pk for _ in range(50)]
    for ids in (drafts[:1], drafts):
        with query_budget(7):
            assert len(courses.editions(ids)) == len(ids)
    published = make_published(languages=("en",), lessons=2).pk
    courses.edition(published)
    with query_budget(1):
        view = courses.edition(published)
    assert view is not None
    assert [lesson.position for lesson in view.lessons] == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_an_edit_during_publishing_waits_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = make_draft(languages=("en",))
    compiled, edited = threading.Event(), threading.Event()
    refused: list[Exception] = []

    def edit() -> None:
        compiled.wait(5)
        try:
            LessonText.objects.update(body="too late")
        except IntegrityError as error:
            refused.append(error)
        finally:
            edited.set()
            connection.close()

    original = services.compile_edition

    def compile_and_let_the_other_try(*args: Any, **kwargs: Any) -> Any:
        documents = original(*args, **kwargs)
        compiled.set()
        # The edit cannot end before this transaction does.
        assert not edited.wait(0.3)
        return documents

    monkeypatch.setattr(services, "compile_edition", compile_and_let_the_other_try)
    thread = threading.Thread(target=edit)
    thread.start()
    publish(edition_id=draft.pk, actor="budi")
    thread.join(5)
    assert len(refused) == 1
    assert LessonText.objects.get().body == "Some *words*."


@pytest.mark.django_db(transaction=True)
def test_two_publishings_at_once_are_one() -> None:
    draft = make_draft(languages=("en",))
    barrier, results = threading.Barrier(2), []

    def go() -> None:
        try:
            barrier.wait(5)
            results.append(publish(edition_id=draft.pk, actor="budi"))
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(results) == 2
    assert results[0] == results[1]
    assert Event.objects.filter(kind="courses.edition_published").count() == 1
