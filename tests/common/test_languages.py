"""Lookup as in RFC 4647, section 3.4, on the programme's languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.languages import canonical, choose, lookup

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
    assert lookup([tag], ["zh-Hant-CN-x", "ja"]) is None


@pytest.mark.parametrize(
    ("wanted", "available", "found"),
    [
        (["ja-JP"], ["en", "ja"], "ja"),
        (["zh-Hans-SG"], ["zh-Hant", "zh-Hans"], "zh-Hans"),
        (["zh-TW", "ms"], ["zh-Hans", "ms"], "ms"),  # nothing is guessed about scripts
        (["ms-Arab"], ["ms"], "ms"),
        (["ms"], ["ms-Arab"], None),  # lookup never lengthens
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


@given(TAGS, TAGS)
def test_lookup_is_the_rfcs(wanted: list[str], available: list[str]) -> None:
    expected = next((step for tag in wanted for step in _steps(tag) if step in available), None)
    assert lookup(wanted, available) == expected


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
    found = lookup(first, available)
    assert found is None or lookup(first + more, available) == found


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
