"""How trainers write the parts of a blueprint in text boxes: one thing a line. Each reads back what it writes, and takes
signs and digits of full width, as Japanese and Chinese keyboards give them.

Readers raise ValueError with a message that quotes the line and says how to write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assessments.admin.texts import titles_from
from assessments.items.kinds.base import half_width, head_and_text, lines, words

_POOL = re.compile(
    r"(?:(?P<skill>(?!level\b|easy\b|medium\b|hard\b|[x×:])\S+))?(?:\s*\blevel\s+(?P<level>\d{1,6}))?"
    r"(?:\s*\b(?P<difficulty>easy|medium|hard))?\s*(?:×|x|:|\s)\s*(?P<count>\d{1,6})",
    re.IGNORECASE,
)
_SECTION = re.compile(r"section\b(?P<titles>.*)", re.IGNORECASE)
_AT_LEAST = re.compile(r"at\s+least\s+(?P<share>\S+(?:\s*%)?)", re.IGNORECASE)
_IN_ORDER = re.compile(r"in\s+order", re.IGNORECASE)
_SKILL_LEVEL = re.compile(r"skill\s+(?P<skill>\S+)\s+level\s+(?P<level>\d{1,6})", re.IGNORECASE)
_QUIZ = re.compile(r"quiz\s+(?P<slug>\S+)", re.IGNORECASE)
_LESSONS = re.compile(r"lessons", re.IGNORECASE)
_TIME = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}"
_WINDOW = re.compile(
    rf"(?P<opens>{_TIME})\s+to\s+(?P<closes>{_TIME})\s+(?P<zone>\S+)(?:\s+for\s+(?P<cohort>\S+))?", re.IGNORECASE
)

POOL_HELP = "“AIS-A1 x 3”, “AIS-B1 level 2 hard x 4”, “level 2 x 5” or “easy x 2”"
WINDOW_HELP = "“2026-05-01 09:00 to 2026-05-08 18:00 Asia/Tokyo”, and “for class-a” at the end or not"


def share_from(text: str) -> str:
    """Read `50 %`, `0.5` or `.5` as the text of a share.

    Raises:
        ValueError: it is none of these.
    """
    number = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%|([01]?\.\d+|[01])", half_width(text).strip())
    if number is None:
        raise ValueError(f"“{text}” is not a share: write “50 %” or “0.5”")
    return f"{float(number[1]) / 100:g}" if number[1] else f"{float(number[2]):g}"


def contents_from(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Read pools, one a line, and sections: `section en: Basics | ja: 基礎`, then `in order`, `at least 50 %`, pools.

    Returns the pools and the sections, one of which is empty.

    Raises:
        ValueError: a line is none of these, or pools stand before the first section.
    """
    pools: list[dict[str, Any]] = []
    sections: list[dict[str, Any]] = []
    for line in lines(text):
        plain = half_width(line)
        heading, at_least = _SECTION.fullmatch(plain), _AT_LEAST.fullmatch(plain)
        if heading:
            # The titles stay as they were written: learners read them.
            titles = titles_from("\n".join(re.split("[|\uff5c]", line[heading.start("titles") :])))
            sections.append({"titles": titles, "pools": []})
        elif sections and _IN_ORDER.fullmatch(plain):
            sections[-1]["shuffle"] = False
        elif sections and at_least:
            sections[-1]["min_share"] = share_from(at_least["share"])
        elif sections:
            sections[-1]["pools"].append(_pool(line))
        else:
            pools.append(_pool(line))
    if pools and sections:
        raise ValueError("pools stand before the first section: put each under one")
    return pools, sections


def contents_text(pools: Sequence[Mapping[str, Any]], sections: Sequence[Mapping[str, Any]]) -> str:
    listed = [_pool_text(pool) for pool in pools]
    for section in sections:
        titles = " | ".join(f"{language}: {title}" for language, title in section["titles"].items())
        listed.append(f"section {titles}")
        listed += ["in order"] if not section.get("shuffle", True) else []
        listed += [f"at least {section['min_share']}"] if section.get("min_share") is not None else []
        listed += [_pool_text(pool) for pool in section["pools"]]
    return "\n".join(listed)


def place_of(pointer: str) -> str:
    """Say in words where in the text box of pools and sections an issue is; empty for none in particular."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "pools":
        return f"line {int(parts[1]) + 1}: " if len(parts) > 1 else ""
    phrase = f"section {int(parts[1]) + 1}" if len(parts) > 1 else ""
    if len(parts) > 3 and parts[2] == "pools":
        phrase += ", ".join(["", f"pool {int(parts[3]) + 1}", *parts[4:]])
    elif len(parts) > 2:
        phrase += f", {' '.join(parts[2:])}"
    return f"{phrase}: " if phrase else ""


def _pool(line: str) -> dict[str, Any]:
    read = _POOL.fullmatch(half_width(line))
    if read is None or not (read["skill"] or read["level"] or read["difficulty"]):
        raise ValueError(f"“{line}” is not a pool: write {POOL_HELP}, one a line")
    pool: dict[str, Any] = {"skill": read["skill"]} if read["skill"] else {}
    pool["count"] = int(read["count"])
    if read["level"]:
        pool["level"] = int(read["level"])
    if read["difficulty"]:
        pool["difficulty"] = read["difficulty"].lower()
    return pool


def _pool_text(pool: Mapping[str, Any]) -> str:
    level = f"level {pool['level']}" if pool.get("level") else None
    phrase = " ".join(part for part in (pool.get("skill"), level, pool.get("difficulty")) if part)
    return f"{phrase} x {pool['count']}"


def forms_from(text: str) -> list[dict[str, Any]]:
    """Read `A: code-1, code-2` lines."""
    forms = []
    for line in lines(text):
        name, codes = head_and_text(line)
        if codes is None or not name:
            raise ValueError(f"“{line}” is not a form: write “A: item-code, item-code”, one form a line")
        forms.append({"name": name, "items": words(codes)})
    return forms


def forms_text(forms: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{form['name']}: {', '.join(form['items'])}" for form in forms)


def minimums_from(text: str) -> dict[str, str]:
    """Read `AIS-A1: 50 %` lines."""
    minimums: dict[str, str] = {}
    for line in lines(text):
        skill, share = head_and_text(line)
        if share is None or skill in minimums:
            raise ValueError(f"“{line}” is not a minimum: write “AIS-A1: 50 %”, each skill once")
        minimums[skill] = share_from(share)
    return minimums


def minimums_text(minimums: Mapping[str, Any]) -> str:
    return "\n".join(f"{skill}: {share}" for skill, share in minimums.items())


def prerequisites_from(text: str) -> list[dict[str, Any]]:
    """Read `quiz warm-up`, `lessons` and `skill AIS-A1 level 2` lines."""
    found: list[dict[str, Any]] = []
    for line in lines(text):
        plain = half_width(line)
        skill, quiz = _SKILL_LEVEL.fullmatch(plain), _QUIZ.fullmatch(plain)
        if skill:
            found.append({"skill": skill["skill"], "level": int(skill["level"])})
        elif quiz:
            found.append({"quiz": quiz["slug"]})
        elif _LESSONS.fullmatch(plain):
            found.append({"lessons": True})
        else:
            raise ValueError(f"“{line}” is unknown: write “quiz slug”, “lessons” or “skill AIS-A1 level 2”, one a line")
    return found


def prerequisites_text(prerequisites: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(
        f"quiz {prerequisite['quiz']}"
        if "quiz" in prerequisite
        else f"skill {prerequisite['skill']} level {prerequisite['level']}"
        if "skill" in prerequisite
        else "lessons"
        for prerequisite in prerequisites
    )


def windows_from(text: str) -> list[dict[str, Any]]:
    """Read `2026-05-01 09:00 to 2026-05-08 18:00 Asia/Tokyo for class-a` lines."""
    found = []
    for line in lines(text):
        read = _WINDOW.fullmatch(half_width(line))
        if read is None:
            raise ValueError(f"“{line}” is not a window: write {WINDOW_HELP}, one a line")
        window = {"opens": read["opens"].replace(" ", "T"), "closes": read["closes"].replace(" ", "T")}
        window["zone"] = read["zone"]
        if read["cohort"]:
            window["cohort"] = read["cohort"]
        found.append(window)
    return found


def windows_text(windows: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(
        f"{window['opens'].replace('T', ' ')} to {window['closes'].replace('T', ' ')} {window['zone']}"
        + (f" for {window['cohort']}" if window.get("cohort") else "")
        for window in windows
    )
