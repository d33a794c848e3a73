"""Loading a course from files: twice, changed, published, and wrong in every way."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from courses import public as courses
from courses.catalogue.loading import CourseFileError, load_course
from courses.catalogue.models import Course, Edition, EditionText, Lesson, LessonSkill, LessonText, Module, ModuleText
from courses.catalogue.selectors import edition_content
from courses.publishing.services import new_edition, publish
from tests.courses.factories import make_draft

pytestmark = pytest.mark.django_db
MODELS = (Course, Edition, EditionText, Module, ModuleText, Lesson, LessonText, LessonSkill)
TOML = """
slug = "prompts"
licence = "CC-BY-4.0"
attribution = "The platform"

[edition]
number = 1
default_language = "en"
languages = ["en", "th"]
requires_assessment = true

[edition.texts.en]
title = "Prompts"
summary = "All of it"
status = "source"

[edition.texts.th]
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
    edition_id = load_course(folder)
    before = _rows()
    assert load_course(folder) == edition_id == courses.edition_id_of("prompts", 1)
    assert _rows() == before
    view = courses.edition(edition_id)
    assert view is not None
    assert [lesson.id for lesson in view.lessons] == [
        courses.lesson_id_of("prompts", 1, slug) for slug in ("ask", "check")
    ]
    assert view.titles == {"en": "Prompts", "th": "คำสั่ง"}
    lesson = next(edition_content(edition_id).lessons())
    assert (lesson.texts["th"].title, lesson.texts["th"].body) == ("ask th", "Text *ask*.")


def test_a_draft_is_brought_up_to_the_files(folder: Path) -> None:
    edition_id = load_course(folder)
    text = (folder / "course.toml").read_text()
    ask = text[text.index('[[modules.lessons]]\nslug = "ask"') : text.index('[[modules.lessons]]\nslug = "check"')]
    # The first lesson moves to a second module, which comes first; the other module loses a translation.
    second = '[[modules]]\nslug = "zero"\n[modules.texts.en]\ntitle = "Zero"\nstatus = "source"\n' + ask
    text = text.replace(ask, "").replace("[[modules]]", second + "[[modules]]", 1)
    (folder / "course.toml").write_text(
        text.replace('[modules.texts.th]\ntitle = "แรก"\nstatus = "machine_drafted"\n', "")
    )
    (folder / "lessons" / "check" / "en.md").write_text("# New\nbody\n")
    assert load_course(folder) == edition_id
    content = edition_content(edition_id)
    assert [lesson.slug for lesson in content.lessons()] == ["ask", "check"]
    assert [module.texts["en"].title for module in content.modules] == ["Zero", "First"]
    assert list(content.modules[1].texts) == ["en"]
    assert content.modules[1].lessons[0].texts["en"].title == "New"
    # A lesson that the files no longer have is gone.
    shutil.rmtree(folder / "lessons" / "check")
    text = (folder / "course.toml").read_text()
    (folder / "course.toml").write_text(text[: text.rindex("[[modules.lessons]]")])
    load_course(folder)
    assert list(Lesson.objects.values_list("slug", flat=True)) == ["ask"]


def test_a_published_edition_is_left_alone_and_the_difference_is_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edition_id = load_course(folder)
    publish(edition_id=edition_id, actor="loader")
    before = _rows()
    with caplog.at_level(logging.WARNING):
        assert load_course(folder) == edition_id
        assert not caplog.records
        _change(folder, "All of it", "Something else")
        assert load_course(folder) == edition_id
    assert "differ from the published edition" in caplog.text
    assert _rows() == before
    _change(folder, "number = 1", "number = 2")
    second = load_course(folder)
    publish(edition_id=second, actor="loader")
    assert list(Edition.objects.order_by("number").values_list("status", flat=True)) == ["retired", "published"]


def test_files_are_not_mixed_with_what_was_made_in_the_admin(folder: Path) -> None:
    edition_id = load_course(folder)
    publish(edition_id=edition_id, actor="loader")
    new_edition(edition_id=edition_id, actor="budi")
    make_draft(course=Course.objects.create(slug="other"))
    before = _rows()
    _change(folder, "number = 1", "number = 2")
    with pytest.raises(CourseFileError, match="edition 2 was made in the admin"):
        load_course(folder)
    _change(folder, 'slug = "prompts"', 'slug = "other"')
    with pytest.raises(CourseFileError, match="not loaded from files"):
        load_course(folder)
    assert _rows() == before


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (lambda f: (f / "course.toml").unlink(), r"course\.toml: .*No such file"),
    "no TOML": (lambda f: _change(f, "number = 1", "number ="), r"course\.toml: .*line"),
    "unknown key": (
        lambda f: _change(f, "minutes = 10", "minuts = 10"),
        r"modules\[0\]\.lessons\[0\]\.minuts: is not known",
    ),
    "minutes missing": (lambda f: _change(f, "minutes = 10\n", ""), r"lessons\[0\]\.minutes: must be a whole number"),
    "minutes a truth": (lambda f: _change(f, "minutes = 10", "minutes = true"), r"minutes: must be a whole number"),
    "huge number": (lambda f: _change(f, "number = 1", "number = 99999999999999"), r"edition\.number: must be"),
    "bad slug": (lambda f: _change(f, '"prompts"', '"Prompts!"'), r"course\.toml: slug: must be lower-case"),
    "bad language": (
        lambda f: _change(f, '["en", "th"]', '["en", "TH"]'),
        r"edition\.languages\[1\]: must be a BCP 47",
    ),
    "language twice": (lambda f: _change(f, '["en", "th"]', '["en", "th", "en"]'), r"languages\[2\]: is listed twice"),
    "text not offered": (lambda f: _change(f, '["en", "th"]', '["en"]'), r"edition\.texts\.th: is not among"),
    "default not offered": (lambda f: _change(f, 'language = "en"', 'language = "ja"'), "default_language: is not"),
    "no title": (lambda f: _change(f, 'title = "Prompts"\n', ""), r"edition\.texts\.en\.title: is missing"),
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
    "lesson twice": (lambda f: _change(f, '"check"', '"ask"'), r"lessons\[1\]\.slug: two lessons have"),
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
    assert str(courses.edition_id_of("prompts", 1)) in capsys.readouterr().out
    assert Edition.objects.get().status == "published"
    _change(folder, "minutes = 10", "minutes = -1")
    with pytest.raises(CommandError, match="minutes"):
        call_command("load_course", str(folder))
    (folder / "lessons/ask/th.md").unlink()
    _change(folder, "minutes = -1", "minutes = 10")
    _change(folder, 'th = "machine_drafted"\n', "")
    _change(folder, "number = 1", "number = 2")
    with pytest.raises(CommandError, match="has no title"):
        call_command("load_course", str(folder), "--publish")
