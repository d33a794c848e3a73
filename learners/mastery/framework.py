"""The framework's versions as the rules take them."""

from __future__ import annotations

from collections.abc import Iterable

from courses import public as courses
from courses.public import FrameworkScale
from learners.mastery.rules import Scale, Scales

_made: tuple[tuple[FrameworkScale, ...], Scales] = ((), Scales([]))


def scales(*, naming: Iterable[str] = ()) -> Scales:
    """Every version of the framework, those named among them; no query once they are known."""
    global _made
    versions = courses.framework_scales(naming=naming)
    if versions is not _made[0]:
        _made = (versions, Scales([_scale(version) for version in versions]))
    return _made[1]


def scale() -> Scale:
    """What the current framework says of computed levels."""
    current = courses.framework().version
    return scales(naming=[current]).of(current)


def _scale(version: FrameworkScale) -> Scale:
    return Scale(
        version=version.version,
        thresholds=version.thresholds,
        ranges=version.ranges,
        max_jump=int(version.award_rules.get("max_inferred_jump", 1)),
    )
