"""Achievements from their files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from courses import public as courses
from credentials.certificates import approvals
from credentials.certificates.models import Achievement, AchievementVersion, Approval

MAX_VALIDITY_DAYS = 36_500
_TEXTS = ("name", "description", "criteria")


class AchievementInvalid(ValueError):
    """What was given is no achievement; the message has the path in it. Nothing was written."""


@transaction.atomic
def load_achievement(folder: Path, *, course_id: UUID, approved_as: str = "", actor: str = "", now: datetime) -> UUID:
    """Load `folder`/achievement.toml for a course and return the id of its version. A second call changes nothing.

    The version is proposed. One that an authority approved stays as it is: other content under its number is refused.

    Args:
        approved_as: an authority that approves the version in the same transaction, in the name of `actor`; unless it
            approved this version, or a newer one, before: what people decided since stays.

    Raises:
        AchievementInvalid: the file is not an achievement, or its version was approved with other content.
    """
    content = _read(folder / "achievement.toml")
    slug, number = content["slug"], content["version"]
    achievement, _ = Achievement.objects.get_or_create(course_id=course_id, slug=slug)
    # One loader at a time.
    Achievement.objects.select_for_update(no_key=True).get(pk=achievement.pk)
    values = {name: content[name] for name in ("criteria", "texts", "validity_days")}
    known = AchievementVersion.objects.filter(achievement=achievement, number=number).first()
    if known is None:
        known = AchievementVersion.objects.create(
            achievement=achievement, number=number, state=AchievementVersion.State.PROPOSED, proposed_at=now, **values
        )
    elif any(getattr(known, name) != value for name, value in values.items()):
        if Approval.objects.filter(version=known).exists():
            raise AchievementInvalid(f"{slug} v{number} was approved already: a change needs a new version number")
        AchievementVersion.objects.filter(pk=known.pk).update(**values)
    decided = Approval.objects.filter(achievement=achievement, authority=approved_as, version__number__gte=number)
    if approved_as and not decided.exists():
        approvals.approve(version_id=known.pk, authority=approved_as, by=None, actor=actor, now=now)
    return known.pk


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AchievementInvalid(f"{path.name}: {error}") from error
    unknown = content.keys() - {"slug", "version", "criteria", "texts", "validity_days"}
    if unknown:
        raise AchievementInvalid(f"{min(unknown)}: is not known")
    if not isinstance(content.get("slug"), str) or not isinstance(content.get("version"), int):
        raise AchievementInvalid("slug must be a text and version a number")
    if content["version"] < 1:
        raise AchievementInvalid("version: must be at least 1")
    return {
        "slug": content["slug"],
        "version": content["version"],
        "validity_days": _validity_days(content.get("validity_days")),
        "criteria": clean_criteria(content.get("criteria")),
        "texts": clean_texts(content.get("texts")),
    }


def _validity_days(days: Any) -> int | None:
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MAX_VALIDITY_DAYS):
        raise AchievementInvalid(f"validity_days: must be a number from 1 to {MAX_VALIDITY_DAYS}")
    return days


def clean_criteria(criteria: Any) -> dict[str, Any]:
    """The criteria of a version, as they are stored.

    Raises:
        AchievementInvalid: they are no criteria.
    """
    if not isinstance(criteria, Mapping) or criteria.keys() - {"quizzes"} != {"course_completed", "skills"}:
        raise AchievementInvalid("criteria: must have course_completed and skills, and may have quizzes")
    if not isinstance(criteria["course_completed"], bool) or not isinstance(criteria["skills"], list):
        raise AchievementInvalid("criteria: course_completed must be true or false, skills a list")
    quizzes = _quizzes(criteria.get("quizzes", []))
    if not criteria["course_completed"] and not criteria["skills"] and not quizzes:
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
    return {
        "course_completed": criteria["course_completed"],
        **({"quizzes": quizzes} if quizzes else {}),
        "skills": listed,
    }


def _quizzes(quizzes: Any) -> list[str]:
    try:
        ids = [str(UUID(quiz)) for quiz in quizzes] if isinstance(quizzes, list) else None
    except (AttributeError, TypeError, ValueError):
        ids = None
    if ids is None:
        raise AchievementInvalid("criteria.quizzes: must be a list of ids of quizzes")
    if len(set(ids)) != len(ids):
        raise AchievementInvalid("criteria.quizzes: one stands twice")
    return ids


def _certified(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {"certified": True} if wanted.get("certified") else {}


def clean_texts(texts: Any) -> dict[str, dict[str, str]]:
    """The texts of a version by language, as they are stored.

    Raises:
        AchievementInvalid: they are not those of an achievement.
    """
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
