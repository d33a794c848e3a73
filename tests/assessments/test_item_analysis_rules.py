"""The arithmetic of item analysis, against numpy written another way, and against simulations in which the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.analysis import classical, dif, rules, words
from assessments.analysis.classical import OPEN, Answers, Choice
from assessments.analysis.rules import Difference, ItemFigures, Option, Stated, Third

GUESS = Stated(guess=0.25, difficulty=0.0)


def answers_from(scores, *, groups=None, chosen=None, seconds=None, vocabulary=()):
    """A matrix learners x items, NaN where an item was not asked, in long form."""
    asked = ~np.isnan(scores)
    rows, items = np.nonzero(asked)
    return Answers(
        attempt=rows,
        item=items,
        score=scores[asked],
        seconds=np.full(len(rows), np.nan) if seconds is None else seconds[asked],
        response=np.full(len(rows), OPEN) if chosen is None else chosen[asked],
        vocabulary=vocabulary,
        is_first=np.ones(len(rows), dtype=bool),
        quiz=np.zeros(len(scores), dtype=np.int64),
        groups=groups or {},
        items=scores.shape[1],
    )


def figures_of(answers, choices=None):
    rest = classical.rest_scores(answers, classical.facilities(answers))
    return classical.item_figures(answers, rest, choices or {})


def everybody(answers):
    return np.ones(answers.attempts, dtype=bool)


def rasch(random, ability, hardness, *, guess=0.0):
    probability = guess + (1 - guess) / (1 + np.exp(hardness - ability[:, None]))
    return (random.random(probability.shape) < probability).astype(float)


def drawn(random, scores, asked):
    order = np.argsort(np.argsort(random.random(scores.shape), axis=1), axis=1)
    return np.where(order < asked, scores, np.nan)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(30, 80), st.integers(3, 8), st.booleans(), st.booleans())
def test_item_statistics_are_what_numpy_says_of_the_raw_vectors(seed, learners, items, is_binary, is_drawn):
    random = np.random.default_rng(seed)
    scores = rasch(random, random.normal(0, 1, learners), random.normal(0, 1, items))
    if not is_binary:
        scores = np.round(np.clip(scores * 0.5 + random.random(scores.shape) * 0.5, 0, 1), 2)
    if is_drawn:
        scores = drawn(random, scores, items - 1)
    seconds = np.where(random.random(scores.shape) < 0.2, np.nan, random.lognormal(3, 1, scores.shape))
    found = figures_of(answers_from(scores, seconds=seconds))
    means = [np.mean([x for x in column if x == x]) for column in scores.T]
    for item in range(items):
        who = [row for row in range(learners) if scores[row, item] == scores[row, item]]
        if len(who) < rules.SMALLEST:
            assert found[item] == ItemFigures(0)
            continue
        mine = [scores[row, item] for row in who]
        rest = []
        for row in who:
            others = [scores[row, j] - means[j] for j in range(items) if j != item and scores[row, j] == scores[row, j]]
            rest.append(sum(others) / len(others))
        assert found[item].n == len(who)
        assert found[item].facility == pytest.approx(sum(mine) / len(mine))
        assert found[item].is_binary is (set(mine) <= {0.0, 1.0})
        if len(who) < rules.CORRELATED or np.std(mine) == 0 or np.std(rest) < 1e-9:
            assert found[item].discrimination is None
        else:
            assert found[item].discrimination == pytest.approx(np.corrcoef(mine, rest)[0, 1])
        times = sorted(seconds[row, item] for row in who if seconds[row, item] == seconds[row, item])
        expected = (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2 if len(times) >= rules.SMALLEST else None
        assert found[item].median_seconds == (pytest.approx(expected) if expected else None)


def test_where_everybody_has_the_same_items_discrimination_is_the_corrected_point_biserial():
    random = np.random.default_rng(4)
    scores = rasch(random, random.normal(0, 1, 300), np.linspace(-1, 1, 9))
    for item, figure in enumerate(figures_of(answers_from(scores))):
        rest = scores.sum(axis=1) - scores[:, item]
        assert figure.discrimination == pytest.approx(np.corrcoef(scores[:, item], rest)[0, 1])


def test_distractors_by_third_are_counted_over_learners_ranked_by_the_rest_of_their_score():
    random = np.random.default_rng(7)
    ability = random.normal(0, 1.2, 600)
    scores = rasch(random, ability, np.linspace(-1, 1, 10))
    chosen = np.full(scores.shape, OPEN)
    # Item 2: right is b (0); the able fall for c (1), the others for a (2); nobody takes d; some leave it open.
    scores[:, 2] = random.random(600) < 0.4
    chosen[:, 2] = np.where(scores[:, 2] == 1, 0, np.where(ability > 0.5, 1, np.where(ability > -1.5, 2, OPEN)))
    answers = answers_from(scores, chosen=chosen, vocabulary=('"b"', '"c"', '["a"]'))
    entry = figures_of(answers, {2: Choice(("a", "b", "c", "d"), frozenset("b"))})[2]
    rest = np.delete(scores, 2, axis=1).sum(axis=1)
    ranks = np.array([(np.sum(rest < r) + np.sum(rest == r) / 2) / len(rest) for r in rest])
    third = np.minimum((ranks * 3).astype(int), 2)
    assert entry.thirds is not None
    for place in range(3):
        assert entry.thirds[place].n == np.sum(third == place)
        assert entry.thirds[place].right == pytest.approx(scores[third == place, 2].mean())
    by_name = {option.option: option for option in entry.options}
    assert list(by_name) == ["a", "b", "c", "d", None]
    for name, code in (("a", 2), ("b", 0), ("c", 1), ("d", 99), (None, OPEN)):
        assert by_name[name].share == pytest.approx(np.mean(chosen[:, 2] == code))
        for place in range(3):
            assert by_name[name].thirds[place] == pytest.approx(np.mean(chosen[third == place, 2] == code))
    assert [name for name, option in by_name.items() if option.right] == ["b"]
    flags = {found.flag: found for found in rules.findings(entry, GUESS, difficulty=None)}
    assert flags["best_choose_distractor"].figures["option"] == "c"
    assert flags["never_chosen"].figures["option"] == "d"


def test_little_data_says_nothing():
    random = np.random.default_rng(1)
    few = rasch(random, np.zeros(9), np.zeros(5))
    assert figures_of(answers_from(few)) == [ItemFigures(0)] * 5
    assert classical.form_figures(answers_from(few), np.ones(9, dtype=bool)) is None
    some = answers_from(rasch(random, np.zeros(20), np.zeros(5)))
    entry = figures_of(some)[0]
    assert entry.facility is not None
    assert (entry.discrimination, entry.thirds) == (None, None)
    assert rules.findings(entry, GUESS, difficulty=5.0) == []
    form = classical.form_figures(some, everybody(some))
    assert (form.n, form.reliability, form.reason) == (20, None, "few_learners")
    # Everybody the same: a correlation does not exist.
    same = answers_from(np.ones((50, 4)))
    assert figures_of(same)[0].discrimination is None
    assert classical.form_figures(same, everybody(same)).reason == "no_spread"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(30, 90), st.integers(2, 9), st.booleans())
def test_a_fixed_form_has_the_alpha_of_the_textbook(seed, learners, items, is_binary):
    random = np.random.default_rng(seed)
    scores = rasch(random, random.normal(0, 1, learners), random.normal(0, 1, items))
    if not is_binary:
        scores = 0.5 * scores + 0.5 * random.random(scores.shape)
    answers = answers_from(scores)
    form = classical.form_figures(answers, everybody(answers))
    totals = [sum(row) for row in scores]
    # KR-20 by its own formula, with p (1 - p), and population variances.
    inner = sum(np.mean(x) * (1 - np.mean(x)) if is_binary else np.var(x) for x in scores.T)
    alpha = items / (items - 1) * (1 - inner / np.var(totals)) if np.var(totals) else None
    assert (form.is_drawn, form.is_binary, form.items) == (False, is_binary, items)
    assert form.reliability == pytest.approx(alpha)
    error = np.std(totals, ddof=1) * np.sqrt(1 - alpha) / items
    assert form.error == pytest.approx(error)


@pytest.mark.parametrize("spread", [0.3, 1.5])
def test_the_reliability_of_drawn_forms_is_how_well_one_draw_tells_another(spread):
    """Everybody takes two forms, drawn and answered independently: their correlation is the reliability of one."""
    random = np.random.default_rng(11)
    learners, bank, asked = 5000, 40, 10
    ability, hardness = random.normal(0, 1, learners), random.normal(0, spread, bank)
    entry, other = (drawn(random, rasch(random, ability, hardness), asked) for _ in range(2))
    truth = np.corrcoef(np.nanmean(entry, axis=1), np.nanmean(other, axis=1))[0, 1]
    answers = answers_from(entry)
    form = classical.form_figures(answers, everybody(answers))
    assert form.is_drawn
    assert form.reliability == pytest.approx(truth, abs=0.03)
    # Two scores of one learner differ by two errors.
    gap = np.nanmean(entry, axis=1) - np.nanmean(other, axis=1)
    assert form.error == pytest.approx(np.std(gap) / np.sqrt(2), rel=0.03)


def test_forms_that_hardly_overlap_have_no_reliability():
    random = np.random.default_rng(2)
    scores = drawn(random, rasch(random, random.normal(0, 1, 60), np.zeros(80)), 5)
    answers = answers_from(scores)
    form = classical.form_figures(answers, everybody(answers))
    assert (form.reliability, form.error, form.reason) == (None, None, "insufficient_overlap")


# Differential item functioning


def two_groups(random, per_group, items, *, apart, asked=None, harder=0.0):
    """Answers of a reference and a focal group whose mean abilities are `apart`; item 0 is `harder` for the focal one."""
    focal = np.repeat([False, True], per_group)
    ability = random.normal(0, 1, 2 * per_group) - apart * focal
    hardness = np.tile(random.normal(-0.3, 1, items), (2 * per_group, 1))
    hardness[focal, 0] += harder
    scores = rasch(random, ability, hardness)
    if asked:
        scores = drawn(random, scores, asked)
    # One more in the reference, so that it is the largest group.
    return answers_from(scores, groups={"language": np.where(focal, "th", "ja")}), focal


def p_values(answers, focal, strata_of):
    found = []
    for item in range(answers.items):
        rows = np.flatnonzero(answers.item == item)
        who = answers.attempt[rows]
        found.append(dif.mantel_haenszel(answers.score[rows] >= 1, focal[who], strata_of(item, rows))[2])
    return found


def rejected(p):
    return float(np.mean(np.array(p) < 0.05))


@pytest.fixture(scope="module")
def without_dif():
    """Forms of 15 items for all, and of 15 drawn from 30; groups a standard deviation apart; no item differs."""
    random = np.random.default_rng(20)
    fixed = [two_groups(random, 300, 15, apart=1.0) for _ in range(20)]
    return fixed, [two_groups(random, 600, 30, apart=1.0, asked=15) for _ in range(10)]


def test_type_one_error_of_mantel_haenszel_is_kept_where_abilities_differ(without_dif):
    for cohorts in without_dif:
        p = []
        for answers, focal in cohorts:
            p += p_values(answers, focal, dif.Matching(answers, classical.facilities(answers)).strata)
        assert len(p) >= 300
        assert rejected(p) <= 0.07


def test_controls_fail_the_same_test(without_dif):
    """Comparing facilities as they are, and matching on a score without the studied item, both blame sound items."""
    fixed, _ = without_dif
    naive, rest = [], []
    for answers, focal in fixed:
        naive += p_values(answers, focal, lambda item, rows: np.zeros(len(rows), dtype=np.int64))
        total = np.bincount(answers.attempt, answers.score)
        rest += p_values(
            answers,
            focal,
            lambda item, rows, a=answers, t=total: np.round(t[a.attempt[rows]] - a.score[rows]).astype(np.int64),
        )
    assert rejected(naive) > 0.9
    assert rejected(rest) > 0.15


def test_an_item_that_differs_is_found_and_the_others_are_let_be():
    random = np.random.default_rng(5)
    found, blamed = 0, 0
    for _ in range(20):
        answers, _ = two_groups(random, 500, 15, apart=0.8, harder=1.0)
        tests = dif.comparisons(answers, classical.facilities(answers))
        assert {(test.reference, test.group) for test in tests} == {("ja", "th")}
        found += sum(test.item == 0 and test.ets_class == "C" and test.delta < 0 for test in tests)
        blamed += sum(test.item != 0 and test.ets_class == "C" for test in tests)
    assert found >= 18
    assert blamed <= 3


def badly_translated(random, per_group, shift, *, items=15, asked=None, share=0.2, apart=0.0):
    """How many of the items that are `shift` harder in one language are hinted at, by class, and how many sound ones are.

    Half of the items have a guess rate of .25. Returns shares: class C, class B or C, sound items in class B or C.
    """
    focal = np.repeat([False, True], per_group)
    ability = random.normal(0, 1, 2 * per_group) - apart * focal
    hardness = np.tile(random.normal(-0.3, 1, items), (2 * per_group, 1))
    harder = np.arange(items) < share * items
    hardness[np.ix_(focal, harder)] += shift
    scores = rasch(random, ability, hardness, guess=np.where(np.arange(items) % 2, 0.25, 0.0))
    answers = answers_from(
        drawn(random, scores, asked) if asked else scores, groups={"language": np.where(focal, "th", "ja")}
    )
    tests = dif.comparisons(answers, classical.facilities(answers))

    def share_of(classes, which):
        return sum(test.ets_class in classes for test in tests if harder[test.item] == which) / np.sum(harder == which)

    return np.array([share_of("C", True), share_of("BC", True), share_of("BC", False)])


def test_most_items_that_a_translation_made_harder_are_hinted_at_and_few_sound_ones():
    random = np.random.default_rng(31)
    large, both, sound = np.mean([badly_translated(random, 1000, 0.8) for _ in range(6)], axis=0)
    assert both >= 0.7 > large
    assert sound <= 0.03


@pytest.mark.slow
@pytest.mark.parametrize(("items", "asked"), [(15, None), (30, 15)], ids=["15 fixed", "15 drawn of 30"])
@pytest.mark.parametrize("per_group", [200, 500, 1000])
@pytest.mark.parametrize("shift", [0.5, 0.8, 1.2])
def test_how_many_are_found_by_size_of_group_and_difference(shift, per_group, items, asked):
    random = np.random.default_rng(32)
    rounds = [badly_translated(random, per_group, shift, items=items, asked=asked) for _ in range(20)]
    large, both, sound = np.mean(rounds, axis=0)
    print(f"{asked or items} {per_group} {shift}: C {large:.2f}, B or C {both:.2f}, sound items {sound:.3f}")
    assert both >= large
    assert sound <= 0.03


def test_the_p_values_of_a_run_are_corrected_together():
    """Benjamini-Hochberg as its authors write it; without correction sound items would be found every night."""
    random = np.random.default_rng(9)
    answers, _ = two_groups(random, 400, 40, apart=1.0)
    tests = dif.comparisons(answers, classical.facilities(answers))
    p = np.array([test.p for test in tests])
    order = np.argsort(p)
    expected = np.empty(len(p))
    smallest = 1.0
    for rank in range(len(p), 0, -1):
        smallest = min(smallest, p[order[rank - 1]] * len(p) / rank)
        expected[order[rank - 1]] = smallest
    assert [test.q for test in tests] == pytest.approx(expected.tolist())
    assert all(test.ets_class == rules.ets_class(delta=test.delta, error=test.error, q=test.q) for test in tests)
    assert {test.ets_class for test in tests} == {"A"}


def test_under_two_hundred_in_a_group_nothing_is_tested():
    random = np.random.default_rng(3)
    for per_group, count in ((199, 0), (200, 6)):
        answers, _ = two_groups(random, per_group, 6, apart=0.0)
        assert len(dif.comparisons(answers, classical.facilities(answers))) == count


def test_delta_is_minus_2_35_times_the_log_of_the_pooled_odds_ratio():
    random = np.random.default_rng(8)
    right, focal, strata = random.random(500) < 0.6, random.random(500) < 0.5, random.integers(0, 5, 500)
    above = below = 0.0
    for level in range(5):
        at = strata == level
        a, b = np.sum(right & ~focal & at), np.sum(~right & ~focal & at)
        c, d = np.sum(right & focal & at), np.sum(~right & focal & at)
        above, below = above + a * d / np.sum(at), below + b * c / np.sum(at)
    assert dif.mantel_haenszel(right, focal, strata)[0] == pytest.approx(-2.35 * np.log(above / below))
    assert dif.mantel_haenszel(np.ones(500, dtype=bool), focal, strata) is None
    assert dif.mantel_haenszel(right, np.zeros(500, dtype=bool), strata) is None


@pytest.mark.parametrize(
    ("delta", "error", "q", "expected"),
    [
        (0.9, 0.1, 0.0, "A"),
        (-2.0, 0.2, 0.06, "A"),
        (1.2, 0.2, 0.01, "B"),
        (-1.6, 0.4, 0.01, "B"),
        (-1.6, 0.2, 0.01, "C"),
        (2.4, 0.5, 0.001, "C"),
    ],
)
def test_classes_are_those_of_ets(delta, error, q, expected):
    assert rules.ets_class(delta=delta, error=error, q=q) == expected


# What may be shown


@given(st.dictionaries(st.sampled_from(["", "a", "b", "c", "d", "e"]), st.integers(0, 40)))
def test_no_small_group_is_shown_nor_left_over(counts):
    shown = rules.shown_groups(counts)
    assert "" not in shown
    assert all(counts[group] >= rules.SMALLEST for group in shown)
    hidden = sum(counts.values()) - sum(counts[group] for group in shown)
    assert hidden == 0 or hidden >= rules.SMALLEST or not shown


def test_a_group_is_withheld_where_it_would_uncover_a_few():
    assert rules.shown_groups({"JP": 50, "ID": 12, "TL": 3}) == {"JP"}
    assert rules.shown_groups({"JP": 50, "ID": 12, "TL": 3, "": 7}) == {"JP", "ID"}
    assert rules.shown_groups({"JP": 50, "ID": 12}) == {"JP", "ID"}


# Flags


def figures(**given):
    values = {"n": 300, "facility": 0.6, "discrimination": 0.35}
    return ItemFigures(**(values | given))


@pytest.mark.parametrize(
    ("given_figures", "difficulty", "flags"),
    [
        ({}, 0.4, []),
        ({"discrimination": -0.2}, None, ["negative_discrimination"]),
        ({"discrimination": 0.05}, None, ["weak_discrimination"]),
        ({"facility": 0.15}, None, ["too_hard"]),
        ({"facility": 0.97}, None, ["too_easy"]),
        ({}, -1.9, ["difficulty_off"]),
        ({"thirds": (Third(100, 0.55), Third(100, 0.56), Third(100, 0.9))}, None, ["guess_rate_low"]),
        # An easy item: the lowest know something, and the middle know more. That is no guessing.
        ({"thirds": (Third(100, 0.55), Third(100, 0.75), Third(100, 0.9))}, None, []),
        (
            {"options": (Option("b", True, 299, 0.99, None), Option("c", False, 0, 0.0, None)), "facility": 0.94},
            None,
            [],
        ),
        ({"n": 29, "discrimination": -0.5}, None, []),
    ],
)
def test_each_flag_has_its_reason(given_figures, difficulty, flags):
    found = rules.findings(figures(**given_figures), GUESS, difficulty=difficulty)
    assert [row.flag for row in found] == flags
    for row in found:
        assert len(words.finding({"flag": row.flag, **row.figures})) > 20


def test_a_large_difference_between_groups_is_a_reason_and_a_moderate_one_between_languages_only():
    differences = [
        Difference("member_state", "TH", "JP", 1.2, "B"),
        Difference("language", "id", "ja", 1.2, "B"),
        Difference("language", "ms", "ja", 0.8, "A"),
        Difference("language", "th", "ja", -1.9, "C"),
    ]
    large, moderate = rules.findings(figures(), GUESS, difficulty=None, differences=differences)
    assert words.finding({"flag": large.flag, **large.figures}).startswith("It is harder for th")
    said = words.finding({"flag": moderate.flag, **moderate.figures})
    assert (
        said
        == "It is easier for id than for equally able learners of ja (class B, delta +1.2): compare the translations."
    )
    assert list(rules.FLAGS).index(large.flag) < list(rules.FLAGS).index(moderate.flag)


def test_difficulty_is_relative_to_the_other_items_whoever_the_learners_are():
    """A strong cohort finds everything easy; only an item that is out of line with its fellows is off."""
    stated = [-1.0, 0.0, 0.0, 1.0, 1.0]
    shares = [1 / (1 + np.exp(b - 1.5)) for b in (-1.0, 0.0, 0.0, 1.0, -1.0)]
    observed = [rules.observed_difficulty(share, n=500, guess=0.0) for share in shares]
    assert rules.difficulties_beside_each_other(observed, stated) == pytest.approx([-1.0, 0.0, 0.0, 1.0, -1.0])
    assert rules.difficulties_beside_each_other(observed[:4], stated[:4]) == [None] * 4
    known, error = rules.observed_difficulty(0.25, n=100, guess=0.25)
    assert known > 3
    assert error > 1


def test_figures_are_said_in_words():
    assert words.facility(0.8, is_binary=True) == "8 of 10 answered right."
    assert "insufficient data" in words.facility(None, is_binary=True)
    assert "more often" in words.discrimination(0.2)
    assert "less often" in words.discrimination(-0.1)
    assert words.seconds(None) == "no times"
    assert words.seconds(75.4) == "75 s"
    assert words.seconds(125) == "2 min 05 s"
    assert "insufficient data" in words.difference(delta=None, ets_class="", reference="ja")
    assert "harder here" in words.difference(delta=-2.0, ets_class="C", reference="ja")
    assert words.reliability(0.8, 0.1, is_drawn=True).startswith("80\N{NO-BREAK SPACE}% of the differences")
    assert "insufficient data" in words.reliability(None, None, is_drawn=False)
