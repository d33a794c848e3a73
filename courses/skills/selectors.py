"""Reading the framework."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from common.caches import ProcessCache, kept
from courses.skills.models import Framework, SkillLevel, SkillStatement
from courses.values import FrameworkScale, FrameworkView, SkillView, StatementView

_CURRENT = "current"
_framework: ProcessCache[str, FrameworkView] = ProcessCache(most=1, for_s=60.0)
_scales: ProcessCache[str, tuple[FrameworkScale, ...]] = ProcessCache(most=1)


def framework() -> FrameworkView:
    """The current framework; cached per process for a minute.

    Raises:
        Framework.DoesNotExist: none is loaded (manage.py load_reference_data).
    """
    known = _framework.get(_CURRENT)
    if known is None:
        known = _read_current()
        _framework.put({_CURRENT: known})
    return known


def framework_scales(*, naming: Iterable[str] = ()) -> tuple[FrameworkScale, ...]:
    """What each version of the framework says of computed levels, in the order in which they were loaded.

    Versions never change, so they are read again (two queries) only when one of those in `naming` is not known yet.
    """
    known = _scales.get(_CURRENT)
    if not known or not {scale.version for scale in known}.issuperset(naming):
        known = tuple(
            FrameworkScale(
                version=version.version,
                thresholds=_thresholds(version),
                ranges={skill.code: (skill.min_level, skill.max_level) for skill in version.skills.all()},
                award_rules=version.award_rules,
            )
            for version in Framework.objects.prefetch_related("skills").order_by("loaded_at", "pk")
        )
        _scales.put({_CURRENT: known})
    return known


def statement(skill: str, level: int) -> StatementView | None:
    """What the current framework says of a level of a skill; None where it has none. No query once it is cached."""
    current = framework()
    return _statement(current.code, current.version, skill, level)


@kept(most=512)
def _statement(code: str, version: str, skill: str, level: int) -> StatementView | None:
    """A version of the framework never changes."""
    said = SkillStatement.objects.filter(
        skill__framework__code=code, skill__framework__version=version, skill__code=skill, level=level
    ).first()
    asked = SkillLevel.objects.filter(framework__code=code, framework__version=version, level=level).first()
    if said is None or asked is None:
        return None
    return StatementView(
        skill=skill,
        level=level,
        statement=said.statement,
        autonomy=asked.description["autonomy"],
        context=asked.description["context"],
        task=asked.description["task"],
        evidence=tuple(asked.evidence),
    )


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
        thresholds=_thresholds(current),
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


def _thresholds(framework: Framework) -> dict[int, float]:
    return {int(level): float(rate) for level, rate in framework.thresholds.items()}
