"""The current framework as the rules take it."""

from __future__ import annotations

from courses import public as courses
from learners.mastery.rules import Scale


def scale() -> Scale:
    """What the current framework says of computed levels."""
    framework = courses.framework()
    return Scale(
        version=framework.version,
        thresholds=framework.thresholds,
        ranges={code: (skill.min_level, skill.max_level) for code, skill in framework.skills.items()},
        max_jump=int(framework.award_rules.get("max_inferred_jump", 1)),
    )
