"""How answers are scored. Pure: no Django, no clock.

The kinds themselves stand in `assessments.items.kinds`; whatever changes a score changes `RULE_VERSION`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import fsum
from typing import Any

from assessments.items.kinds import KINDS

# Each item by the rule of its kind (a part of an answer earns what the key's credit rule says) or by its markers, 0 to 1; the
# attempt by the mean of the items that count.
RULE_VERSION = "items-3"


def is_marked_by_people(*, kind: str, response: Any) -> bool:
    """Whether a person must mark this response; what was left open needs no marks."""
    return response is not None and bool(getattr(KINDS[kind], "marked_by_people", False))


def score_response(*, kind: str, key: Mapping[str, Any], response: Any, language: str | None = None) -> float:
    """Return the score, 0 to 1, of a canonical response; what was left open (None) scores 0.

    Args:
        language: the attempt's, for words that are right in one language only; None: right in any.

    Raises:
        TypeError: the kind is marked by people and something was handed in.
    """
    return 0.0 if response is None else KINDS[kind].score(key, response, language=language)


def score_attempt(scores: Iterable[float | None]) -> float:
    """Return the attempt's score: the mean of its items' scores, 0 when there are none.

    A voided item (None) does not count: neither for the learner nor against.
    """
    counting = [score for score in scores if score is not None]
    return fsum(counting) / len(counting) if counting else 0.0


def has_passed(*, score: float, pass_share: Decimal) -> bool:
    """Whether the score reaches the pass share; the mean is rounded first, so that 6 of 10 is 0.6 exactly."""
    return round(Decimal(score), 9) >= pass_share
