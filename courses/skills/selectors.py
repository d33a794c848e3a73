"""Reading the framework."""

from __future__ import annotations

import time
from collections import defaultdict

from courses.skills.models import Framework
from courses.values import FrameworkView, SkillView

_KEEP_S = 60.0
_kept: tuple[float, FrameworkView] | None = None


def framework() -> FrameworkView:
    """The current framework; cached per process for a minute.

    Raises:
        Framework.DoesNotExist: none is loaded (manage.py load_reference_data).
    """
    global _kept
    now = time.monotonic()
    if _kept is None or _kept[0] <= now:
        _kept = (now + _KEEP_S, _read_current())
    return _kept[1]


def _read_current() -> FrameworkView:
    current = Framework.objects.prefetch_related("levels", "areas", "skills__area", "labels").get(current=True)
    level_names: dict[int, dict[str, str]] = {
        level.level: {current.language: level.name} for level in current.levels.all()
    }
    area_names: dict[str, dict[str, str]] = {area.code: {current.language: area.name} for area in current.areas.all()}
    names: dict[str, dict[str, dict[str, str]]] = {
        "level": defaultdict(dict, {str(level): texts for level, texts in level_names.items()}),
        "area": defaultdict(dict, area_names),
    }
    for label in current.labels.all():
        names[label.kind][label.key].setdefault(label.language, label.text)
    return FrameworkView(
        code=current.code,
        version=current.version,
        thresholds={int(level): float(rate) for level, rate in current.thresholds.items()},
        award_rules=current.award_rules,
        skills={
            skill.code: SkillView(
                code=skill.code,
                area=skill.area.code,
                name=skill.name,
                min_level=skill.min_level,
                max_level=skill.max_level,
                mappings=skill.mappings,
            )
            for skill in current.skills.all()
        },
        level_names=level_names,
        area_names=area_names,
    )
