"""The framework as a document, per language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.caches import kept
from common.conditional import etag_of
from common.languages import canonical
from common.languages import lookup as lookup_language
from common.rendering import to_json
from courses.skills.models import Framework, FrameworkLabel
from courses.skills.selectors import framework as current_framework


@dataclass(frozen=True)
class FrameworkDocument:
    language: str
    body: bytes
    etag: str


def framework_document(wanted: Sequence[str]) -> FrameworkDocument:
    """The current framework with labels in the first of the `wanted` languages that has any, else in its own.

    No query once it is cached: a version of the framework never changes.

    Raises:
        Framework.DoesNotExist: none is loaded.
    """
    current = current_framework()
    available = sorted({language for names in current.level_names.values() for language in names})
    return _compiled(current.code, current.version, lookup_language(wanted, available) or "")


@kept(most=64)
def _compiled(code: str, version: str, language: str) -> FrameworkDocument:
    framework = Framework.objects.prefetch_related(
        "levels", "areas", "skills__area", "skills__statements", "labels"
    ).get(code=code, version=version)
    language = language or canonical(framework.language)
    body = to_json(_content(framework, language))
    return FrameworkDocument(language, body, etag_of(body))


def _content(framework: Framework, language: str) -> dict[str, Any]:
    labels = {(label.kind, label.key): label for label in framework.labels.all() if label.language == language}

    def name(kind: str, key: str, own: str) -> dict[str, Any]:
        label: FrameworkLabel | None = labels.get((kind, key))
        if label is None:
            return {"text": own, "language": framework.language, "machine_drafted": False}
        return {"text": label.text, "language": label.language, "machine_drafted": label.machine_drafted}

    return {
        "code": framework.code,
        "version": framework.version,
        "language": language,
        "source_language": framework.language,
        "licence": framework.licence,
        "notice": framework.notice,
        "levels": [
            {
                "level": level.level,
                "key": level.key,
                "name": name("level", str(level.level), level.name),
                "description": level.description,
                "aqrf": level.aqrf,
                "evidence": level.evidence,
                "automated_award": level.automated_award,
                "threshold": framework.thresholds.get(str(level.level)),
            }
            for level in framework.levels.all()
        ],
        "areas": [
            {"code": area.code, "name": name("area", area.code, area.name), "description": area.description}
            for area in framework.areas.all()
        ],
        "tracks": framework.tracks,
        "skills": [
            {
                "code": skill.code,
                "area": skill.area.code,
                "name": {"text": skill.name, "language": framework.language, "machine_drafted": False},
                "description": skill.description,
                "tracks": skill.tracks,
                "min_level": skill.min_level,
                "max_level": skill.max_level,
                "prerequisites": skill.prerequisites,
                "statements": [
                    {"level": statement.level, "statement": statement.statement} for statement in skill.statements.all()
                ],
                "mappings": skill.mappings,
            }
            for skill in framework.skills.all()
        ],
        "award_rules": framework.award_rules,
        "references": framework.references,
    }
