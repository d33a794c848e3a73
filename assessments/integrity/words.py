"""A hint in words: what was seen, how often chance does that, and what else could explain it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessments.integrity import rules


def explanation(kind: str, facts: Mapping[str, Any]) -> list[str]:
    """Return the sentences of a hint, in the active language; they name nobody."""
    return _of_times(facts) if kind == rules.FAST else _of_pair(facts)


def one_in(p_value: float) -> str:
    """How many that chance needs to do that much once, as people read it."""
    if p_value < 1e-9:
        return _("more than 1,000,000,000")
    return f"{max(round(1 / p_value), 1):,}"


def _of_pair(facts: Mapping[str, Any]) -> list[str]:
    return [
        _(
            "Both attempts answered %(common)d of the same questions, and gave the same answer to %(same)d of them; "
            "%(same_wrong)d of these were the same wrong answer."
        )
        % facts,
        _(
            "Of two people with these scores who work apart, %(expected).1f same answers are expected. As many as here "
            "come about by chance in one pair of %(one_in)s; %(compared)s pairs were compared."
        )
        % {
            "expected": facts["expected"],
            "one_in": one_in(facts["p_value"]),
            "compared": f"{facts['compared']:,}",
        },
        _(
            "There are honest reasons: a shared course or study group, a misunderstanding that many have, a wording that "
            "misleads. This is a reason to look, and proves nothing."
        ),
    ]


def _of_times(facts: Mapping[str, Any]) -> list[str]:
    return [
        _(
            "%(hasty)d of %(timed)d timed answers came before the question can have been read, for example after "
            "%(seconds).1f seconds where %(floor).0f are needed at least and %(usual).0f are usual; %(right)d of these "
            "%(hasty)d answers were right."
        )
        % facts,
        _(
            "So fast an attempt comes about by chance once in %(one_in)s; the times of %(compared)s attempts were compared "
            "that night."
        )
        % {"one_in": one_in(facts["p_value"]), "compared": f"{facts['compared']:,}"},
        _(
            "There are honest reasons: questions known from an earlier attempt, or a device that measures badly, for the "
            "times are the device's own. This is a reason to look, and proves nothing."
        ),
    ]
