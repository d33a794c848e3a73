"""The files of the starter course fit together, in every language; read as plain TOML and Markdown, without a database."""

from __future__ import annotations

import json
import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
SLUG = "ai-at-work-first-steps"
LANGUAGES = ("en", "ja", "th", "id")
SKILLS = ("AIS-A1", "AIS-A3", "AIS-B1", "AIS-B2")
# Shortest and longest lesson body: words where words are spaced, else characters that are not space.
LENGTHS = {"en": (250, 450), "id": (250, 480), "ja": (600, 1500), "th": (1000, 2600)}
# The script a text of the language is written in, by the start of its characters' Unicode names.
SCRIPTS = {"ja": ("HIRAGANA", "KATAKANA", "CJK"), "th": ("THAI",)}
# Frequent English words that are no Indonesian ones.
ENGLISH = re.compile(r"\b(the|and|of|is|are|which|you|your|with|what|from|that)\b", re.IGNORECASE)


def read_toml(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


COURSE = read_toml(f"courses/starter/{SLUG}/course.toml")
QUIZ = read_toml(f"assessments/content/{SLUG}/quiz.toml")
ITEMS = read_toml(f"assessments/content/{SLUG}/items.toml")["items"]
ACHIEVEMENT = read_toml(f"platform/credentials/content/{SLUG}/achievement.toml")
FRAMEWORK = {
    skill["id"]: {statement["level"] for statement in skill["levels"]}
    for skill in json.loads((ROOT / "courses/skills/data/ai_skills_framework.json").read_text(encoding="utf-8"))[
        "skills"
    ]
}
LESSONS = [lesson for module in COURSE["modules"] for lesson in module["lessons"]]


def body_of(lesson: str, language: str) -> str:
    return (ROOT / f"courses/starter/{SLUG}/lessons/{lesson}/{language}.md").read_text(encoding="utf-8")


def item_texts(item: dict[str, Any], language: str) -> list[str]:
    content = item["content"][language]
    return [content["prompt"], content["feedback"], *(option["text"] for option in content.get("options", ()))]


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Every text of the course in a language, with the place it stands in."""
    yield "edition", " ".join(COURSE["texts"][language][key] for key in ("title", "summary"))
    for module in COURSE["modules"]:
        yield module["slug"], module["texts"][language]["title"]
    for lesson in LESSONS:
        yield lesson["slug"], body_of(lesson["slug"], language)
    for item in ITEMS:
        yield item["code"], " ".join(item_texts(item, language))
    yield "quiz", QUIZ["titles"][language]
    for key in ("name", "description", "criteria"):
        yield f"achievement {key}", ACHIEVEMENT["texts"][language][key]


def share_in_script(text: str, language: str) -> float:
    names = [
        unicodedata.name(char, "")
        for char in text.replace("AI", "")
        if unicodedata.category(char) in ("Lo", "Ll", "Lu")
    ]
    return sum(name.startswith(SCRIPTS[language]) for name in names) / max(len(names), 1)


def test_every_part_is_there_in_every_language() -> None:
    assert (COURSE["slug"], COURSE["licence"]) == (SLUG, "CC-BY-4.0")
    assert COURSE["attribution"]
    edition = COURSE
    assert tuple(edition["languages"]) == LANGUAGES
    assert [len(module["lessons"]) for module in COURSE["modules"]] == [3, 3]
    assert len({lesson["slug"] for lesson in LESSONS}) == 6
    localised = [edition["texts"], QUIZ["titles"], ACHIEVEMENT["texts"]]
    localised += [module["texts"] for module in COURSE["modules"]]
    localised += [lesson["status"] for lesson in LESSONS] + [item["content"] for item in ITEMS]
    assert all(set(by_language) == set(LANGUAGES) for by_language in localised)
    for language in LANGUAGES:
        assert all(text.strip() for _, text in texts(language))


def test_only_the_source_is_not_marked_as_a_machine_draft() -> None:
    expected = {language: "source" if language == "en" else "machine_drafted" for language in LANGUAGES}
    for block in [COURSE["texts"], *(module["texts"] for module in COURSE["modules"])]:
        assert {language: text["status"] for language, text in block.items()} == expected
    assert all(lesson["status"] == expected for lesson in LESSONS)


def test_skills_and_levels_are_those_of_the_framework() -> None:
    taught = {(skill["code"], skill["level"]) for lesson in LESSONS for skill in lesson["skills"]}
    assert {code for code, _ in taught} == set(SKILLS)
    tested = {(code, item["level"]) for item in ITEMS for code in item["skills"]}
    certified = {(entry["skill"], entry["level"]) for entry in ACHIEVEMENT["criteria"]["skills"]}
    assert {code for code, _ in certified} == set(SKILLS)
    for code, level in taught | tested | certified:
        assert level in FRAMEWORK[code]
        assert level in (1, 2)
    for lesson in LESSONS:
        assert 5 <= lesson["minutes"] <= 30
        codes = [skill["code"] for skill in lesson["skills"]]
        assert len(codes) == len(set(codes))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", [lesson["slug"] for lesson in LESSONS])
def test_a_lesson_has_a_title_a_fair_length_and_clean_markdown(lesson: str, language: str) -> None:
    title, _, body = body_of(lesson, language).partition("\n")
    assert re.fullmatch(r"# \S.{3,198}", title)
    assert not re.search(r"^# ", body, re.MULTILINE)
    assert len(re.findall(r"^## ", body, re.MULTILINE)) == len(re.findall(r"^## ", body_of(lesson, "en"), re.MULTILINE))
    size = len(re.findall(r"\w+", body)) if language in ("en", "id") else len(re.sub(r"\s", "", body))
    least, most = LENGTHS[language]
    assert least <= size <= most
    # Emphasis beside the punctuation of an unspaced script may stay literal, and HTML would be shown as text.
    rendered = MarkdownIt("commonmark", {"html": False}).render(body)
    assert "*" not in rendered
    assert "<" not in body
    # The translations have the source's headings, lists, emphasis and quotations.
    source = MarkdownIt("commonmark").render(body_of(lesson, "en").partition("\n")[2])
    assert Counter(re.findall(r"<\w+", rendered)) == Counter(re.findall(r"<\w+", source))


def test_no_english_is_left_in_the_translations() -> None:
    for language in SCRIPTS:
        low = {where: share for where, text in texts(language) if (share := share_in_script(text, language)) < 0.98}
        assert not low, (language, low)
    left = {where: found for where, text in texts("id") if (found := ENGLISH.findall(text))}
    assert not left


def test_the_bank_has_the_promised_spread() -> None:
    assert len(ITEMS) == len({item["code"] for item in ITEMS}) == 24
    kinds = Counter(item["kind"] for item in ITEMS)
    least = {"single": 12, "multiple": 4, "numeric": 3, "ordering": 3}
    assert set(kinds) == set(least)
    assert all(kinds[kind] >= count for kind, count in least.items())
    assert Counter((item["skills"][0], item["level"]) for item in ITEMS) == {
        (skill, level): 3 for skill in SKILLS for level in (1, 2)
    }
    for item in ITEMS:
        assert item["difficulty"] in (("easy", "medium") if item["level"] == 1 else ("medium", "hard"))
    correct = Counter(item["key"]["correct"] for item in ITEMS if item["kind"] == "single")
    assert set(correct) == set("abcd")
    assert max(correct.values()) - min(correct.values()) <= 2


@pytest.mark.parametrize("item", ITEMS, ids=[item["code"] for item in ITEMS])
def test_an_item_has_a_key_among_its_options_and_its_guess_rate(item: dict[str, Any]) -> None:
    options = {
        language: [option["id"] for option in content.get("options", ())]
        for language, content in item["content"].items()
    }
    ids = options["en"]
    assert all(found == ids for found in options.values())
    assert len(ids) == len(set(ids))
    key, n = item["key"], len(ids)
    match item["kind"]:
        case "single":
            assert n == 4
            assert key["correct"] in ids
            guess = 1 / n
        case "multiple":
            assert set(key["correct"]) < set(ids)
            assert len(key["correct"]) == len(set(key["correct"])) >= 2
            guess = 1 / (2**n - 1)
        case "ordering":
            assert sorted(key["order"]) == sorted(ids)
            assert key["order"] != ids
            guess = 1 / math.factorial(n)
        case _:
            assert not ids
            assert key["tolerance"] >= 0
            assert math.isfinite(key["value"])
            guess = 0
    assert item["guess"] == round(guess, 3)
    for content in item["content"].values():
        written = [option["text"] for option in content.get("options", ())]
        assert len(written) == len(set(written))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_length_of_an_option_does_not_give_the_key_away(language: str) -> None:
    singles = [item for item in ITEMS if item["kind"] == "single"]
    for extreme in (max, min):
        told = 0
        for item in singles:
            sizes = {option["id"]: len(option["text"]) for option in item["content"][language]["options"]}
            right = sizes.pop(item["key"]["correct"])
            told += extreme(right, *sizes.values()) == right and right not in sizes.values()
        # Chance alone gives a quarter.
        assert told <= len(singles) * 0.4


def test_the_quiz_can_be_drawn_and_the_achievement_reached() -> None:
    assert (QUIZ["slug"], QUIZ["mode"]) == ("final", "assessment")
    bank = Counter(item["skills"][0] for item in ITEMS)
    pools = {pool["skill"]: pool["count"] for pool in QUIZ["pools"]}
    assert len(pools) == len(QUIZ["pools"])
    assert set(pools) == set(SKILLS)
    assert sum(pools.values()) == 10
    assert all(count <= bank[skill] for skill, count in pools.items())
    assert QUIZ["attempt_limit"] == 3
    assert QUIZ["time_limit_s"] == 3600
    assert 0 < float(QUIZ["pass_share"]) <= 1
    assert isinstance(QUIZ["pass_share"], str)
    assert ACHIEVEMENT["slug"] == SLUG
    assert ACHIEVEMENT["criteria"]["course_completed"] is True
    assert COURSE["requires_assessment"] is True
