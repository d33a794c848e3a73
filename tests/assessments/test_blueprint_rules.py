"""Properties of blueprints: filling pools that overlap, forms, the pass rule, reviews, windows; no database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.accommodations.rules import extra_seconds
from assessments.admin import blueprint_texts as texts
from assessments.attempts.rules import TooFewItems, draw, due, shown_options
from assessments.quizzes.filling import overexposures, shortages
from assessments.quizzes.issues import issues
from assessments.quizzes.rules import (
    REVIEW_WHAT,
    REVIEW_WHEN,
    Blueprint,
    JudgedItem,
    PassRule,
    Pool,
    ReviewDetail,
    ReviewPolicy,
    available_at,
    choose_form,
    missed,
    pools_of,
    review_shown,
    unmet,
)
from assessments.quizzes.windows import Window, are_over, opening, read_windows, wall_time_issue
from tests.assessments.test_rules import SKILLS, One, seeds

BANKS = st.lists(
    st.tuples(st.sampled_from(SKILLS), st.integers(1, 2), st.sampled_from(("easy", "hard"))), max_size=16
).map(lambda kinds: [One(UUID(int=n), *kind) for n, kind in enumerate(kinds)])
POOLS = st.lists(
    st.builds(
        Pool,
        skill=st.none() | st.sampled_from(SKILLS),
        level=st.none() | st.integers(1, 2),
        count=st.integers(1, 3),
        difficulty=st.none() | st.sampled_from(("easy", "hard")),
        section=st.integers(0, 2),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda pool: pool.breadth,
)


def takes(pool, element):
    return pool.takes(skill=element.skill, level=element.level, difficulty=element.difficulty)


def can_be_filled(pools, bank):
    """Hall's theorem, literally: every group of pools together has enough items."""
    groups = chain.from_iterable(combinations(pools, size) for size in range(1, len(pools) + 1))
    return all(
        sum(any(takes(pool, candidate) for pool in group) for candidate in bank) >= sum(pool.count for pool in group)
        for group in groups
    )


@given(seed=seeds, bank=BANKS, pools=POOLS)
def test_pools_that_overlap_in_any_way_are_filled_exactly_when_that_is_possible(seed, bank, pools):
    can = can_be_filled(pools, bank)
    assert can == (not shortages(pools, [candidate.kind for candidate in bank]))
    try:
        drawn = draw(seed=seed, pools=pools, bank=bank)
    except TooFewItems:
        assert not can
        return
    assert can
    assert len({entry.item_id for _, entry in drawn}) == len(drawn) == sum(pool.count for pool in pools)
    assert [section for section, _ in drawn] == sorted(section for section, _ in drawn)
    for section in {pool.section for pool in pools}:
        within = [pool for pool in pools if pool.section == section]
        asked = [entry for number, entry in drawn if number == section]
        assert len(asked) == sum(pool.count for pool in within)
        assert can_be_filled(within, asked)
    assert draw(seed=seed, pools=pools[::-1], bank=bank[::-1]) == drawn


def test_taking_the_first_that_comes_would_leave_a_pool_short():
    """The control: what a greedy draw takes for "hard" is what the other pool needs."""
    bank = [One(UUID(int=1), "AIS-A1", 1, "hard"), One(UUID(int=2), "AIS-B1", 1, "hard")]
    pools = [Pool(None, None, 1, "hard"), Pool("AIS-A1", None, 1)]
    greedy = [next(candidate for candidate in bank if takes(pools[0], candidate))]
    assert not any(takes(pools[1], candidate) for candidate in bank if candidate not in greedy)
    for seed in range(20):
        assert {entry.skill for _, entry in draw(seed=seed, pools=pools, bank=bank)} == {"AIS-A1", "AIS-B1"}


def test_a_shortage_names_its_pool_in_its_section():
    pools = [Pool("AIS-A1", 1, 1, None, 1), Pool("AIS-A1", None, 2, None, 2), Pool(None, 2, 1, None, 2)]
    found = shortages(pools, [("AIS-A1", 1, "hard"), ("AIS-A1", 1, "hard"), ("AIS-B1", 2, "easy")])
    assert [str(issue) for issue in found] == [
        "/sections/1/pools/0: AIS-A1 asks for 2 items, the bank has 2, 1 of them for other pools"
    ]


def test_an_exposure_that_no_bank_of_this_size_can_keep_is_a_issue():
    bank = [("AIS-A1", 1, "easy")] * 10 + [("AIS-B1", 1, "easy")] * 2
    assert overexposures([Pool("AIS-A1", None, 3)], bank, most=0.3) == []
    (issue,) = overexposures([Pool("AIS-A1", None, 3), Pool("AIS-B1", None, 1)], bank, most=0.3)
    assert issue.pointer == "/pools/1"


def test_sections_in_order_keep_their_pools_in_order():
    bank = [One(UUID(int=n), skill, 1) for n, skill in enumerate(["AIS-A1", "AIS-B1"] * 6)]
    pools = [Pool("AIS-B1", None, 3, None, 1), Pool("AIS-A1", None, 3, None, 1), Pool("AIS-A1", None, 2, None, 2)]
    for seed in range(10):
        skills = [entry.skill for _, entry in draw(seed=seed, pools=pools, bank=bank, shuffled={2})]
        assert skills == ["AIS-B1"] * 3 + ["AIS-A1"] * 5


def test_options_stay_as_their_author_listed_them_unless_the_order_is_the_question():
    text = {"options": [{"id": entry, "text": entry} for entry in "dbca"]}
    element = {"seed": 1, "item_id": UUID(int=1), "options": ("a", "b", "c", "d"), "text": text}
    assert shown_options(kind="single", shuffled=False, **element) == ["d", "b", "c", "a"]
    shuffled = shown_options(kind="single", shuffled=True, **element)
    assert shuffled == shown_options(kind="ordering", shuffled=False, **element) != ["d", "b", "c", "a"]


@settings(max_examples=40)
@given(seeds=st.lists(seeds, min_size=8, max_size=8), count=st.integers(1, 4))
def test_no_form_comes_twice_while_another_is_left(seeds, count):
    names, used = [f"form {n}" for n in range(count)], []
    for seed in seeds:
        used.append(choose_form(names, used=used, seed=seed))
    for start in range(0, 8 - count + 1, count):
        assert sorted(used[start : start + count]) == names


def test_forms_come_about_as_often():
    counted = Counter(choose_form(["A", "B", "C"], used=[], seed=seed) for seed in range(900))
    assert all(240 < count < 360 for count in counted.values())


scored = st.lists(
    st.builds(
        JudgedItem,
        score=st.sampled_from([0.0, 0.5, 1.0]),
        section=st.integers(1, 2),
        skills=st.sets(st.sampled_from(SKILLS), min_size=1),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=50)
@given(items=scored, share=st.sampled_from(["0", "0.5", "0.6", "1"]), least=st.sampled_from(["0.5", "1"]))
def test_passing_asks_for_the_whole_and_for_each_part(items, share, least):
    rule = PassRule(Decimal(share), {1: Decimal(least)}, {"AIS-A1": Decimal(least)})
    missing = {(entry.part, entry.name): entry for entry in missed(rule, items)}
    parts = {
        ("whole", ""): (items, share),
        ("section", "1"): ([item for item in items if item.section == 1], least),
        ("skill", "AIS-A1"): ([item for item in items if "AIS-A1" in item.skills], least),
    }
    for part, (within, needed) in parts.items():
        short = bool(within) and sum(Decimal(entry.score) for entry in within) < Decimal(needed) * len(within)
        assert (part in missing) == short
        if short:
            assert missing[part].needed == float(needed) > missing[part].share
    # Better answers never lose what was passed.
    if not missing:
        assert missed(rule, [item._replace(score=1.0) for item in items]) == []


@pytest.mark.parametrize("what", REVIEW_WHAT)
@pytest.mark.parametrize("when", REVIEW_WHEN)
def test_a_review_shows_what_its_policy_says_and_nothing_before_its_time(what, when):
    for windows_over in (False, True):
        for attempts_over in (False, True):
            waits = (when == "after_window" and not windows_over) or (
                when == "after_last_attempt" and not attempts_over
            )
            shown = review_shown(ReviewPolicy(what, when), windows_over=windows_over, attempts_over=attempts_over)
            assert shown == (ReviewDetail.NOTHING if waits else what)


def test_a_cool_down_counts_from_the_end_of_the_last_attempt():
    end = datetime(2026, 5, 1, 9, tzinfo=UTC)
    assert available_at(last_end=None, cool_down_s=600, now=end) is None
    assert available_at(last_end=end, cool_down_s=600, now=end + timedelta(seconds=599)) == end + timedelta(seconds=600)
    assert available_at(last_end=end, cool_down_s=600, now=end + timedelta(seconds=600)) is None
    assert available_at(last_end=end, cool_down_s=0, now=end - timedelta(seconds=5)) is None


def test_what_has_to_be_done_first_is_listed_in_order():
    asked = [{"quiz": "warm-up"}, {"lessons": True}, {"skill": "AIS-A1", "level": 2}]
    assert unmet(asked, passed_quizzes=(), lessons_done=False, levels={"AIS-A1": 1}) == asked
    assert unmet(asked, passed_quizzes=("warm-up",), lessons_done=True, levels={"AIS-A1": 3}) == []
    assert unmet(asked, passed_quizzes=("warm-up",), lessons_done=True, levels={}) == asked[2:]


def window(opens, closes, zone, cohort=None):
    return Window(datetime.fromisoformat(opens), datetime.fromisoformat(closes), zone, cohort)


def test_nine_o_clock_comes_two_hours_earlier_in_tokyo_than_in_jakarta():
    tokyo = window("2026-05-01T09:00", "2026-05-01T10:00", "Asia/Tokyo", "tokyo")
    jakarta = window("2026-05-01T09:00", "2026-05-01T10:00", "Asia/Jakarta", "jakarta")
    assert tokyo.opens_at == datetime(2026, 5, 1, 0, tzinfo=UTC)
    assert jakarta.opens_at == datetime(2026, 5, 1, 2, tzinfo=UTC)
    both = (tokyo, jakarta)
    for minute, open_to in (
        (-1, ""),
        (0, "tokyo"),
        (59, "tokyo"),
        (60, ""),
        (120, "jakarta"),
        (179, "jakarta"),
        (180, ""),
    ):
        now = tokyo.opens_at + timedelta(minutes=minute)
        assert {value for value in ("tokyo", "jakarta") if opening(both, cohorts=[value], now=now).is_open} == set(
            [open_to] if open_to else []
        )
        assert are_over(both, now=now) == (minute == 180)
    # In no cohort: none of the windows is for them.
    assert opening(both, cohorts=[], now=tokyo.opens_at) == opening(both, cohorts=["x"], now=tokyo.opens_at)
    assert opening(both, cohorts=[], now=tokyo.opens_at).window is None


def test_a_cohort_s_windows_take_the_place_of_the_others():
    everybody = window("2026-05-01T09:00", "2026-05-02T09:00", "Asia/Manila")
    makeup = window("2026-06-01T09:00", "2026-06-02T09:00", "Asia/Manila", "ill")
    now = everybody.opens_at
    assert opening([everybody, makeup], cohorts=[], now=now).is_open
    for_the_ill = opening([everybody, makeup], cohorts=["ill"], now=now)
    assert (for_the_ill.is_open, for_the_ill.window) == (False, makeup)
    assert opening([everybody, makeup], cohorts=["ill"], now=makeup.closes_at).window == makeup


def test_where_clocks_are_changed_a_wall_time_may_not_exist_or_come_twice():
    def issue(wall_time):
        return str(wall_time_issue(datetime.fromisoformat(wall_time), "Europe/Lisbon"))

    assert issue("2026-03-29T02:30") == "None"
    assert "does not exist" in issue("2026-03-29T01:30")
    assert "comes twice" in issue("2026-10-25T01:30")
    summer = window("2026-03-28T12:00", "2026-03-29T12:00", "Europe/Lisbon")
    assert summer.closes_at - summer.opens_at == timedelta(hours=23)


def test_extra_time_is_the_most_generous_and_moves_the_close_that_cuts():
    assert extra_seconds(time_limit_s=600, granted=[]) == 0
    assert extra_seconds(time_limit_s=601, granted=[(Decimal("1.5"), 0), (Decimal("1.25"), 60)]) == 301
    start = datetime(2026, 5, 1, 9, tzinfo=UTC)
    close = start + timedelta(minutes=5)
    assert due(started_at=start, time_limit_s=600) == start + timedelta(minutes=10)
    assert due(started_at=start, time_limit_s=600, closes_at=close) == close
    assert due(started_at=start, time_limit_s=600, extra_s=120, closes_at=close) == close + timedelta(minutes=2)
    assert due(started_at=start, time_limit_s=60, extra_s=60, closes_at=close) == start + timedelta(minutes=2)


SOUND = Blueprint(
    titles={"en": "Quiz"},
    mode="assessment",
    pools=[],
    attempt_limit=3,
    time_limit_s=600,
    pass_share=Decimal("0.6"),
    sections=[
        {"titles": {"en": "First"}, "pools": [{"skill": "AIS-A1", "level": 2, "difficulty": "hard", "count": 2}]},
        {"titles": {"en": "Second"}, "pools": [{"level": 1, "count": 1}], "shuffle": False, "min_share": "0.5"},
    ],
    skill_minimums={"AIS-A1": "0.5"},
    prerequisites=[{"quiz": "warm-up"}, {"lessons": True}, {"skill": "AIS-A1", "level": 1}],
    windows=[{"opens": "2026-05-01T09:00", "closes": "2026-05-02T09:00", "zone": "Asia/Dili", "cohort": "a"}],
    review_what="score",
    review_when="after_window",
    cut_at_close=True,
    cool_down_s=3600,
)


def test_a_sound_blueprint_has_no_issue_and_its_pools_know_their_sections():
    assert issues(SOUND, languages=["en"]) == []
    assert [str(pool) for pool in pools_of(SOUND)] == ["AIS-A1 level 2 hard", "level 1"]
    assert [pool.section for pool in pools_of(SOUND)] == [1, 2]
    assert read_windows(SOUND.windows)[0].cohort == "a"


FORMS = [{"name": "A", "items": ["x", "y"]}, {"name": "B", "items": ["z", "x"]}]
WRONG = [
    ({"pools": [{"level": 1, "count": 1}]}, "/pools: give pools, sections or forms"),
    ({"sections": [], "pools": [{"count": 2}]}, "/pools/0/skill: is missing"),
    ({"sections": [], "pools": [{"difficulty": "brutal", "count": 2}]}, "/pools/0/difficulty: must be one of easy"),
    ({"sections": [{"titles": {}, "pools": [{"level": 9, "count": 1}], "order": 1}]}, "/sections/0/order: is not part"),
    ({"sections": [{"titles": {}, "pools": [{"level": 9, "count": 1}]}]}, "/sections/0/titles/en: is missing"),
    ({"sections": [{"titles": {}, "pools": [{"level": 9, "count": 1}]}]}, "/sections/0/pools/0/level: must be"),
    (
        {"sections": [{"titles": {"en": "x"}, "pools": [{"level": 1, "count": 1}], "min_share": 2}]},
        "/sections/0/min_share",
    ),
    ({"sections": [], "forms": [*FORMS, FORMS[0]]}, "/forms/2/name: is there twice"),
    ({"sections": [], "forms": [FORMS[0], {"name": "C", "items": ["x"]}]}, "/forms: must be equally long"),
    ({"sections": [], "forms": [{"name": "C", "items": ["x", "x"]}]}, "/forms/0/items: names an item twice"),
    ({"skill_minimums": {"AIS-Z1": 0.5}}, "/skill_minimums/AIS-Z1: no pool is of this skill"),
    ({"skill_minimums": {"AIS-A1": "half"}}, "/skill_minimums/AIS-A1: must be a number"),
    ({"prerequisites": [{"quiz": "x", "level": 1}]}, "/prerequisites/0: must be"),
    (
        {"windows": [{"opens": "2026-05-01T09:00", "closes": "2026-05-02T09:00", "zone": "Tokyo"}]},
        "/windows/0/zone: 'Tokyo'",
    ),
    (
        {"windows": [{"opens": "2026-05-01T09:00", "closes": "2026-05-01T09:00", "zone": "Asia/Tokyo"}]},
        "/windows/0/closes: must be later",
    ),
    (
        {"windows": [{"opens": "2026-05-01T09:00+09:00", "closes": "2026-05-02T09:00", "zone": "Asia/Tokyo"}]},
        "/windows/0/opens: must be a local time without an offset",
    ),
    *(
        ({"windows": [{"opens": f"{year}-05-01T09:00", "closes": f"{year}-05-02T09:00", "zone": "Asia/Bangkok"}]}, said)
        for year, said in (
            ("2569", "/windows/0/opens: 2569 is a year of the Buddhist era: write 2026"),
            ("0008", "/windows/0/opens: 8 is a year of Reiwa: write 2026"),
            ("1447", "/windows/0/opens: 1447 is no year of the common era"),
            ("9999", "/windows/0/opens: 9999 is no year of the common era"),
        )
    ),
    *(
        (
            {"windows": [{"opens": "2026-05-01T09:00", "closes": "2026-05-02T09:00", "zone": zone}]},
            f"/windows/0/zone: {zone!r} is no time zone of a place",
        )
        for zone in (
            "Factory",
            "Etc/GMT+9",
            "Etc/UTC",
            "GMT",
            "EST",
            "EST5EDT",
            "CET",
            "Japan",
            "localtime",
            "asia/tokyo",
            "JST",
        )
    ),
    ({"windows": []}, "/cut_at_close: has nothing to cut"),
    ({"windows": []}, "/review_when: the quiz has no windows"),
    ({"mode": "certification"}, "/certified_level: is missing"),
    ({"certified_level": 2}, "/certified_level: is for the mode certification only"),
    ({"max_exposure": Decimal(0)}, "/max_exposure"),
    ({"cool_down_s": -1}, "/cool_down_s"),
    ({"shuffle_items": "no"}, "/shuffle_items: must be true or false"),
    ({"review_what": "key"}, "/review_what: must be one of nothing, score, marks, feedback"),
    ({"options_in_order": "x"}, "/options_in_order"),
]


@pytest.mark.parametrize(("change", "says"), WRONG)
def test_what_is_wrong_is_said_where_it_is(change, says):
    found = [str(issue) for issue in issues(replace(SOUND, **change), languages=["en"])]
    assert any(issue.startswith(says) for issue in found), found


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["pools", "titles", "count", "quiz", "zone", "opens", "closes", "name", "items"]), inner
        )
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(
    name=st.sampled_from(["sections", "forms", "skill_minimums", "prerequisites", "windows", "options_in_order"]),
    junk=JUNK,
)
def test_no_junk_breaks_the_check(name, junk):
    assert isinstance(issues(replace(SOUND, pools=[], **{name: junk}), languages=["en"]), list)


def test_what_a_trainer_writes_reads_back():
    pools, sections = texts.contents_from(
        "section en: First | ja: 一\nAIS-A1 level 2 hard x 2\nSection en: Second | ja: 二\nin order\nat least 50 %\n"
        "level 1 x 1\neasy × 3\nAIS-B1 medium: 4"
    )
    assert pools == []
    assert sections == [
        {
            "titles": {"en": "First", "ja": "一"},
            "pools": [{"skill": "AIS-A1", "count": 2, "level": 2, "difficulty": "hard"}],
        },
        {
            "titles": {"en": "Second", "ja": "二"},
            "shuffle": False,
            "min_share": "0.5",
            "pools": [
                {"count": 1, "level": 1},
                {"count": 3, "difficulty": "easy"},
                {"skill": "AIS-B1", "count": 4, "difficulty": "medium"},
            ],
        },
    ]
    assert texts.contents_from(texts.contents_text([], sections)) == ([], sections)
    for read, write, said in (
        (texts.forms_from, texts.forms_text, "A: x, y\nB: z, x"),
        (texts.minimums_from, texts.minimums_text, "AIS-A1: 0.5\nAIS-B1: 0.333"),
        (texts.prerequisites_from, texts.prerequisites_text, "quiz warm-up\nlessons\nskill AIS-A1 level 2"),
        (
            texts.windows_from,
            texts.windows_text,
            "2026-05-01 09:00 to 2026-05-08 18:00 Asia/Tokyo\n2026-05-02 09:00 to 2026-05-08 18:00 Asia/Jakarta for a",
        ),
    ):
        assert write(read(said)) == said
    assert texts.forms_from("A: x, y\nB: z, x") == FORMS


def test_a_blueprint_is_written_with_signs_of_full_width():
    assert texts.forms_from("Ａ：x，y\nＢ：z、x") == FORMS
    assert texts.minimums_from("ＡＩＳ－Ａ１：５０％") == texts.minimums_from("AIS-A1: 50 %")
    assert texts.prerequisites_from("ｑｕｉｚ　warm-up\nskill ＡＩＳ－Ａ１ level ２") == [
        {"quiz": "warm-up"},
        {"skill": "AIS-A1", "level": 2},
    ]
    pools, sections = texts.contents_from("section ｅｎ：Basics｜ja：基礎：１\nａｔ　least ５０％\nＡＩＳ－Ａ１ × ３")
    assert (pools, sections[0]["titles"]) == ([], {"en": "Basics", "ja": "基礎：１"})
    assert (sections[0]["min_share"], sections[0]["pools"]) == ("0.5", [{"skill": "AIS-A1", "count": 3}])
    (window,) = texts.windows_from("２０２６－０５－０１ ０９：００ to 2026-05-08 18:00 Asia/Tokyo")
    assert window == {"opens": "2026-05-01T09:00", "closes": "2026-05-08T18:00", "zone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("read", "line"),
    [
        (texts.contents_from, "AIS-A1 two"),
        (texts.contents_from, "x 3"),
        (texts.contents_from, "AIS-A1 x 1\nsection en: A"),
        (texts.forms_from, "x, y"),
        (texts.minimums_from, "AIS-A1 50"),
        (texts.minimums_from, "AIS-A1: most"),
        (texts.prerequisites_from, "everything"),
        (texts.windows_from, "tomorrow"),
    ],
)
def test_what_cannot_be_read_is_quoted_with_how_to_write_it(read, line):
    with pytest.raises(ValueError, match=r"write|put each"):
        read(line)


@pytest.mark.parametrize(
    "zone",
    [
        *(
            "Asia/Tokyo",
            "Asia/Bangkok",
            "Asia/Ho_Chi_Minh",
            "Asia/Saigon",
            "Asia/Yangon",
            "Asia/Rangoon",
            "Asia/Brunei",
        ),
        *(
            "Asia/Jakarta",
            "Asia/Makassar",
            "Asia/Jayapura",
            "Asia/Pontianak",
            "Asia/Kuala_Lumpur",
            "Asia/Kuching",
            "UTC",
        ),
        *("Asia/Manila", "Asia/Phnom_Penh", "Asia/Singapore", "Asia/Vientiane", "Asia/Dili", "America/New_York"),
    ],
)
def test_a_window_may_be_in_the_zone_of_any_place(zone: str) -> None:
    windows = [{"opens": "2026-05-01T09:00", "closes": "2026-05-02T09:00", "zone": zone}]
    found = [str(issue) for issue in issues(replace(SOUND, windows=windows), languages=["en"])]
    assert not [issue for issue in found if issue.startswith("/windows")]
