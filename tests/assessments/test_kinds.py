"""Every kind of item: reading is stable, right is 1, a part is never more than the whole, and guessing is what it says."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.items.kinds import KINDS, ResponseRefused
from assessments.items.kinds.numeric import reading_of_numbers
from assessments.items.rules import Draft, issues, option_ids
from assessments.items.shown import shown
from assessments.scoring.rules import RULE_VERSION, score_response

LANGUAGES = ("en", "th")


@dataclass(frozen=True)
class Sample:
    """A sound item of a kind, what is right, and what somebody may answer who knows nothing."""

    kind: str
    key: dict[str, Any]
    guess: float
    right: Any
    part: Any = None
    options: tuple[str, ...] = ()
    written: str = ""
    blind: Callable[[random.Random], Any] | None = None
    content: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> dict[str, Any]:
        element: dict[str, Any] = {
            "prompt": "Which? {{g1}} {{g2}}" if self.kind == "cloze" else "Which?",
            "feedback": "Why",
        }
        if self.options:
            element["options"] = [{"id": option, "text": f"{option} {language}"} for option in self.options]
        if self.part is not None:
            element[KINDS[self.kind].part] = copy.deepcopy(self.part)
        return element

    def draft(self) -> Draft:
        content = {language: self.text(language) for language in LANGUAGES}
        return Draft(self.kind, content, copy.deepcopy(self.key), ("AIS-A1",), 1, "easy", self.guess)

    def ids(self) -> tuple[str, ...]:
        return option_ids({"en": self.text()})

    def read(self, raw: Any) -> Any:
        return KINDS[self.kind].read(raw, self.ids(), self.text())

    def score(self, raw: Any, language: str | None = "en") -> float:
        return score_response(kind=self.kind, key=self.key, response=self.read(raw), language=language)


def subset(of: tuple[str, ...]) -> Callable[[random.Random], Any]:
    return lambda chance: [entry for entry in of if chance.random() < 0.5]


ABCD = ("a", "b", "c", "d")
LEFT = [{"id": str(number), "text": f"Left {number}"} for number in (1, 2, 3)]
GAPS = [{"id": "g1", "options": [{"id": entry, "text": entry.upper()} for entry in "abc"]}, {"id": "g2"}]
PICTURE = {
    "address": "https://example.org/mail.png",
    "alt": "An e-mail",
    "regions": [
        {"id": "a", "label": "The sender", "box": [0.1, 0.05, 0.4, 0.1]},
        {"id": "b", "label": "The link", "box": [0.1, 0.5, 0.3, 0.1]},
        {"id": "c", "label": "The button", "box": [0.5, 0.8, 0.25, 0.15]},
    ],
}
RUBRIC = {
    "tolerance": 25,
    "criteria": [
        {
            "id": value,
            "title": {language: f"{value} {language}" for language in LANGUAGES},
            "levels": [
                {"points": points, "text": {language: f"{points} {language}" for language in LANGUAGES}}
                for points in (0, 1, 3)
            ],
        }
        for value in ("aim", "risk")
    ],
}
ACCEPT = {"accept": {"en": ["machine learning", "ML"], "th": ["การเรียนรู้ของเครื่อง"]}, "typos": 1}
FILE = "0198c0de-0000-7000-8000-000000000001"

SAMPLES = {
    "single": Sample("single", {"correct": "b"}, 0.25, "b", options=ABCD, written="b", blind=lambda c: c.choice(ABCD)),
    "multiple": Sample(
        "multiple", {"correct": ["a", "c"]}, 0.07, ["c", "a"], options=ABCD, written="a, c", blind=subset(ABCD)
    ),
    "multiple overlap": Sample(
        "multiple",
        {"correct": ["a", "c"], "credit": "overlap"},
        0.35,
        ["a", "c"],
        options=ABCD,
        written="a, c; overlap",
        blind=subset(ABCD),
    ),
    "multiple minus": Sample(
        "multiple",
        {"correct": ["a", "c", "d"], "credit": "right_minus_wrong"},
        0.4,
        ["a", "d", "c"],
        options=ABCD,
        written="a, c, d; right minus wrong",
        blind=subset(ABCD),
    ),
    "numeric": Sample("numeric", {"value": 42, "tolerance": 0.5}, 0.0, "42.4", written="42 ± 0.5"),
    "numeric percent": Sample("numeric", {"value": -200, "tolerance_percent": 2.5}, 0.0, -205, written="-200 ± 2.5 %"),
    "ordering": Sample(
        "ordering",
        {"order": ["c", "a", "d", "b"]},
        0.042,
        ["c", "a", "d", "b"],
        options=ABCD,
        written="c, a, d, b",
        blind=lambda c: c.sample(ABCD, 4),
    ),
    "ordering adjacent": Sample(
        "ordering",
        {"order": ["c", "a", "d", "b"], "credit": "adjacent_pairs"},
        0.25,
        ["c", "a", "d", "b"],
        options=ABCD,
        written="c, a, d, b; adjacent pairs",
        blind=lambda c: c.sample(ABCD, 4),
    ),
    "ordering kendall": Sample(
        "ordering",
        {"order": ["c", "a", "d", "b"], "credit": "kendall"},
        0.25,
        ["c", "a", "d", "b"],
        options=ABCD,
        written="c, a, d, b; kendall",
        blind=lambda c: c.sample(ABCD, 4),
    ),
    "matching": Sample(
        "matching",
        {"pairs": {"1": "b", "2": "a", "3": "a"}},
        0.25,
        {"3": "a", "1": "b", "2": "a"},
        LEFT,
        ABCD,
        "1 = b, 2 = a, 3 = a",
        lambda c: {entry["id"]: c.choice(ABCD) for entry in LEFT},
    ),
    "matching whole": Sample(
        "matching",
        {"pairs": {"1": "b", "2": "a", "3": "d"}, "credit": "all_or_nothing"},
        0.03,
        {"1": "b", "2": "a", "3": "d"},
        LEFT,
        ABCD,
        "1 = b, 2 = a, 3 = d; all or nothing",
        lambda c: {entry["id"]: c.choice(ABCD) for entry in LEFT},
    ),
    "text": Sample(
        "text",
        ACCEPT,
        0.0,
        " Machine  LEARNING\u200b ",
        written="en: machine learning | ML\nth: การเรียนรู้ของเครื่อง\n1 typo",
    ),
    "cloze": Sample(
        "cloze",
        {"gaps": {"g1": "a", "g2": ACCEPT}},
        0.17,
        {"g2": "ml", "g1": "a"},
        GAPS,
        written="g1 = a\ng2 en: machine learning | ML\ng2 th: การเรียนรู้ของเครื่อง\ng2 1 typo",
        blind=lambda c: {"g1": c.choice("abc"), "g2": "no idea"},
    ),
    "cloze whole": Sample(
        "cloze",
        {"gaps": {"g1": "a", "g2": ACCEPT}, "credit": "all_or_nothing"},
        0.0,
        {"g2": "ml", "g1": "a"},
        GAPS,
        written="g1 = a\ng2 en: machine learning | ML\ng2 th: การเรียนรู้ของเครื่อง\ng2 1 typo\nall or nothing",
    ),
    "hotspot": Sample(
        "hotspot", {"correct": ["b"]}, 0.33, [0.2, 0.55], PICTURE, written="b", blind=lambda c: c.choice("abc")
    ),
    "task": Sample(
        "task",
        RUBRIC,
        0.0,
        {"text": "My plan", "files": [FILE]},
        {"characters": 200, "files": 2},
        written="tolerance 25 %\n\n"
        + "\n\n".join(
            f"[{value}]\nen: {value} en\nth: {value} th\n"
            + "\n".join(f"{points} {tag}: {points} {tag}" for points in (0, 1, 3) for tag in LANGUAGES)
            for value in ("aim", "risk")
        ),
    ),
}
SCORED = {name: sample for name, sample in SAMPLES.items() if sample.kind != "task"}


def found(draft: Draft) -> list[str]:
    return [str(issue) for issue in issues(draft, languages=LANGUAGES, skills=("AIS-A1",))]


def test_no_kind_is_forgotten():
    assert {sample.kind for sample in SAMPLES.values()} == set(KINDS)
    # A change of a rule is a change of its version.
    assert RULE_VERSION == "items-3"


@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_sound_item_has_no_issue_and_its_key_reads_back_from_what_the_author_writes(name):
    sample, kind = SAMPLES[name], KINDS[SAMPLES[name].kind]
    assert found(sample.draft()) == []
    assert kind.key_text(sample.key) == sample.written
    assert kind.key_from_text(sample.written.replace("\n", "\r\n")) == sample.key
    if kind.part:
        text = sample.text()
        assert kind.part_from_text(kind.part_text(text)) == text[kind.part]


# What Japanese and Chinese keyboards give where a sign of a text box is meant.
FULL_WIDTH = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in ":|,;=%[]-.0123456789"} | {" ": "\u3000"})


def full_width(written: str) -> str:
    """The signs, numbers and spaces of a text box as such keyboards give them; what learners read stays as it is."""
    typed = []
    for line in written.split("\n"):
        head, colon, said = line.partition(":")
        typed.append(head.translate(FULL_WIDTH) + ("：" + said.replace("|", "｜") if colon else ""))
    return "\n".join(typed)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_signs_of_full_width_are_signs(name):
    sample, kind = SAMPLES[name], KINDS[SAMPLES[name].kind]
    assert kind.key_from_text(full_width(sample.written)) == sample.key
    if kind.part and name != "hotspot":
        text = sample.text()
        assert kind.part_from_text(full_width(kind.part_text(text))) == text[kind.part]


def test_a_japanese_author_types_bars_colons_and_regions_in_full_width():
    key = KINDS["text"].key_from_text("ｊａ：プロンプト｜指示\n＊：ＡＩ\n１　ｔｙｐｏ")
    assert key == {"accept": {"ja": ["プロンプト", "指示"], "*": ["ＡＩ"]}, "typos": 1}
    region = (
        KINDS["hotspot"]
        .part_from_text("/a.png\n絵\nａ：０．１　０．０５　０．４　０．１　送信者：１")
        .get("regions")[0]
    )
    assert region == {"id": "a", "label": "送信者：１", "box": [0.1, 0.05, 0.4, 0.1]}
    gaps = KINDS["cloze"].part_from_text("ｇ１：ａ＝データ｜ｂ＝「運：５」\nｇ２")
    assert gaps == [
        {"id": "g1", "options": [{"id": "a", "text": "データ"}, {"id": "b", "text": "「運：５」"}]},
        {"id": "g2"},
    ]


@pytest.mark.parametrize(
    ("language", "written", "key", "shown"),
    [
        ("id", "3,5 ± 0,5", {"value": 3.5, "tolerance": 0.5}, "3,5 ± 0,5"),
        ("id", "1.250.000", {"value": 1250000}, "1250000"),
        ("vi", "1,125 ± 5 %", {"value": 1.125, "tolerance_percent": 5}, "1,125 ± 5 %"),
        ("en", "10,000 +- 2.5％", {"value": 10000, "tolerance_percent": 2.5}, "10000 ± 2.5 %"),
        ("ja", "ー５ ± ０．５", {"value": -5, "tolerance": 0.5}, "-5 ± 0.5"),
        ("my", "၁ဝ၀၀၀", {"value": 10000}, "10000"),
        (None, "42 ± 0.5", {"value": 42, "tolerance": 0.5}, "42 ± 0.5"),
    ],
)
def test_an_author_s_number_is_read_by_language_and_shown_back(language, written, key, shown):
    kind = KINDS["numeric"]
    assert kind.key_from_text(written, language=language) == key
    assert kind.key_text(key, language=language) == shown
    assert kind.key_from_text(shown, language=language) == key


@pytest.mark.parametrize("written", ["10.000", "3 ± 1.500", "3 ± 1.125 %"])
def test_an_author_s_number_with_two_readings_is_refused_with_both(written):
    with pytest.raises(ValueError, match=r"can be read as 1\S* or as 1\d+: write it as one of these"):
        KINDS["numeric"].key_from_text(written, language="id")


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_example_that_an_author_sees_is_sound(kind):
    options = {"matching": ("a", "b")}.get(kind, ABCD[:3])
    assert list(KINDS[kind].key_issues(KINDS[kind].key_from_text(KINDS[kind].key_example), options)) == []


@pytest.mark.parametrize("name", list(SCORED))
def test_right_is_1_and_what_is_kept_reads_the_same(name):
    sample = SAMPLES[name]
    response = sample.read(sample.right)
    assert sample.read(response) == response
    assert sample.score(response) == 1.0
    assert score_response(kind=sample.kind, key=sample.key, response=None) == 0.0


WORDS = st.text(max_size=8) | st.sampled_from([*ABCD, "1", "2", "3", "g1", "g2", "text", "files", FILE, "ML", "๔๒"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.floats(0, 1) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=150)
@given(name=st.sampled_from(list(SAMPLES)), raw=JSON)
def test_any_response_is_read_or_refused_and_scored_between_0_and_1(name, raw):
    sample = SAMPLES[name]
    try:
        response = sample.read(raw)
    except ResponseRefused as refused:
        assert not refused.place or refused.place.startswith("/")  # noqa: PT017 (either way out is right)
        return
    assert sample.read(response) == response
    if sample.kind != "task":
        assert 0.0 <= sample.score(response) <= 1.0


@settings(max_examples=100)
@given(sample=st.sampled_from(list(SAMPLES.values())), junk=JSON, where=st.sampled_from(["key", "part", "options"]))
def test_no_junk_is_taken_for_an_item(sample, junk, where):
    draft, kind = sample.draft(), KINDS[sample.kind]
    if where == "key":
        draft.key["junk"] = draft.key[next(iter(draft.key))] = junk
    else:
        member = kind.part if where == "part" and kind.part else "options"
        draft.content["th"][member] = [junk, 5]
    assert found(draft)


def partial_pairs():
    """Responses of which the second gets everything right that the first does, and one thing more or wrong thing less."""
    for name in ("multiple overlap", "multiple minus", "multiple"):
        correct = set(SAMPLES[name].key["correct"])
        subsets = [set(entry) for size in range(5) for entry in combinations(ABCD, size)]
        for chosen in subsets:
            for option in ABCD:
                better = chosen | {option} if option in correct else chosen - {option}
                yield name, sorted(chosen), sorted(better)
    for name in ("ordering", "ordering adjacent", "ordering kendall"):
        right = SAMPLES[name].key["order"]
        for order in permutations(right):
            yield name, list(order), right
            if name != "ordering adjacent":
                # Swapping neighbours that stand in the wrong order.
                for at in range(3):
                    a, b = order[at : at + 2]
                    if right.index(a) > right.index(b):
                        yield name, list(order), [*order[:at], b, a, *order[at + 2 :]]
    for name in ("matching", "matching whole"):
        pairs = SAMPLES[name].key["pairs"]
        for chosen in product(ABCD, repeat=3):
            response = dict(zip(("1", "2", "3"), chosen, strict=True))
            for left in pairs:
                yield name, response, response | {left: pairs[left]}
                yield (
                    name,
                    {entry: response[entry] for entry in response if entry != left},
                    response | {left: pairs[left]},
                )
    for name in ("cloze", "cloze whole"):
        for g1, g2 in product("abc", ("ml", "x", "")):
            for better in ({"g1": "a"}, {"g2": "ML"}):
                yield name, {"g1": g1, "g2": g2}, {"g1": g1, "g2": g2} | better


def test_more_that_is_right_is_never_less():
    checked = 0
    for name, worse, better in partial_pairs():
        checked += 1
        assert SAMPLES[name].score(worse) <= SAMPLES[name].score(better), (name, worse, better)
    assert checked > 700


def test_a_part_of_an_answer_earns_what_its_rule_says():
    for name, raw, expected in (
        ("multiple", ["a"], 0.0),
        ("multiple overlap", ["a"], 0.5),
        ("multiple overlap", list(ABCD), 0.5),
        ("multiple overlap", ["a", "b"], 1 / 3),
        ("multiple minus", ["a", "c"], 2 / 3),
        ("multiple minus", ["a", "b"], 0),
        ("multiple minus", [], 0.0),
        ("ordering adjacent", ["d", "b", "c", "a"], 2 / 3),
        ("ordering kendall", ["a", "c", "d", "b"], 4 / 6),
        ("ordering kendall", ["b", "d", "a", "c"], 0.0),
        ("matching", {"1": "b", "2": "b"}, 1 / 3),
        ("matching whole", {"1": "b", "2": "a"}, 0.0),
        ("cloze", {"g1": "a"}, 0.5),
        ("cloze whole", {"g1": "a"}, 0.0),
        ("hotspot", "b", 1.0),
        ("hotspot", "a", 0.0),
        ("hotspot", [0.99, 0.01], 0.0),
    ):
        assert SAMPLES[name].score(raw) == pytest.approx(expected), (name, raw)


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.blind])
def test_blind_guessing_scores_what_the_guess_range_says(name):
    """3,000 blind answers with a fixed seed; their mean is within the range, to four standard errors."""
    sample, chance, runs = SAMPLES[name], random.Random(7), 3000
    scores = [sample.score(sample.blind(chance)) for _ in range(runs)]
    mean = sum(scores) / runs
    error = 4 * (sum((score - mean) ** 2 for score in scores) / runs / runs) ** 0.5
    least, most = KINDS[sample.kind].guess_range(sample.key, len(sample.ids()), sample.text())
    assert least - error <= mean <= most + error, (mean, least, most)
    assert least - 0.006 <= sample.guess <= most + 0.006


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_guess_range_of_an_order_is_the_mean_over_all_orders(size):
    order = [str(number) for number in range(size)]
    for credit in ("adjacent_pairs", "kendall"):
        key = {"order": order, "credit": credit}
        every = [KINDS["ordering"].score(key, list(entry)) for entry in permutations(order)]
        known = [KINDS["ordering"].score(key, list(entry)) for entry in permutations(order) if entry[0] == order[0]]
        least, most = KINDS["ordering"].guess_range(key, size)
        assert least == pytest.approx(sum(every) / len(every))
        assert most == pytest.approx(max(least, min(0.75, sum(known) / len(known))))


@pytest.mark.parametrize("credit", ["overlap", "right_minus_wrong"])
def test_the_guess_range_of_a_choice_is_the_mean_over_all_choices(credit):
    for right in (1, 2, 4):
        key = {"correct": list(ABCD)[:right], "credit": credit}
        every = [list(entry) for size in range(5) for entry in combinations(ABCD, size)]
        mean = sum(KINDS["multiple"].score(key, entry) for entry in every) / len(every)
        assert KINDS["multiple"].guess_range(key, 4)[0] == pytest.approx(mean)


REFUSED = [
    ("matching", [], "not_an_object", ""),
    ("matching", {"9": "a"}, "unknown_left", "/9"),
    ("matching", {"1": "z"}, "unknown_option", "/1"),
    ("matching", {"1": 5}, "not_an_option_id", "/1"),
    ("text", 5, "not_a_text", ""),
    ("text", "x" * 501, "text_too_long", ""),
    ("cloze", "a", "not_an_object", ""),
    ("cloze", {"g9": "a"}, "unknown_gap", "/g9"),
    ("cloze", {"g1": "z"}, "unknown_option", "/g1"),
    ("cloze", {"g2": 5}, "not_a_text", "/g2"),
    ("hotspot", "z", "unknown_region", ""),
    ("hotspot", [0.5], "not_a_point", ""),
    ("hotspot", [0.5, 1.01], "not_a_point", "/1"),
    ("hotspot", [True, 0.5], "not_a_point", "/0"),
    ("numeric", "42 kg", "not_a_number", ""),
    ("numeric", "4,2", "not_a_number", ""),
    ("task", "text", "not_an_object", ""),
    ("task", {"name": "x"}, "unknown_member", "/name"),
    ("task", {"text": "x" * 201}, "text_too_long", "/text"),
    ("task", {"files": [FILE, FILE]}, "file_repeated", "/files/1"),
    ("task", {"files": ["x"]}, "not_a_file_id", "/files/0"),
    ("task", {"files": [FILE] * 3}, "too_many_files", "/files"),
]


@pytest.mark.parametrize(("name", "raw", "reason", "place"), REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(name, raw, reason, place):
    from assessments.errors import REASONS

    with pytest.raises(ResponseRefused) as refused:
        SAMPLES[name].read(raw)
    assert (refused.value.reason, refused.value.place) == (reason, place)
    assert reason in REASONS


def broken(name: str, change: Callable[[Draft], object]) -> list[str]:
    draft = SAMPLES[name].draft()
    change(draft)
    return found(draft)


UNSOUND = [
    ("multiple", lambda d: d.key.update(credit="half"), "/key/credit: must be one of all_or_nothing, overlap"),
    ("numeric", lambda d: d.key.update(tolerance_percent=5), "/key/tolerance_percent: contradicts"),
    ("matching", lambda d: d.key["pairs"].update({"1": "z"}), "/key/pairs/1: 'z' is none of the options"),
    ("matching", lambda d: d.key["pairs"].pop("2"), "/key/pairs: lacks 2"),
    ("matching", lambda d: d.content["th"]["left"].pop(), "/content/th/left: has other ids or limits than en"),
    ("matching", lambda d: d.content["th"].pop("left"), "/content/th/left: must be 2 to 12 entries"),
    ("text", lambda d: d.key["accept"].pop("th"), "/key/accept: has nothing that is right in th"),
    ("text", lambda d: d.key["accept"].update(en=["\u200b"]), "/key/accept/en: must hold texts"),
    ("text", lambda d: d.key.update(typos=2), "/key/typos: must be 0 or 1"),
    (
        "text",
        lambda d: d.key["accept"].update(en=["プロンプト｜指示"]),
        "/key/accept/en: “プロンプト｜指示” holds a bar",
    ),
    ("text", lambda d: d.key["accept"].update(en=["a", "b│c"]), "/key/accept/en: “b│c” holds a bar"),
    ("text", lambda d: d.key["accept"].update(en=["few-shot", "Few‑shot"]), "/key/accept/en: “Few‑shot” is the same"),
    (
        "text",
        lambda d: (d.key.update(diacritics="ignore"), d.key["accept"].update(en=["résumé", "resume"])),
        "/key/accept/en: “resume” is the same answer as “résumé”",
    ),
    (
        "cloze",
        lambda d: d.key["gaps"]["g2"]["accept"].update(th=["น้ำ", "นำ้"]),
        "/key/gaps/g2/accept/th: “นำ้” is the same",
    ),
    ("numeric", lambda d: d.key.update(value="4,2"), "/key/value: must be a number"),
    ("cloze", lambda d: d.content["th"].update(prompt="{{g1}}"), "/content/th/prompt: must hold {{g2}} once"),
    ("cloze", lambda d: d.content["th"].update(prompt="{{g1}}{{g2}}{{g3}}"), "/content/th/prompt: has {{g3}}"),
    ("cloze", lambda d: d.key["gaps"].update(g1="z"), "/key/gaps/g1: 'z' is none of the gap's options"),
    (
        "cloze",
        lambda d: d.key["gaps"]["g2"]["accept"].pop("en"),
        "/key/gaps/g2/accept: has nothing that is right in en",
    ),
    ("hotspot", lambda d: d.key.update(correct=["z"]), "/key/correct: 'z' is none"),
    ("hotspot", lambda d: d.key.update(correct=["a", "b", "c"]), "/key/correct: leaves no region that is wrong"),
    (
        "hotspot",
        lambda d: d.content["en"]["picture"].update(address="javascript:x"),
        "/content/en/picture: the address",
    ),
    ("hotspot", lambda d: d.content["en"]["picture"].update(alt=""), "/content/en/picture: the description (alt)"),
    (
        "hotspot",
        lambda d: d.content["en"]["picture"]["regions"][1].update(box=[0.2, 0.1, 0.5, 0.5]),
        "/content/en/picture/regions: a and b overlap",
    ),
    ("task", lambda d: d.key["criteria"][0]["title"].pop("th"), "/key/criteria/0/title: is missing in th"),
    (
        "task",
        lambda d: d.key["criteria"][1]["levels"][1].update(points=0),
        "/key/criteria/1/levels/1/points: must rise",
    ),
    ("task", lambda d: d.content["en"]["limits"].update(files=9), "/content/en/limits: files must be"),
    ("single", lambda d: d.content["en"].update(left=[]), "/content/en/left: is not part of an item's text"),
]


@pytest.mark.parametrize(("name", "change", "expected"), UNSOUND, ids=[entry[2] for entry in UNSOUND])
def test_what_is_wrong_with_an_item_is_said_where_it_is(name, change, expected):
    assert any(issue.startswith(expected) for issue in broken(name, change)), broken(name, change)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_learner_is_shown_what_is_needed_and_nothing_of_the_key(name):
    sample = SAMPLES[name]

    class Revision:
        kind, content = sample.kind, sample.draft().content

    extra = shown(Revision, "en", list(reversed(sample.ids())))
    as_text = str(extra)
    assert "correct" not in as_text
    assert "accept" not in as_text
    assert "machine learning" not in as_text
    assert "criteria" not in as_text
    assert set(extra) == ({KINDS[sample.kind].part} if KINDS[sample.kind].part else set())
    if sample.kind == "cloze":
        # In the order drawn, not in the author's, in which the right one often comes first.
        assert [option["id"] for option in extra["gaps"][0]["options"]] == ["c", "b", "a"]
        assert extra["gaps"][1]["is_typed"]


def test_in_a_file_a_number_as_text_means_the_same_in_every_language_of_the_item():
    kind = KINDS["numeric"]
    for value, language, found in (
        ("10.000", "id", ["/key/value: “10.000” is read otherwise in id: state it as a number"]),
        ("10.5", "id", []),
        ("10.000", "en", []),
        (10.125, "id", []),
    ):
        assert [str(issue) for issue in kind.key_issues({"value": value}, (), {language: {}})] == found


def test_a_bar_alone_may_be_an_answer():
    assert list(KINDS["text"].key_issues({"accept": {"en": ["|", "||"]}}, (), {"en": {}})) == []


def test_a_point_is_the_region_it_is_in_and_stays_a_point_outside():
    sample = SAMPLES["hotspot"]
    assert sample.read([0.1, 0.05]) == "a"
    assert sample.read([0.5, 0.15]) == "a"
    assert sample.read([0.12345678, 0.9]) == [0.1235, 0.9]
    assert sample.read([0, 1]) == [0.0, 1.0]


@settings(max_examples=200)
@given(point=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_point_reads_the_same_again(point):
    once = SAMPLES["hotspot"].read(list(point))
    assert SAMPLES["hotspot"].read(once) == once


@pytest.mark.parametrize(
    ("written", "language", "kept"),
    [
        ("3,500", "en", ["3500"]),
        ("3,5 ± 0,25", "id", ["3.5", "0.25"]),
        ("１２,５００.２５ +/- 1,250", "en", ["12500.25", "1250"]),
        ("๔๒.๕ ± ", "th", []),
        ("42.5 ± ５ %", "en", []),
        ("1 250 000", "vi", ["1250000"]),
    ],
)
def test_an_author_is_told_which_numbers_are_kept_otherwise_than_written(written, language, kept):
    notes = list(KINDS["numeric"].key_notes(written, language=language))
    assert len(notes) == len(kept)
    assert all(f"is kept as {number}, " in note for note, number in zip(notes, kept, strict=True))


@pytest.mark.parametrize(
    "language", ["en", "id", "vi", "ja", "zh-Hans", "km", "lo", "my", "th", "ms", "fil", "tet", "pt", "ta"]
)
def test_the_help_of_a_number_is_how_it_is_read(language):
    help_text = reading_of_numbers(language)
    for sample, number in re.findall(r"(\S+) is ([0-9.]*[0-9])", help_text):
        assert KINDS["numeric"].key_from_text(sample, language=language) == {"value": float(number)}, help_text
    assert language in help_text


@pytest.mark.parametrize("sign", ["、", "，", "､", "،", "／", "/", ", ", "；", " ; ", " / "])
def test_an_answer_that_looks_like_a_list_is_noted(sign):
    for first, second in (("学習", "推論"), ("พรอมต์", "คำสั่ง"), ("machine learning", "ML"), ("GPT4", "BERT")):
        key = f"*: {first}{sign}{second}"
        assert [note for note in KINDS["text"].key_notes(key) if "ONE answer" in note], key
    assert not list(KINDS["text"].key_notes(f"*: machine learning | 1{sign.strip()}000\nen: ML"))


@pytest.mark.parametrize("typo", ["１ｔｙｐｏ", "1typo", "1 typos", "１　Typo"])
def test_spaces_and_case_do_not_matter_in_what_stands_beside_the_answers(typo):
    key = KINDS["text"].key_from_text(f"ＪＡ：プロンプト\nZH-hans: 提示\n{typo}\nIgnoreDiacritics")
    assert key == {"accept": {"ja": ["プロンプト"], "zh-Hans": ["提示"]}, "typos": 1, "diacritics": "ignore"}
    assert KINDS["cloze"].key_from_text(f"g1 ＪＡ：学習\ng1 {typo}")["gaps"] == {
        "g1": {"accept": {"ja": ["学習"]}, "typos": 1}
    }
    rubric = KINDS["task"].key_from_text("[aim]\nＪＡ：目的\n0 JA: なし\n1 ja: あり")["criteria"][0]
    assert (rubric["title"], rubric["levels"][0]["text"]) == ({"ja": "目的"}, {"ja": "なし"})
