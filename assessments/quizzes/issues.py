"""What is wrong with a blueprint, whatever the bank holds. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel.core import get_global

from assessments.items.kinds import Issue
from assessments.quizzes.rules import (
    DIFFICULTIES,
    MAX_COOL_DOWN_S,
    MAX_ITEMS,
    MAX_TIME_LIMIT_S,
    MIN_TIME_LIMIT_S,
    MODES,
    REVIEW_WHAT,
    REVIEW_WHEN,
    Blueprint,
)
from assessments.quizzes.windows import wall_time_issue, year_issue


def issues(blueprint: Blueprint, *, languages: Iterable[str]) -> list[Issue]:
    """Return everything that is wrong with a blueprint as such; empty when it can be read.

    Args:
        languages: those of the edition; each must have its titles.
    """
    languages = list(languages)
    return [
        *_content_issues(blueprint, languages),
        *_limit_issues(blueprint),
        *_pass_issues(blueprint),
        *_prerequisite_issues(blueprint.prerequisites),
        *_window_issues(blueprint),
        *_mode_issues(blueprint),
        *_title_issues(blueprint.titles, languages, "/titles"),
    ]


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_share(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return False
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        return False
    return share.is_finite() and 0 <= share <= 1 and share == round(share, 3)


_SHARE = "must be a number from 0 to 1 with at most three decimals"


def _content_issues(blueprint: Blueprint, languages: list[str]) -> Iterator[Issue]:
    pools, sections, forms = blueprint.pools, blueprint.sections, blueprint.forms
    for name, value, what in (("sections", sections, "sections"), ("forms", forms, "forms")):
        if not isinstance(value, list):
            yield Issue(f"/{name}", f"must be a list of {what}")
            return
    if (sections and forms) or (pools and (sections or forms)):
        yield Issue("/pools", "give pools, sections or forms, only one of them")
        return
    if forms:
        yield from _form_issues(forms)
    elif sections:
        for index, section in enumerate(sections):
            yield from _section_issues(section, languages, f"/sections/{index}")
    else:
        yield from _pool_issues(pools, "/pools")
    total = sum(
        pool["count"]
        for listed in (pools, *(section.get("pools") for section in sections if isinstance(section, Mapping)))
        if isinstance(listed, list)
        for pool in listed
        if isinstance(pool, Mapping) and _whole(pool.get("count"), 1, MAX_ITEMS)
    )
    if total > MAX_ITEMS:
        yield Issue("/sections" if sections else "/pools", f"draw {total} items, {MAX_ITEMS} are allowed")
    codes = blueprint.options_in_order
    if not isinstance(codes, list) or not all(isinstance(code, str) and code for code in codes):
        yield Issue("/options_in_order", "must be a list of item codes")


def _pool_issues(pools: Any, at: str) -> Iterator[Issue]:
    if not isinstance(pools, list) or not pools:
        yield Issue(at, "must be a list of pools")
        return
    seen = set()
    for index, pool in enumerate(pools):
        here = f"{at}/{index}"
        if not isinstance(pool, Mapping):
            yield Issue(here, "must be an object with skill, level, difficulty (one of them at least) and count")
            continue
        for name in sorted(set(pool) - {"skill", "level", "difficulty", "count"}):
            yield Issue(f"{here}/{name}", "is not part of a pool")
        skill, level, difficulty = pool.get("skill"), pool.get("level"), pool.get("difficulty")
        if skill is None and level is None and difficulty is None:
            yield Issue(f"{here}/skill", "is missing: a pool is of a skill, a level or a difficulty")
        if skill is not None and (not isinstance(skill, str) or not skill):
            yield Issue(f"{here}/skill", "must be a skill's code")
        if level is not None and not _whole(level, 1, 6):
            yield Issue(f"{here}/level", "must be a whole number from 1 to 6")
        if difficulty is not None and difficulty not in DIFFICULTIES:
            yield Issue(f"{here}/difficulty", f"must be one of {', '.join(DIFFICULTIES)}")
        if not _whole(pool.get("count"), 1, MAX_ITEMS):
            yield Issue(f"{here}/count", f"must be a whole number from 1 to {MAX_ITEMS}")
        if (str(skill), str(level), str(difficulty)) in seen:
            yield Issue(here, "is there twice")
        seen.add((str(skill), str(level), str(difficulty)))


def _section_issues(section: Any, languages: list[str], at: str) -> Iterator[Issue]:
    if not isinstance(section, Mapping):
        yield Issue(at, "must be an object with titles and pools")
        return
    for name in sorted(set(section) - {"titles", "pools", "shuffle", "min_share"}):
        yield Issue(f"{at}/{name}", "is not part of a section")
    yield from _title_issues(section.get("titles"), languages, f"{at}/titles")
    yield from _pool_issues(section.get("pools"), f"{at}/pools")
    if not isinstance(section.get("shuffle", True), bool):
        yield Issue(f"{at}/shuffle", "must be true or false")
    if section.get("min_share") is not None and not _is_share(section["min_share"]):
        yield Issue(f"{at}/min_share", _SHARE)


def _form_issues(forms: list[Any]) -> Iterator[Issue]:
    names: set[str] = set()
    lengths: dict[str, int] = {}
    for index, form in enumerate(forms):
        at = f"/forms/{index}"
        if not isinstance(form, Mapping) or set(form) != {"name", "items"}:
            yield Issue(at, "must be an object with name and items")
            continue
        name, codes = form["name"], form["items"]
        if not isinstance(name, str) or not name.strip() or len(name) > 40:
            yield Issue(f"{at}/name", "must be a name of at most 40 characters")
        elif name in names:
            yield Issue(f"{at}/name", "is there twice")
        else:
            names.add(name)
        if not isinstance(codes, list) or not codes or not all(isinstance(code, str) and code for code in codes):
            yield Issue(f"{at}/items", "must be a list of item codes")
            continue
        if len(set(codes)) < len(codes):
            yield Issue(f"{at}/items", "names an item twice")
        if len(codes) > MAX_ITEMS:
            yield Issue(f"{at}/items", f"has {len(codes)} items, {MAX_ITEMS} are allowed")
        lengths[str(name)] = len(codes)
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in lengths.items())
        yield Issue("/forms", f"must be equally long, for whoever has the longer one has less time ({listed})")


def _limit_issues(blueprint: Blueprint) -> Iterator[Issue]:
    if not _whole(blueprint.attempt_limit, 1, 1000):
        yield Issue("/attempt_limit", "must be a whole number from 1 to 1000")
    if not _whole(blueprint.time_limit_s, MIN_TIME_LIMIT_S, MAX_TIME_LIMIT_S):
        yield Issue("/time_limit_s", f"must be {MIN_TIME_LIMIT_S} to {MAX_TIME_LIMIT_S} seconds")
    if not _whole(blueprint.cool_down_s, 0, MAX_COOL_DOWN_S):
        yield Issue("/cool_down_s", f"must be 0 to {MAX_COOL_DOWN_S} seconds")
    for name in ("shuffle_items", "shuffle_options", "cut_at_close"):
        if not isinstance(getattr(blueprint, name), bool):
            yield Issue(f"/{name}", "must be true or false")
    for name, known in (("review_what", REVIEW_WHAT), ("review_when", REVIEW_WHEN)):
        if getattr(blueprint, name) not in known:
            yield Issue(f"/{name}", f"must be one of {', '.join(known)}")


def _pass_issues(blueprint: Blueprint) -> Iterator[Issue]:
    if not _is_share(blueprint.pass_share):
        yield Issue("/pass_share", _SHARE)
    minimums = blueprint.skill_minimums
    if not isinstance(minimums, Mapping):
        yield Issue("/skill_minimums", "must hold a share by skill")
        return
    listed = [
        *(blueprint.pools if isinstance(blueprint.pools, list) else ()),
        *(
            pool
            for section in (blueprint.sections if isinstance(blueprint.sections, list) else ())
            if isinstance(section, Mapping) and isinstance(section.get("pools"), list)
            for pool in section["pools"]
        ),
    ]
    asked = {str(pool.get("skill")) for pool in listed if isinstance(pool, Mapping)}
    for skill, share in minimums.items():
        if not _is_share(share):
            yield Issue(f"/skill_minimums/{skill}", _SHARE)
        if not blueprint.forms and skill not in asked:
            yield Issue(f"/skill_minimums/{skill}", "no pool is of this skill, so nothing of it may be asked")


def _prerequisite_issues(prerequisites: Any) -> Iterator[Issue]:
    if not isinstance(prerequisites, list):
        yield Issue("/prerequisites", "must be a list")
        return
    for index, prerequisite in enumerate(prerequisites):
        at = f"/prerequisites/{index}"
        form = frozenset(prerequisite) if isinstance(prerequisite, Mapping) else frozenset()
        if form == {"quiz"} and isinstance(prerequisite["quiz"], str) and prerequisite["quiz"]:
            continue
        if form == {"lessons"} and prerequisite["lessons"] is True:
            continue
        if (
            form == {"skill", "level"}
            and isinstance(prerequisite["skill"], str)
            and _whole(prerequisite["level"], 1, 6)
        ):
            continue
        yield Issue(at, 'must be {"quiz": slug}, {"lessons": true} or {"skill": code, "level": 1 to 6}')


def _meant_zone(written: Any) -> str:
    """What to write instead: the zone whose place was written, or how one looks."""
    place = str(written).strip().replace(" ", "_").casefold()
    meant = next((zone for zone in sorted(_zones()) if zone.casefold().rpartition("/")[2] == place), None)
    return f"write {meant}" if meant else "write one such as Asia/Tokyo"


def _window_issues(blueprint: Blueprint) -> Iterator[Issue]:
    if not isinstance(blueprint.windows, list):
        yield Issue("/windows", "must be a list of windows")
        return
    for index, window in enumerate(blueprint.windows):
        at = f"/windows/{index}"
        if not isinstance(window, Mapping) or not {"opens", "closes", "zone"} <= set(window):
            yield Issue(at, "must be an object with opens, closes, zone, and cohort or not")
            continue
        for name in sorted(set(window) - {"opens", "closes", "zone", "cohort"}):
            yield Issue(f"{at}/{name}", "is not part of a window")
        if window.get("cohort") is not None and (not isinstance(window["cohort"], str) or not window["cohort"]):
            yield Issue(f"{at}/cohort", "must be a cohort's code")
        if not isinstance(window["zone"], str) or window["zone"] not in _zones():
            yield Issue(f"{at}/zone", f"{window['zone']!r} is no time zone of a place: {_meant_zone(window['zone'])}")
            continue
        times = []
        for name in ("opens", "closes"):
            local = _wall_time(window[name])
            if local is None:
                yield Issue(f"{at}/{name}", "must be a local time without an offset: 2026-05-01T09:00")
                continue
            if (year_wrong := year_issue(local.year)) is not None:
                yield Issue(f"{at}/{name}", year_wrong)
                continue
            wrong = wall_time_issue(local, window["zone"])
            if wrong:
                yield Issue(f"{at}/{name}", wrong)
            times.append(local)
        if len(times) == 2 and times[0] >= times[1]:
            yield Issue(f"{at}/closes", "must be later than opens")
    if not blueprint.windows and blueprint.cut_at_close is True:
        yield Issue("/cut_at_close", "has nothing to cut: the quiz has no windows")
    if not blueprint.windows and blueprint.review_when == "after_window":
        yield Issue("/review_when", "the quiz has no windows to wait for")


@cache
def _zones() -> frozenset[str]:
    """The zones that clocks of a place follow, by their IANA names, and UTC.

    Without what has no clocks (`Factory`, `Etc/GMT+9`, whose sign is the other way round) and old names of whole countries
    (`Japan`, `EST`). Which is which: Unicode CLDR. Old names of cities are taken: `Asia/Saigon`.
    """
    territories, aliases = get_global("zone_territories"), get_global("zone_aliases")
    places = {zone for zone, territory in territories.items() if territory not in ("ZZ", "001")}
    cities = places | {zone for zone, now in aliases.items() if now in places and "/" in zone}
    cities -= {zone for zone in cities if zone.startswith(("Etc/", "SystemV/"))}
    return frozenset(available_timezones()) & (cities | {"UTC"})


def _wall_time(value: Any) -> datetime | None:
    try:
        local = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return None
    return local if local is not None and local.tzinfo is None else None


def _mode_issues(blueprint: Blueprint) -> Iterator[Issue]:
    if blueprint.mode not in MODES:
        yield Issue("/mode", f"must be one of {', '.join(MODES)}")
    level = blueprint.certified_level
    if blueprint.mode == "certification":
        if not _whole(level, 1, 6):
            yield Issue("/certified_level", "is missing: say which level is certified")
    elif level is not None:
        yield Issue("/certified_level", "is for the mode certification only")
    if not _is_share(blueprint.max_exposure) or not Decimal(str(blueprint.max_exposure)):
        yield Issue("/max_exposure", "must be a number above 0, at most 1, with at most three decimals")


def _title_issues(titles: Any, languages: Iterable[str], at: str) -> Iterator[Issue]:
    if not isinstance(titles, Mapping):
        yield Issue(at, "must hold a title for each language")
        return
    for language in languages:
        if not isinstance(titles.get(language), str) or not titles[language].strip():
            yield Issue(f"{at}/{language}", "is missing: the edition is offered in this language")
