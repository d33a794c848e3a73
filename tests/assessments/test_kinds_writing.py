"""What people type in the scripts of the twelve states: what is the same answer, and what is another one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.items.kinds import KINDS
from assessments.items.kinds.writing import folded, has_one_typo, normalised

TEXT, NUMBER = KINDS["text"], KINDS["numeric"]


def is_right(typed: str, accepted: str, language: str | None = "xx", **key: object) -> bool:
    return TEXT.score({"accept": {"xx": [accepted]}, **key}, TEXT.read(typed, ()), language=language) == 1.0


SAME = [
    ("AI ", "ai"),
    ("Ｐｒｏｍｐｔ", "prompt"),
    ("ﾃﾞｰﾀ", "データ"),
    ("STRASSE", "straße"),
    ("Học máy", "học máy"),
    ("ปัญญา ประดิษฐ์", "ปัญญาประดิษฐ์"),
    ("ปัญญา\u200bประดิษฐ์", "ปัญญาประดิษฐ์"),
    ("น\u0e49\u0e4d\u0e32", "น้ำ"),
    ("น\u0e4d\u0e49\u0e32", "น้ำ"),
    ("เเปล", "แปล"),
    ("ບັນຍາ ປະດິດ", "ບັນຍາປະດິດ"),
    ("បញ្ញា\u200bសិប្បនិម្មិត", "បញ្ញាសិប្បនិម្មិត"),
    ("ဉာဏ်ရည် တု", "ဉာဏ်ရည်တု"),
    ("機械 学習", "機械学習"),
    ("ma\u00adchine\u200d learning", "machine learning"),
    ("machine\u00a0\n learning", "machine learning"),
]
OTHER = [
    ("ปา", "ป่า"),  # to throw, forest
    ("が", "か"),
    ("ສາ", "ສ່າ"),
    ("machinelearning", "machine learning"),
    ("má", "mà"),
    ("", "x"),
]


@pytest.mark.parametrize(("typed", "accepted"), SAME)
def test_habits_of_typing_do_not_count(typed, accepted):
    assert is_right(typed, accepted)


@pytest.mark.parametrize(("typed", "accepted"), OTHER)
def test_another_word_is_another_word(typed, accepted):
    assert not is_right(typed, accepted)


def test_diacritics_are_ignored_only_where_the_key_says_so_and_on_latin_letters_only():
    assert not is_right("hoc may", "học máy")
    assert is_right("hoc may", "học máy", diacritics="ignore")
    assert is_right("du lieu", "dữ liệu", diacritics="ignore")
    assert is_right("Dao tao", "Đào tạo", diacritics="ignore")
    for typed, accepted in (("か", "が"), ("ปา", "ป่า"), ("ខ", "ខ\u17d2")):
        assert not is_right(typed, accepted, diacritics="ignore")


@pytest.mark.parametrize("typed", ["pronpt", "promt", "prompts", "propmt"])
def test_one_typo_is_forgiven_where_the_key_says_so(typed):
    assert not is_right(typed, "prompt")
    assert is_right(typed, "prompt", typos=1)


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("prnopt", "prompt"),
        ("cat", "cut"),
        ("GPT-5", "GPT-4"),
        ("ปัญญ", "ปัญญา"),
        ("機械学", "機械学習"),
        ("prompt1", "prompt"),
    ],
)
def test_two_typos_short_words_digits_and_other_scripts_are_not_forgiven(typed, accepted):
    assert not is_right(typed, accepted, typos=1)


def test_an_answer_is_right_in_its_own_language():
    key = {"accept": {"en": ["gift"], "th": ["ของขวัญ"], "*": ["AI"]}}
    for typed, language, right in (
        ("gift", "en", 1.0),
        ("gift", "th", 0.0),
        ("ai", "th", 1.0),
        ("ของขวัญ", "th", 1.0),
        ("gift", None, 1.0),
    ):
        assert TEXT.score(key, TEXT.read(typed, ()), language=language) == right


@settings(max_examples=300)
@given(text=st.text(max_size=30))
def test_normalising_and_folding_are_done_after_one_time(text):
    once = normalised(text)
    assert normalised(once) == once
    assert "\x00" not in once
    assert folded(once) == folded(text)
    lines = normalised(text, keep_lines=True)
    assert normalised(lines, keep_lines=True) == lines
    once.encode()


@given(word=st.text("abcdefgh", min_size=5, max_size=12), at=st.integers(0, 20), letter=st.sampled_from("xyz"))
def test_any_one_edit_is_a_typo_and_no_edit_is_none(word, at, letter):
    at %= len(word)
    edits = [word[:at] + letter + word[at:], word[:at] + word[at + 1 :], word[:at] + letter + word[at + 1 :]]
    assert all(has_one_typo(edit, word) for edit in edits)
    assert not has_one_typo(word, word)
    assert not has_one_typo(word + letter + letter, word)


@pytest.mark.parametrize(
    "written",
    [
        "42.5",
        "๔๒.๕",
        "៤២.៥",
        "໔໒.໕",
        "၄၂.၅",
        "٤٢٫٥",
        "４２．５",
        "42.5 kg",
        "42.5kg",
        " ๔๒.๕ kg",
        "+42.50",
        "42.5\u200b",
        "4.25e1",
    ],
)
def test_a_number_is_read_in_the_digits_of_any_script_and_with_its_unit(written):
    assert NUMBER.read(written, (), {"unit": "kg"}) == "42.5"


def test_a_unit_is_taken_off_only_where_it_is_the_items_own_and_no_number():
    assert NUMBER.read("\u22125 °C", (), {"unit": "°C"}) == "-5"
    assert NUMBER.read("4e2", (), {"unit": "e2"}) == "400"
    assert NUMBER.read("50 %", (), {"unit": "%"}) == "50"
    for written, unit in (("42 g", "kg"), ("kg", "kg"), ("42 kg kg", "kg"), ("4 2", "kg"), ("1,5", "")):
        with pytest.raises(Exception, match="not_a_number"):
            NUMBER.read(written, (), {"unit": unit})


def test_a_relative_tolerance_is_of_the_value():
    key = {"value": -200, "tolerance_percent": 2.5}
    for typed, right in ((-205, 1.0), ("-195", 1.0), (-205.01, 0.0), (200, 0.0)):
        assert NUMBER.score(key, NUMBER.read(typed, ())) == right
