"""Do two attempts agree more than two people of their scores would? Pure: numpy, no Django.

The statistic is the number of questions on which both gave the same answer. Two people who worked apart agree on a
question if both are right, or both are wrong in the same way:

    P(agree) = r_1 r_2 + (1 - r_1)(1 - r_2) pi

with r a person's chance to be right (Rasch model with the known guess rate, fitted by marginal maximum likelihood over the
cohort: Bock and Aitkin 1981, Psychometrika 46, 443-459), and pi the chance that two wrong answers are the same one, from
the cohort's own wrong answers. So able people, who agree because both are right, are expected to agree. What was left open
is agreement on nothing, and is ignored.

With known abilities the sum of these is the generalized binomial test (GBT) of van der Linden and Sotaridona (2006), J.
Educ. Behav. Stat. 31, 283-304. With abilities estimated from the same answers it is far too cautious (measured: one pair in
800 at a nominal one in 100). Here the p-value is exact given how many of the common questions each of the two got right: in
the Rasch model that leaves no ability to estimate, which is the idea behind Holland's K-index (1996, ETS RR-96-07). A
normal approximation to the same conditional distribution chooses the pairs for which it is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_NODES = np.linspace(-4.0, 4.0, 25)
_STEPS = 25
_BLOCK = 256
# Pairs nearer to what is expected get no exact tail; of the rest, only the most striking do. The others count as compared
# and not striking.
_SCREEN_Z = 2.5
_MAX_EXACT = 2_000
# Pairs at a time: a table of rights, rights and agreements each.
_TABLES = 64


@dataclass(frozen=True)
class Answers:
    """Attempts of one quiz and language, one row each; questions are columns.

    asked: the attempt has the question. code: which answer, counted within the question from 0; -1 for none.
    right: the answer got full credit. guess: by question. learner: a number for each person.
    """

    asked: Bools
    code: Ints
    right: Bools
    guess: Floats
    learner: Ints


@dataclass(frozen=True)
class Pair:
    """Two rows that agree more than expected, with what a reviewer needs to know about them."""

    first: int
    second: int
    common: int
    same: int
    same_wrong: int
    expected: float
    p_value: float


@dataclass(frozen=True)
class Compared:
    """How many pairs were compared, and the striking ones among them, by rising p-value."""

    pairs: int
    striking: list[Pair]


def chances(answers: Answers) -> Floats:
    """Return each person's chance to be right on each question, given their attempt: (attempts, questions)."""
    right, asked = (answers.right & answers.asked).astype(float), answers.asked.astype(float)
    total, good = asked.sum(0), right.sum(0)
    share = (good + 0.5) / (total + 1.0)
    guess = answers.guess
    known = np.clip((share - guess) / (1.0 - guess), 0.05, 0.95)
    difficulty, spread = -np.log(known / (1.0 - known)), 1.0
    for _ in range(_STEPS):
        s, p = _curves(difficulty, guess)
        weights = _posterior(right, asked, p, spread)
        n, r = weights.T @ asked, weights.T @ right
        slope = (1.0 - guess) * s * (1.0 - s)
        information = (n * slope**2 / (p * (1.0 - p))).sum(0) + 0.25
        step = (-((r - n * p) * slope / (p * (1.0 - p))).sum(0) - 0.25 * difficulty) / information
        difficulty = np.clip(difficulty + np.clip(step, -1.0, 1.0), -6.0, 6.0)
        spread = float(np.clip(np.sqrt((weights @ _NODES**2).mean()), 0.3, 2.0))
    _, p = _curves(difficulty, guess)
    result: Floats = _posterior(right, asked, p, spread) @ p
    return result


def _curves(difficulty: Floats, guess: Floats) -> tuple[Floats, Floats]:
    """Chance to know and chance to be right at each node: (nodes, questions) each."""
    s = 1.0 / (1.0 + np.exp(difficulty[None, :] - _NODES[:, None]))
    return s, np.clip(guess + (1.0 - guess) * s, 1e-6, 1.0 - 1e-6)


def _posterior(right: Floats, asked: Floats, p: Floats, spread: float) -> Floats:
    log_likelihood = right @ np.log(p).T + (asked - right) @ np.log1p(-p).T - 0.5 * (_NODES / spread) ** 2
    weights = np.exp(log_likelihood - log_likelihood.max(1, keepdims=True))
    # Tiny weights become zero: numbers below the normal range make products a hundred times slower.
    weights[weights < 1e-12] = 0.0
    result: Floats = weights / weights.sum(1, keepdims=True)
    return result


def wrong_alike(answers: Answers) -> Floats:
    """Return, by question, the chance that two people who are wrong give the same answer; 1 where nothing is known."""
    wrong = answers.asked & (answers.code >= 0) & ~answers.right
    result = np.ones(wrong.shape[1])
    for question in range(wrong.shape[1]):
        codes = answers.code[wrong[:, question], question]
        if codes.size:
            shares = np.bincount(codes) / codes.size
            # Never 0: an answer that nobody has given yet is still possible.
            result[question] = max(float((shares**2).sum()), 1.0 / (codes.size + 1.0))
    return result


def compare(answers: Answers, *, new: Ints, least_common: int, rate: float = 1.0) -> Compared:
    """Compare each of the rows `new` with every other row; a pair of two new ones once, a person with themselves never.

    Args:
        rate: the false discovery rate that the p-values will be held to; pairs that cannot pass it are left out.
    """
    given = answers.asked & (answers.code >= 0)
    right = chances(answers)
    alike = wrong_alike(answers)
    blocks = _Blocks(answers, given, right, alike)
    order = np.full(len(given), -1)
    order[new] = np.arange(len(new))
    pairs, found = 0, []
    for start in range(0, len(new), _BLOCK):
        rows = new[start : start + _BLOCK]
        plausible = (blocks.common(rows) >= least_common - 0.5) & (answers.learner[rows, None] != answers.learner[None])
        plausible &= (order[None, :] < 0) | (order[None, :] > order[rows, None])
        pairs += int(plausible.sum())
        z = blocks.excess(rows)
        for row, column in zip(*np.nonzero(plausible & (z > _SCREEN_Z)), strict=True):
            found.append((-float(z[row, column]), int(rows[row]), int(column)))
    found.sort()
    chosen = np.array([pair for _, *pair in found[:_MAX_EXACT]], dtype=np.int64).reshape(-1, 2)
    striking = _exact(answers, given, right, alike, chosen, rate / max(pairs, 1))
    return Compared(pairs, sorted(striking, key=lambda pair: (pair.p_value, pair.first, pair.second)))


class _Blocks:
    """Sums over the common questions of many pairs at once: each factors into the two people, a product of matrices."""

    def __init__(self, answers: Answers, given: Bools, right: Floats, alike: Floats) -> None:
        r, w = right * given, (1.0 - right) * given
        noise, lean = r * (1.0 - right), (right - (1.0 - right) * alike) * given
        single = lambda *parts: np.hstack(parts).astype(np.float32)  # noqa: E731
        self._given, self._r, self._noise, self._lean = single(given), single(r), single(noise), single(lean)
        self._mean = single(r, w * np.sqrt(alike))
        self._square = single(r**2, np.sqrt(2.0 * alike) * r * w, alike * w**2)
        self._marks, self._right = _one_hot(answers.code, given), single(answers.right & given)

    def common(self, rows: Ints) -> NDArray[np.float32]:
        return self._given[rows] @ self._given.T

    def excess(self, rows: Ints) -> NDArray[np.float32]:
        """Agreements above what both scores let expect, in standard units: (rows, attempts)."""
        expected = self._mean[rows] @ self._mean.T
        variance = expected - self._square[rows] @ self._square.T
        # How the agreements depend on each score: a regression on both, which are independent of one another.
        for score, mean, noise, lean in (
            (
                self._right[rows] @ self._given.T,
                self._r[rows] @ self._given.T,
                self._noise[rows] @ self._given.T,
                self._noise[rows] @ self._lean.T,
            ),
            (
                self._given[rows] @ self._right.T,
                self._given[rows] @ self._r.T,
                self._given[rows] @ self._noise.T,
                self._lean[rows] @ self._noise.T,
            ),
        ):
            slope = lean / np.maximum(noise, 1e-6)
            expected += slope * (score - mean)
            variance -= slope * lean
        excess = self._marks[rows] @ self._marks.T - 0.5 - expected
        return np.asarray(excess / np.sqrt(np.maximum(variance, 1e-2)), dtype=np.float32)


def _one_hot(code: Ints, given: Bools) -> NDArray[np.float32]:
    """(attempts, answers that at least two gave): the product of two rows counts the same answers."""
    columns = []
    for question in range(code.shape[1]):
        codes = code[given[:, question], question]
        for answer in np.flatnonzero(np.bincount(codes) > 1) if codes.size else ():
            columns.append(given[:, question] & (code[:, question] == answer))
    return np.array(columns, dtype=np.float32).T if columns else np.zeros((len(code), 1), dtype=np.float32)


def _front(common: Bools) -> Ints:
    widest = int(common.sum(1).max())
    return np.argsort(~common, axis=1, kind="stable")[:, :widest]


def _exact(answers: Answers, given: Bools, right: Floats, alike: Floats, pairs: Ints, least_worth: float) -> list[Pair]:
    found: list[Pair] = []
    for start in range(0, len(pairs), _TABLES):
        first, second = pairs[start : start + _TABLES].T
        common = given[first] & given[second]
        agreed = common & (answers.code[first] == answers.code[second])
        front = _front(common)
        in_common = np.take_along_axis(common, front, axis=1)
        same = agreed.sum(1)
        tails, expected = tails_given_scores(
            np.take_along_axis(right[first], front, axis=1),
            np.take_along_axis(right[second], front, axis=1),
            alike[front],
            in_common,
            (answers.right[first] & common).sum(1),
            (answers.right[second] & common).sum(1),
            same,
        )
        same_wrong = (agreed & ~answers.right[first]).sum(1)
        columns = (first, second, common.sum(1), same, same_wrong, expected, tails)
        found += [Pair(*(value.item() for value in row)) for row in zip(*columns, strict=True)]
        # The most striking come first: when none of these is near what could pass, none that follows is.
        if tails.min() > 10 * least_worth * len(found):
            break
    return found


def tails_given_scores(
    first: Floats, second: Floats, alike: Floats, in_common: Bools, right_first: Ints, right_second: Ints, least: Ints
) -> tuple[Floats, Floats]:
    """Return P(at least `least` agreements | both scores) and the expected number of agreements, for each pair.

    Args:
        first, second: each person's chances to be right; (pairs, questions).
        in_common: which of the questions the pair has in common; (pairs, questions).
        right_first, right_second: how many of these each person got right; (pairs,).
        least: the number of agreements that was observed; (pairs,).
    """
    pairs, questions = first.shape
    rows = np.arange(pairs)
    # mass[pair, rights of the first, rights of the second, agreements]; more rights than there were lead nowhere.
    mass = np.zeros((pairs, int(right_first.max()) + 1, int(right_second.max()) + 1, questions + 1))
    mass[:, 0, 0, 0] = 1.0
    for question in range(questions):
        a, b, pi, asked = (column[:, question, None, None, None] for column in (first, second, alike, in_common))
        both_wrong = (1.0 - a) * (1.0 - b)
        after = mass * np.where(asked, both_wrong * (1.0 - pi), 1.0)
        after[:, :, :, 1:] += mass[:, :, :, :-1] * np.where(asked, both_wrong * pi, 0.0)
        after[:, 1:] += mass[:, :-1] * np.where(asked, a * (1.0 - b), 0.0)
        after[:, :, 1:] += mass[:, :, :-1] * np.where(asked, (1.0 - a) * b, 0.0)
        after[:, 1:, 1:, 1:] += mass[:, :-1, :-1, :-1] * np.where(asked, a * b, 0.0)
        mass = after
    given = mass[rows, right_first, right_second]
    given = given / np.maximum(given.sum(1, keepdims=True), 1e-300)
    counts = np.arange(questions + 1)
    tails: Floats = np.where(counts[None, :] >= np.asarray(least)[:, None], given, 0.0).sum(1)
    expected: Floats = given @ counts
    return np.clip(tails, 0.0, 1.0), expected
