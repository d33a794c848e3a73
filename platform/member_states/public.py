"""Everything other apps may know about member states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class RuleInForce:
    """What applies in a state on a day: the law's value, or the strict default where the law sets none or is unknown."""

    state: str
    key: str
    value: Any
    standing: str  # value | no_rule | unknown: what the register says of the law
    from_default: bool
    confidence: str
    unit: str = ""


def codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes of the twelve states."""
    raise NotImplementedError


def rule(state: str, key: str, *, on: date | None = None) -> RuleInForce:
    """Return what applies; constant queries (cached per process for a minute).

    Raises:
        KeyError: no such state, or a key that neither the register nor the defaults know.
    """
    raise NotImplementedError
