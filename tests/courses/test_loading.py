"""Loading a course from files: twice, changed, published, and wrong in every way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from courses import public as courses
from courses.content.draft import content_of_draft
from courses.content.values import is_stale
from courses.exchange.loading import CourseFileError, load_course
from courses.models import (
    Activity,
    Course,
    CourseText,
    Edition,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
    SourceText,
)
from courses.publishing.services import publish_draft
from courses.publishing.versions import digest_of_draft
from tests.courses.factories import make_course

pytestmark = pytest.mark.django_db
MODELS = (Course, CourseText, Module, ModuleText, Activity, Lesson, LessonText, LessonSkill, SourceText, Edition)
ID = UUID("019ad4f0-0000-7000-8000-000000000001")
TOML = """
id = "019ad4f0-0000-7000-8000-000000000001"
slug = "prompts"
licence = "CC-BY-4.0"
attribution = "The platform"
source_language = "en"
languages = ["en", "th"]
requires_assessment = true

[texts.en]
title = "Prompts"
summary = "All of it"
status = "source"

[texts.th]
title = "คำสั่ง"
summary = "ทั้งหมด"
status = "machine_drafted"

[[modules]]
slug = "first"

[modules.texts.en]
title = "First"
status = "source"

[modules.texts.th]
title = "แรก"
status = "machine_drafted"

[[modules.lessons]]
slug = "ask"
minutes = 10
skills = [{ code = "AIS-B1", level = 2 }]
[modules.lessons.status]
en = "source"
th = "machine_drafted"

[[modules.lessons]]
slug = "check"
minutes = 12
skills = [{ code = "AIS-B2", level = 1 }, { code = "AIS-A1", level = 1 }]
[modules.lessons.status]
en = "source"
th = "reviewed"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    course = tmp_path / "prompts"
    course.mkdir()
    (course / "course.toml").write_text(TOML)
    for slug in ("ask", "check"):
        (course / "lessons" / slug).mkdir(parents=True)
        for tag in ("en", "th"):
            (course / "lessons" / slug / f"{tag}.md").write_text(f"# {slug} {tag}\n\nText *{slug}*.\n")
    return course


def _rows() -> list[list[str]]:
    return [sorted(map(repr, model.objects.values_list())) for model in MODELS]


def _change(folder: Path, old: str, new: str) -> None:
    text = (folder / "course.toml").read_text()
    assert old in text
    (folder / "course.toml").write_text(text.replace(old, new, 1))


def test_loading_twice_changes_nothing_and_others_find_the_ids(folder: Path) -> None:
    assert load_course(folder) == ID
    before = _rows()
    assert load_course(folder) == ID
    assert _rows() == before
    edition_id = publish_draft(course_id=ID, actor="loader")
    assert publish_draft(course_id=load_course(folder), actor="loader") == edition_id
    view = courses.edition(edition_id)
    assert view is not None
    assert [lesson.id for lesson in view.lessons] == [courses.activity_id_of(ID, slug) for slug in ("ask", "check")]
    assert view.titles == {"en": "Prompts", "th": "คำสั่ง"}
    lesson = next(content_of_draft(ID).lessons())
    assert (lesson.texts["th"].title, lesson.texts["th"].body) == ("ask th", "Text *ask*.")


def test_another_installation_that_loads_the_same_files_has_the_same_course(folder: Path) -> None:
    content = content_of_draft(load_course(folder))
    Course.objects.all().delete()
    again = content_of_draft(load_course(folder))
    assert again == content
    assert digest_of_draft(again) == digest_of_draft(content)


def test_a_changed_source_makes_the_translation_beside_it_stale_until_that_changes_too(folder: Path) -> None:
    load_course(folder)
    (folder / "lessons/ask/en.md").write_text("# ask en\n\nAnother text.\n")
    load_course(folder)

    def stale() -> list[str]:
        content = content_of_draft(ID)
        return [lesson.slug for lesson in content.lessons() if is_stale("th", lesson.texts, "en")]

    assert stale() == ["ask"]
    (folder / "lessons/ask/th.md").write_text("# ask th\n\nข้อความอื่น\n")
    load_course(folder)
    assert stale() == []


def test_a_lesson_keeps_what_it_is_under_another_short_name_by_its_id(folder: Path) -> None:
    load_course(folder)
    kept = courses.activity_id_of(ID, "ask")
    _change(folder, 'slug = "ask"', f'id = "{kept}"\nslug = "asking"')
    (folder / "lessons/ask").rename(folder / "lessons/asking")
    load_course(folder)
    assert Activity.objects.get(pk=kept).slug == "asking"
    assert Activity.objects.count() == 2


def test_a_draft_is_brought_up_to_the_files(folder: Path) -> None:
    course_id = load_course(folder)
    text = (folder / "course.toml").read_text()
    ask = text[text.index('[[modules.lessons]]\nslug = "ask"') : text.index('[[modules.lessons]]\nslug = "check"')]
    # The first lesson moves to a second module, which comes first; the other module loses a translation.
    second = '[[modules]]\nslug = "zero"\n[modules.texts.en]\ntitle = "Zero"\nstatus = "source"\n' + ask
    text = text.replace(ask, "").replace("[[modules]]", second + "[[modules]]", 1)
    (folder / "course.toml").write_text(
        text.replace('[modules.texts.th]\ntitle = "แรก"\nstatus = "machine_drafted"\n', "")
    )
    (folder / "lessons" / "check" / "en.md").write_text("# New\nbody\n")
    assert load_course(folder) == course_id
    content = content_of_draft(course_id)
    assert [lesson.slug for lesson in content.lessons()] == ["ask", "check"]
    assert [module.texts["en"].title for module in content.modules] == ["Zero", "First"]
    assert list(content.modules[1].texts) == ["en"]
    assert content.modules[1].lessons[0].texts["en"].title == "New"
    # A lesson that the files no longer have is marked as removed, and comes back with them.
    lessons, course_toml = shutil.copytree(folder / "lessons/check", folder.parent / "kept"), folder / "course.toml"
    whole = course_toml.read_text()
    shutil.rmtree(folder / "lessons" / "check")
    text = (folder / "course.toml").read_text()
    (folder / "course.toml").write_text(text[: text.rindex("[[modules.lessons]]")])
    load_course(folder)
    assert [lesson.slug for lesson in content_of_draft(course_id).lessons()] == ["ask"]
    assert Lesson.objects.count() == 2
    course_toml.write_text(whole)
    shutil.copytree(lessons, folder / "lessons/check")
    load_course(folder)
    assert content_of_draft(course_id) == content


def test_a_published_edition_is_left_alone_and_the_next_one_says_what_the_files_say(folder: Path) -> None:
    first = publish_draft(course_id=load_course(folder), actor="loader")
    _change(folder, "All of it", "Something else")
    load_course(folder)
    second = publish_draft(course_id=ID, actor="loader")
    assert second != first
    assert list(Edition.objects.order_by("number").values_list("status", flat=True)) == ["retired", "published"]


def test_files_are_not_mixed_with_another_course(folder: Path) -> None:
    load_course(folder)
    other = make_course(slug="other")
    before = _rows()
    _change(folder, 'slug = "prompts"', 'slug = "other"')
    with pytest.raises(CourseFileError, match="another course 'other' already"):
        load_course(folder)
    _change(folder, 'slug = "other"', 'slug = "third"')
    _change(folder, 'slug = "ask"', f'id = "{Activity.objects.get(course=other).pk}"\nslug = "ask"')
    with pytest.raises(CourseFileError, match="belongs to another course"):
        load_course(folder)
    assert _rows() == before


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (lambda f: (f / "course.toml").unlink(), r"course\.toml: .*No such file"),
    "no TOML": (lambda f: _change(f, "minutes = 10", "minutes ="), r"course\.toml: .*line"),
    "no id": (lambda f: _change(f, f'id = "{ID}"\n', ""), r"course\.toml: id: is missing: put a new UUID there"),
    "bad id": (lambda f: _change(f, str(ID), "prompts"), r"course\.toml: id: must be a UUID"),
    "no authority": (
        lambda f: _change(f, 'licence = "CC-BY-4.0"', 'licence = "CC-BY-4.0"\nauthority = "XX"'),
        r"authority: must be",
    ),
    "unknown key": (
        lambda f: _change(f, "minutes = 10", "minuts = 10"),
        r"modules\[0\]\.lessons\[0\]\.minuts: is not known",
    ),
    "minutes missing": (lambda f: _change(f, "minutes = 10\n", ""), r"lessons\[0\]\.minutes: must be a whole number"),
    "minutes a truth": (lambda f: _change(f, "minutes = 10", "minutes = true"), r"minutes: must be a whole number"),
    "bad slug": (lambda f: _change(f, '"prompts"', '"Prompts!"'), r"course\.toml: slug: must be lower-case"),
    "bad language": (
        lambda f: _change(f, '["en", "th"]', '["en", "TH"]'),
        r"languages\[1\]: must be a BCP 47",
    ),
    "language twice": (lambda f: _change(f, '["en", "th"]', '["en", "th", "en"]'), r"languages\[2\]: is listed twice"),
    "text not offered": (lambda f: _change(f, '["en", "th"]', '["en"]'), r"texts\.th: is not among"),
    "default not offered": (lambda f: _change(f, 'language = "en"', 'language = "ja"'), "source_language: is not"),
    "no title": (lambda f: _change(f, 'title = "Prompts"\n', ""), r"texts\.en\.title: is missing"),
    "long title": (
        lambda f: _change(f, '"First"', f'"{"x" * 201}"'),
        r"modules\[0\]\.texts\.en\.title: has 201 characters",
    ),
    "NUL": (lambda f: _change(f, '"First"', '"Fir\\u0000st"'), r"texts\.en\.title: must be a text"),
    "bad status": (lambda f: _change(f, '"machine_drafted"', '"perfect"'), r"status: must be one of"),
    "status of nothing": (lambda f: (f / "lessons/ask/th.md").unlink(), r"status\.th: there is no lessons/ask/th\.md"),
    "unknown skill": (lambda f: _change(f, "AIS-B2", "AIS-X1"), r"lessons\[1\]\.skills: .* has no skill AIS-X1"),
    "skill twice": (lambda f: _change(f, "AIS-A1", "AIS-B2"), r"skills\[1\]\.code: AIS-B2 is listed twice"),
    "level": (lambda f: _change(f, "level = 2", "level = 7"), r"skills\[0\]\.level: must be"),
    "lesson twice": (lambda f: _change(f, '"check"', '"ask"'), r"lessons\[1\]\.slug: two activities have"),
    "orphan folder": (lambda f: (f / "lessons/askk").mkdir(), r"lessons/askk: no lesson"),
    "orphan body": (lambda f: (f / "lessons/ask/vi.md").write_text("# x\n\ny"), r"ask/vi\.md: 'vi' is not among"),
    "no heading": (lambda f: (f / "lessons/ask/en.md").write_text("x\n\ny"), r"ask/en\.md: line 1: must be"),
    "no text": (lambda f: (f / "lessons/ask/en.md").write_text("# x\n\n \n"), r"ask/en\.md: line 2: there is no text"),
    "not UTF-8": (lambda f: (f / "lessons/ask/en.md").write_bytes(b"# \xff\n\nx"), r"ask/en\.md: .*utf-8"),
    "modules no list": (lambda f: _cut(f), r"modules: must be a list"),
}


def _cut(folder: Path) -> None:
    text = (folder / "course.toml").read_text()
    (folder / "course.toml").write_text("modules = 3\n" + text[: text.index("[[modules]]")])


@pytest.mark.parametrize(("spoil", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_files_are_named_and_nothing_is_written(
    folder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(folder)
    with pytest.raises(CourseFileError, match=message):
        load_course(folder)
    assert not Course.objects.exists()


def test_the_command_loads_and_publishes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        call_command("load_course", str(folder), "--publish")
    assert str(ID) in capsys.readouterr().out
    assert Edition.objects.get().status == "published"
    _change(folder, "minutes = 10", "minutes = -1")
    with pytest.raises(CommandError, match="minutes"):
        call_command("load_course", str(folder))
    (folder / "lessons/ask/en.md").unlink()
    _change(folder, "minutes = -1", "minutes = 10")
    _change(folder, 'en = "source"\n', "")
    with pytest.raises(CommandError, match="has no title"):
        call_command("load_course", str(folder), "--publish")
