"""How answers are scored. Pure: no Django, no clock.

The kinds themselves stand in `assessments.items.kinds`; whatever changes a score changes `RULE_VERSION`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import fsum
from typing import Any

from assessments.items.kinds import KINDS

# A part of an answer earns what the key's credit rule says; without one, all or nothing.
RULE_VERSION = "items-2"


def score_response(*, kind: str, key: Mapping[str, Any], response: Any, language: str | None = None) -> float:
    """Return the score, 0 to 1, of a canonical response; what was left open (None) scores 0.

    Args:
        language: the attempt's, for words that are right in one language only; None: right in any.

    Raises:
        TypeError: the kind is marked by people and something was handed in.
    """
    return 0.0 if response is None else KINDS[kind].score(key, response, language=language)


def score_attempt(scores: Sequence[float]) -> float:
    """Return the attempt's score: the mean of its items' scores, 0 when there are none."""
    return fsum(scores) / len(scores) if scores else 0.0


def has_passed(*, score: float, pass_share: Decimal) -> bool:
    """Whether the score reaches the pass share; the mean is rounded first, so that 6 of 10 is 0.6 exactly."""
    return round(Decimal(score), 9) >= pass_share
