"""One way of choosing a language, on the programme's languages (decision 0073)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langcodes import Language

from common.languages import canonical, choose, lookup, same_language
from config.languages import INTERFACE_LANGUAGES
from courses.publishing.rules import ranges

# Few and short, so that tags often meet; single letters among them.
SUBTAG = st.sampled_from(["a", "x", "en", "zh", "hans", "my", "01"])
TAG = st.lists(SUBTAG, min_size=1, max_size=4).map("-".join)
TAGS = st.lists(TAG, max_size=3)


def _steps(tag: str) -> list[str]:
    """Every tag that a range is shortened to, by the letter of the RFC: written apart from the code that it checks."""
    steps = []
    while tag:
        steps.append(tag)
        tag = tag.rpartition("-")[0]
        if len(tag.rpartition("-")[2]) == 1:
            tag = tag.rpartition("-")[0]
    return steps


def test_the_example_of_the_rfc() -> None:
    tag = "zh-Hant-CN-x-private1-private2"
    expected = ["zh-Hant-CN-x-private1-private2", "zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh"]
    assert _steps(tag) == expected
    for position, step in enumerate(expected):
        assert lookup([tag], expected[position:]) == step
    assert lookup([tag], ["vi", "ja"]) is None


@pytest.mark.parametrize(
    ("wanted", "available", "found"),
    [
        (["ja-JP"], ["en", "ja"], "ja"),
        (["zh-Hans-SG"], ["zh-Hant", "zh-Hans"], "zh-Hans"),
        (["ms-Arab"], ["ms"], "ms"),
        (["ms"], ["ms-Arab"], None),
        (["id"], ["ms-Arab"], None),
        (["TH-th"], ["th"], "th"),
        (["de-CH", "fr", "en-GB"], ["fr", "en"], "fr"),
        (["pt_BR"], ["pt"], "pt"),
        (["*"], ["en"], None),
        ([""], ["en"], None),
        ([], ["en"], None),
        (["en"], [], None),
    ],
)
def test_lookup(wanted: list[str], available: list[str], found: str | None) -> None:
    assert lookup(wanted, available) == found


OURS = [canonical(code) for code, _ in INTERFACE_LANGUAGES]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # CLDR: aliases, macrolanguages, likely subtags.
        *[
            (tag, "zh-Hans")
            for tag in ("zh", "zh-CN", "zh-SG", "zh-MY", "zh_CN", "ZH-cn", "cmn", "zh-cmn-Hans-CN", "zh-ID")
        ],
        *[(tag, "fil") for tag in ("tl", "tl-PH", "fil-PH", "tgl")],
        *[(tag, "id") for tag in ("in", "in-ID", "id-ID", "ind")],
        *[(tag, "ms") for tag in ("ms-MY", "ms-BN", "ms-SG", "msa", "may", "zlm")],
        *[(tag, "my") for tag in ("my-MM", "mya", "bur")],
        *[(tag, "pt") for tag in ("pt-BR", "pt-TL", "por")],
        *[(tag, "en") for tag in ("en-PH", "en-SG", "eng")],
        *[(tag, tag[:2]) for tag in ("th-TH-u-ca-buddhist", "ja-JP-u-ca-japanese-x-phone", "vi-VN", "km-KH", "lo-LA")],
        ("ta-SG", "ta"),
        ("tet-TL", "tet"),
        # CLDR's language matching: people who read one read the other.
        *[(tag, "id") for tag in ("jv", "jw", "su")],
        *[(tag, "ms") for tag in ("min", "bjn", "ms-Arab")],
        # Traditional characters: simplified ones before a language that nobody asked for.
        *[(tag, "zh-Hans") for tag in ("zh-TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-MY", "yue", "zh-yue-HK")],
        # What is not understood is not sent.
        *[
            (tag, None)
            for tag in ("ceb", "ilo", "shn", "ko", "es", "gl", "de", "und", "mul", "x-private", "i-klingon", "*", "a")
        ],
    ],
)
def test_a_tag_finds_the_language_that_its_readers_read(asked: str, found: str | None) -> None:
    assert lookup([asked], OURS) == found
    assert lookup([asked, "x-none"], list(reversed(OURS))) == found, "the order of what there is does not matter"


@pytest.mark.parametrize(
    ("asked", "available", "found"),
    [
        (["zh-TW", "en"], ["zh-Hans", "en", "vi"], "en"),
        (["zh-TW", "zh", "en"], ["zh-Hans", "en"], "zh-Hans"),  # what browsers in Taiwan send
        (["zh-TW"], ["zh-Hans", "zh-Hant"], "zh-Hant"),
        (["zh-CN"], ["zh-Hant"], "zh-Hant"),
        (["jv", "en"], ["id", "en"], "en"),
        (["km", "th"], ["en", "th"], "th"),
        (["ms"], ["id"], None),
        (["id"], ["ms"], "ms"),
        (["pt-BR"], ["pt-TL"], "pt-TL"),
        (["ms-Arab", "en"], ["ms", "en"], "ms"),  # RFC 4647: the range is shortened
    ],
)
def test_what_was_asked_for_comes_before_what_is_only_near(
    asked: list[str], available: list[str], found: str | None
) -> None:
    assert lookup(asked, available) == found


@pytest.mark.parametrize("tag", ["jv", "zh-TW", "ms-Arab-x-a", "de"])
def test_only_the_same_language_counts_as_one_that_the_platform_knows(tag: str) -> None:
    assert same_language([tag], OURS) == ("ms" if tag.startswith("ms") else None)


@given(
    st.lists(st.sampled_from([*OURS, "zh-CN", "zh-TW", "tl", "in", "jv", "ms-Arab", "pt-TL", "ceb", "de"]), max_size=4),
    st.sets(st.sampled_from(OURS), min_size=1),
)
def test_the_database_chooses_from_a_list_what_lookup_finds(wanted: list[str], offered: set[str]) -> None:
    listed = ranges(tuple(wanted), tuple(OURS))
    chosen = next((tag for tag in listed if tag in {language.lower() for language in offered}), None)
    found = lookup(wanted, [tag for tag in OURS if tag in offered])
    assert chosen == (found.lower() if found else None)


@given(TAGS, TAGS)
def test_what_the_rfc_finds_is_found(wanted: list[str], available: list[str]) -> None:
    expected = {tag: next((step for step in _steps(tag) if step in available), None) for tag in wanted}
    found = same_language(wanted, available)
    if any(expected.values()):
        assert found is not None
    if wanted and expected[wanted[0]]:
        assert found == expected[wanted[0]]


def test_tags_of_strangers_are_not_kept_for_ever() -> None:
    before = len(Language._PARSE_CACHE)
    for number in range(5000):
        lookup([f"ja-{number:03d}-x-{number}"], OURS)
        lookup([f"{'abcdefghij'[number % 10]}{'abcdefghij'[number // 10 % 10]}-Abcd-{number % 1000:03d}"], OURS)
    assert len(Language._PARSE_CACHE) - before < 1000


@given(TAGS, TAGS)
def test_case_makes_no_difference_and_the_answer_is_spelt_as_available(wanted: list[str], available: list[str]) -> None:
    spelt = [canonical(tag) for tag in available]
    found = lookup([tag.upper() for tag in wanted], spelt)
    assert found is None or found in spelt
    plain = lookup(wanted, available)
    assert (found or "").lower() == (plain or "")


@given(TAGS, TAGS, TAGS)
def test_more_wishes_never_change_what_an_earlier_one_got(
    first: list[str], more: list[str], available: list[str]
) -> None:
    found = same_language(first, available)
    assert found is None or same_language(first + more, available) == found


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("zh-hans", "zh-Hans"),
        ("MS-ARAB", "ms-Arab"),
        ("pt-br", "pt-BR"),
        ("JA", "ja"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("tet", "tet"),
        ("fil-PH", "fil-PH"),
    ],
)
def test_the_conventional_case(tag: str, written: str) -> None:
    assert canonical(tag) == written
    assert canonical(written) == written


@pytest.mark.parametrize(
    ("header", "preferred", "chosen"),
    [
        ("ja, en;q=0.5", ["th"], "ja"),
        ("en;q=0.5, ja", ["th"], "ja"),
        ("fr", ["th", "en"], "th"),  # the learner's languages come after the header
        ("fr", ["lo"], "id"),  # then the content's own
        ("*", ["th"], "th"),
        ("ja;q=0", ["th"], "th"),
        ("", [], "id"),
        (";;;,,=", ["th"], "th"),
        ("ja" * 400, ["th"], "th"),
        ("th-TH-u-ca-buddhist", [], "th"),
    ],
)
def test_the_header_then_the_learner_then_the_content(header: str, preferred: list[str], chosen: str) -> None:
    assert choose(header, preferred, ["en", "ja", "th", "id"], "id") == chosen


@given(st.text(max_size=600))
def test_no_header_is_too_odd(header: str) -> None:
    assert choose(header, [], ["en", "ja"], "en") in ("en", "ja")
