"""Shares as people and as style sheets read them."""

from __future__ import annotations

from django import template

register = template.Library()

_DIMENSIONS = {
    "language": "language",
    "gender": "gender",
    "age_band": "age",
    "device_class": "device",
    "member_state": "member state",
}


@register.filter
def percent(share: float | None) -> str:
    """0.62 -> 62 %"""
    return "" if share is None else f"{share:.0%}".replace("%", "\u202f%")


@register.filter
def css(share: float | None) -> str:
    """0.62 -> 62%, whatever the reader's language does to numbers."""
    return f"{100 * (share or 0):.0f}%"


@register.filter
def css_from_right(share: float | None) -> str:
    """0.62 -> 38%"""
    return f"{100 * (1 - (share or 0)):.0f}%"


@register.filter
def dimension_name(dimension: str) -> str:
    return _DIMENSIONS.get(dimension, dimension)


@register.filter
def measure_name(measure: str) -> str:
    return {"pass_rate": "passed", "appeals_upheld": "of appeals upheld"}.get(measure, measure)
