"""Achievements from their files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from courses import public as courses
from credentials.certificates.models import Achievement, Award

_TEXTS = ("name", "description", "criteria")


class AchievementInvalid(ValueError):
    """The file cannot be loaded; the message has the path in it. Nothing was written."""


@transaction.atomic
def load_achievement(folder: Path, *, edition_id: UUID) -> UUID:
    """Load `folder`/achievement.toml for an edition and return the achievement's id. A second call changes nothing.

    A version that somebody was awarded stays as it is: other content under its number is refused. A newer version
    becomes the active one.

    Raises:
        AchievementInvalid: the file is not an achievement, or its version was awarded with other content.
    """
    content = _read(folder / "achievement.toml")
    slug, version = content["slug"], content["version"]
    values = {"edition_id": edition_id, "criteria": content["criteria"], "texts": content["texts"]}
    versions = {
        achievement.version: achievement for achievement in Achievement.objects.select_for_update().filter(slug=slug)
    }
    known = versions.get(version)
    is_newest = version == max([version, *versions])
    if known is not None and all(getattr(known, name) == value for name, value in values.items()):
        return known.pk
    if known is not None:
        if Award.objects.filter(achievement=known).exists():
            raise AchievementInvalid(f"{slug} v{version} was awarded already: a change needs a new version number")
        Achievement.objects.filter(pk=known.pk).update(**values)
        return known.pk
    if is_newest:
        Achievement.objects.filter(slug=slug, active=True).update(active=False)
    return Achievement.objects.create(slug=slug, version=version, active=is_newest, **values).pk


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AchievementInvalid(f"{path.name}: {error}") from error
    unknown = content.keys() - {"slug", "version", "criteria", "texts"}
    if unknown:
        raise AchievementInvalid(f"{min(unknown)}: is not known")
    if not isinstance(content.get("slug"), str) or not isinstance(content.get("version"), int):
        raise AchievementInvalid("slug must be a text and version a number")
    if content["version"] < 1:
        raise AchievementInvalid("version: must be at least 1")
    return {
        "slug": content["slug"],
        "version": content["version"],
        "criteria": _criteria(content.get("criteria")),
        "texts": _texts(content.get("texts")),
    }


def _criteria(criteria: Any) -> dict[str, Any]:
    if not isinstance(criteria, Mapping) or criteria.keys() != {"edition_completed", "skills"}:
        raise AchievementInvalid("criteria: must have edition_completed and skills")
    if not isinstance(criteria["edition_completed"], bool) or not isinstance(criteria["skills"], list):
        raise AchievementInvalid("criteria: edition_completed must be true or false, skills a list")
    if not criteria["edition_completed"] and not criteria["skills"]:
        raise AchievementInvalid("criteria: ask for nothing, everyone would be awarded")
    known = courses.framework().skills
    listed = []
    for index, wanted in enumerate(criteria["skills"]):
        if (
            not isinstance(wanted, Mapping)
            or wanted.keys() - {"certified"} != {"skill", "level"}
            or wanted["skill"] not in known
            or not isinstance(wanted.get("certified", False), bool)
        ):
            raise AchievementInvalid(
                f"criteria.skills[{index}]: must have a skill of the framework, a level and, if so, certified = true"
            )
        skill = known[wanted["skill"]]
        if not isinstance(wanted["level"], int) or not skill.min_level <= wanted["level"] <= skill.max_level:
            raise AchievementInvalid(f"criteria.skills[{index}].level: the skill has no such level")
        if wanted.get("certified") and wanted["level"] not in courses.framework().thresholds:
            raise AchievementInvalid(f"criteria.skills[{index}].certified: only computed levels are certified")
        listed.append({"skill": wanted["skill"], "level": wanted["level"]} | _certified(wanted))
    if len({wanted["skill"] for wanted in listed}) != len(listed):
        raise AchievementInvalid("criteria.skills: one stands twice")
    return {"edition_completed": criteria["edition_completed"], "skills": listed}


def _certified(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {"certified": True} if wanted.get("certified") else {}


def _texts(texts: Any) -> dict[str, dict[str, str]]:
    if not isinstance(texts, Mapping) or "en" not in texts:
        raise AchievementInvalid("texts: English is missing")
    for language, words in texts.items():
        if not isinstance(words, Mapping) or words.keys() != set(_TEXTS):
            raise AchievementInvalid(f"texts.{language}: must have name, description and criteria")
        for name, text in words.items():
            if (
                not isinstance(text, str)
                or not text.strip()
                or any(ord(letter) < 32 and letter != "\n" for letter in text)
            ):
                raise AchievementInvalid(f"texts.{language}.{name}: must be a text without control characters")
    return {language: dict(words) for language, words in texts.items()}
