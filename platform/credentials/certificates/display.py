"""A certificate for people, in a language; used by its page and its PDF."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import segno
from django.utils import translation
from django.utils.formats import date_format

from common.languages import canonical, lookup
from courses import public as courses
from credentials.certificates.models import AchievementVersion

# Languages whose readers count years in another era beside the common one: years to add, and how both are written.
ERAS: Mapping[str, tuple[int, str]] = {"th": (543, "{day_and_month} พ.ศ. {era_year} (ค.ศ. {year})")}
# Django knows no names of months in these; the ISO form is read everywhere.
_WITHOUT_MONTHS = frozenset({"fil", "lo", "my", "tet"})


@dataclass(frozen=True)
class SkillDisplay:
    code: str
    name: str
    name_language: str
    level: str
    level_name: str


@dataclass(frozen=True)
class CertificateDisplay:
    """What a certificate shows. Everything but the labels of levels and the translations comes from what was signed."""

    language: str
    name: str
    name_language: str
    achievement: str
    achievement_language: str
    signed_achievement: str
    signed_language: str
    description: str
    skills: tuple[SkillDisplay, ...]
    issuer: str
    issued_at: datetime
    issued_on: str
    valid_until: datetime
    valid_until_on: str
    address: str


def day(instant: datetime, language: str) -> str:
    """The day of an instant (UTC) as the language's readers write it."""
    if language in _WITHOUT_MONTHS:
        return instant.date().isoformat()
    with translation.override(language):
        if language in ERAS:
            years, pattern = ERAS[language]
            return pattern.format(
                day_and_month=date_format(instant, "j F"), era_year=instant.year + years, year=instant.year
            )
        # Django writes English dates as in the United States, which the rest of the readers of English find odd.
        return str(date_format(instant, "j F Y" if language == "en" else "DATE_FORMAT", use_l10n=True))


def display_of(document: Mapping[str, Any], version: AchievementVersion, language: str) -> CertificateDisplay:
    """Put a verified credential into words of `language` (a code of settings.LANGUAGES), as far as there are any."""
    subject = document["credentialSubject"]
    signed = subject["achievement"]
    texts_language = lookup([language, "en", signed["inLanguage"]], list(version.texts)) or signed["inLanguage"]
    texts = version.texts.get(texts_language, {})
    issued_at, valid_until = (datetime.fromisoformat(document[name]) for name in ("validFrom", "validUntil"))
    return CertificateDisplay(
        language=canonical(language),
        name=subject["identifier"][0]["identityHash"],
        name_language=signed["inLanguage"],
        achievement=texts.get("name", signed["name"]),
        achievement_language=texts_language,
        signed_achievement=signed["name"],
        signed_language=signed["inLanguage"],
        description=texts.get("description", signed["description"]),
        skills=tuple(_skills(document, language)),
        issuer=document["issuer"]["name"],
        issued_at=issued_at,
        issued_on=day(issued_at, language),
        valid_until=valid_until,
        valid_until_on=day(valid_until, language),
        address=document["id"],
    )


def _skills(document: Mapping[str, Any], language: str) -> list[SkillDisplay]:
    names = courses.framework().level_names
    subject = document["credentialSubject"]
    described = {description["id"]: description for description in subject["achievement"]["resultDescription"]}
    listed = []
    for result in subject["result"]:
        description = described[result["resultDescription"]]
        levels = {level["id"]: level for level in description["rubricCriterionLevel"]}
        level = levels[result["achievedLevel"]]
        by_language = names.get(int(level["level"]), {})
        # English where the visitor's language has none: more people read it than the language that was signed.
        found = lookup([language, "en"], list(by_language))
        listed.append(
            SkillDisplay(
                code=description["id"].rpartition("#")[2],
                name=description["name"],
                name_language="en",
                level=level["level"],
                level_name=by_language[found] if found else level["name"],
            )
        )
    return listed


@lru_cache(maxsize=512)
def qr_svg(address: str, *, scale: float | None = None) -> str:
    """The address as a QR code (error correction M) in one SVG path, black on transparent with its quiet zone."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=scale is not None,
        omitsize=scale is None,
        border=2,
        scale=scale or 1,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return drawn.getvalue().decode()
