"""What the figures of an item mean, in words for a trainer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments.analysis.rules import CORRELATED, PER_GROUP, SMALLEST

INSUFFICIENT = "insufficient data"

FACTORS: Mapping[str, str] = {
    "language": "language",
    "member_state": "member state",
    "gender": "gender",
    "age_band": "age",
    "device_class": "kind of device",
}

CLASSES: Mapping[str, str] = {
    "A": "no difference that matters",
    "B": "a moderate difference",
    "C": "a large difference: look at the wording",
    "": INSUFFICIENT,
}

REASONS: Mapping[str, str] = {
    "few_learners": f"{INSUFFICIENT}: fewer than {CORRELATED} learners",
    "few_items": f"{INSUFFICIENT}: one item has no reliability",
    "insufficient_overlap": f"{INSUFFICIENT}: too few learners had the same items",
    "no_spread": f"{INSUFFICIENT}: everybody has the same score",
}


def percent(share: float) -> str:
    """Return a share as whole percent, never parted at the end of a line."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"


def facility(value: float | None, *, is_binary: bool) -> str:
    if value is None:
        return f"{INSUFFICIENT}: fewer than {SMALLEST} learners"
    tenths = round(10 * value)
    if not is_binary:
        return f"On average learners got {percent(value)} of the score."
    if tenths in (0, 10):
        return f"{'Nearly nobody' if tenths == 0 else 'Nearly everybody'} answered right."
    return f"{tenths} of 10 answered right."


def discrimination(value: float | None) -> str:
    if value is None:
        return f"Whether those who know more answer it right more often: {INSUFFICIENT}."
    if value >= 0.3:
        return "Those who know more answer it right clearly more often."
    if value >= 0.1:
        return "Those who know more answer it right more often."
    if value >= 0:
        return "Those who know more hardly answer it right more often."
    return "Those who know more answer it right less often. Is the key right? Can it be misread?"


def seconds(value: float | None) -> str:
    if value is None:
        return "no times"
    whole = round(value)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60:02} s"


def finding(flagged: Mapping[str, Any]) -> str:
    """Return the reason for a flag with the figures that raised it."""
    texts = {
        "negative_discrimination": "Those who know more answer it right less often (correlation {discrimination:.2f}).",
        "weak_discrimination": "It hardly tells who knows more (correlation {discrimination:.2f}).",
        "too_hard": "Only {facility:.0%} of the score was reached.",
        "too_easy": "{facility:.0%} of the score was reached: it tells nobody apart.",
        "guess_rate_low": "The lowest third is right in {lowest_third:.0%} of answers and the middle third no more often, "
        "so that looks like guessing; stated is a guess rate of {stated:.0%}.",
        "difficulty_off": "Beside the other items it is at {observed:+.1f} logits; its author said {stated:+.1f}.",
        "never_chosen": "Nobody chose {option} among {wrong} wrong answers.",
        "best_choose_distractor": "The wrong option {option} attracts {highest:.0%} of the highest third and {lowest:.0%} "
        "of the lowest.",
        "differs_between_groups": "It is {direction} for {group} than for equally able learners of {reference} "
        "(class C, delta {delta:+.1f}).",
        "jump_at_correction": "Since revision {revision} it is {direction} for equally able learners than before "
        "(delta {delta:+.1f}), though it was said to measure the same: compare the revisions.",
        "compare_translations": "It is {direction} for {group} than for equally able learners of {reference} "
        "(class B, delta {delta:+.1f}): compare the translations.",
    }
    about = dict(flagged)
    if "delta" in about:
        about["direction"] = "harder" if about["delta"] < 0 else "easier"
    return texts[flagged["flag"]].format(**about).replace("%", "\N{NO-BREAK SPACE}%")


def difference(*, delta: float | None, ets_class: str, reference: str) -> str:
    """Return what a comparison says; `reference` empty is the group that the others are compared with."""
    if not reference:
        return "the others are compared with this group"
    if delta is None:
        return f"{INSUFFICIENT} (needs {PER_GROUP} in both)"
    side = "" if ets_class == "A" else ", harder here" if delta < 0 else ", easier here"
    return f"{CLASSES[ets_class]}{side}"


def reliability(value: float | None, error: float | None, *, is_drawn: bool) -> str:
    """Return what a form's coefficient and standard error mean for the people who get its scores."""
    if value is None or error is None:
        return f"How far the scores can be relied on: {INSUFFICIENT}."
    margin = round(100 * error)
    drawn = " How hard the drawn items happened to be is part of that error." if is_drawn else ""
    return (
        f"{percent(max(value, 0.0))} of the differences between scores are differences between people, the rest is chance. "
        f"A learner who took such a form again would, in two of three cases, come out within {margin} points of 100 of "
        f"their true score.{drawn} With several skills in a form this is a lower bound."
    )
