"""Loading a version of the framework from its files; a version once loaded never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from django.db import transaction

from common import caches
from courses.skills.models import Framework, FrameworkLabel, Skill, SkillArea, SkillLevel, SkillStatement

DATA = Path(__file__).parent / "data"


class FrameworkChanged(ValueError):
    """The files of a version differ from what was loaded under that version: give the change a version of its own."""


@dataclass(frozen=True)
class _Source:
    content: Mapping[str, Any]
    thresholds: Mapping[str, float]
    digest: str


def _read(folder: Path) -> _Source:
    content = json.loads((folder / "ai_skills_framework.json").read_bytes())
    values = json.loads((folder / "design_values.json").read_bytes())
    try:
        thresholds = values["thresholds"][content["version"]]
    except KeyError as error:
        raise ValueError(f"design_values.json has no thresholds for version {content.get('version')!r}") from error
    return _Source(content, thresholds, hashlib.sha256(rfc8785.dumps([content, thresholds])).hexdigest())


@transaction.atomic
def load_framework(folder: Path = DATA) -> None:
    """Load the framework's version in `folder` and make it the current one; a second call changes nothing.

    Raises:
        FrameworkChanged: this version was loaded before with other content.
        ValueError: there are no thresholds for the version.
    """
    source = _read(folder)
    content = source.content
    known = Framework.objects.select_for_update().filter(code=content["id"], version=content["version"]).first()
    if known is None:
        known = _insert(source)
    elif known.digest != source.digest:
        raise FrameworkChanged(f"{known} is loaded with other content; a change needs a new version")
    if not known.current:
        Framework.objects.filter(current=True).update(current=False)
        Framework.objects.filter(pk=known.pk).update(current=True)
    transaction.on_commit(caches.forget)


def _insert(source: _Source) -> Framework:
    content = source.content
    framework = Framework.objects.create(
        code=content["id"],
        version=content["version"],
        digest=source.digest,
        language=content["language"],
        licence=content["licence"],
        notice=content["notice"],
        references=content["references"],
        award_rules=content["award_rules"],
        thresholds=dict(source.thresholds),
        tracks=content["tracks"],
    )
    SkillLevel.objects.bulk_create(
        SkillLevel(
            framework=framework,
            level=entry["level"],
            key=entry["key"],
            name=entry["name"],
            description={name: entry[name] for name in ("autonomy", "context", "task", "digcomp")},
            aqrf=entry["aqrf"],
            evidence=entry["evidence"],
            automated_award=entry["automated_award"],
        )
        for entry in content["levels"]
    )
    areas = {
        area.code: area
        for area in SkillArea.objects.bulk_create(
            SkillArea(framework=framework, code=entry["id"], name=entry["name"], description=entry["description"])
            for entry in content["areas"]
        )
    }
    skills = {
        skill.code: skill
        for skill in Skill.objects.bulk_create(
            Skill(
                framework=framework,
                area=areas[entry["area"]],
                code=entry["id"],
                name=entry["name"],
                description=entry["description"],
                tracks=entry["tracks"],
                min_level=entry["min_level"],
                max_level=entry["max_level"],
                prerequisites=entry["prerequisites"],
                mappings=entry["mappings"],
            )
            for entry in content["skills"]
        )
    }
    SkillStatement.objects.bulk_create(
        SkillStatement(skill=skills[entry["id"]], level=statement["level"], statement=statement["statement"])
        for entry in content["skills"]
        for statement in entry["levels"]
    )
    _insert_labels(framework, content)
    return framework


def _insert_labels(framework: Framework, content: Mapping[str, Any]) -> None:
    """The files list labels in the order of levels and areas, by language; all of them are machine drafts."""
    labels = content["labels"]
    drafted = labels["status"].startswith("machine-drafted")
    keys = {"level": [str(entry["level"]) for entry in content["levels"]], "area": [e["id"] for e in content["areas"]]}
    FrameworkLabel.objects.bulk_create(
        FrameworkLabel(framework=framework, kind=kind, key=key, language=language, text=text, machine_drafted=drafted)
        for kind, group in (("level", "levels"), ("area", "areas"))
        for language, texts in labels[group].items()
        for key, text in zip(keys[kind], texts, strict=True)
    )
