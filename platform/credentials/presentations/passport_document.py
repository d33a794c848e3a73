"""The content of a passport: a Comprehensive Learner Record 2.0 (1EdTech) as a JSON value. Pure: no clock, no database.

Each certificate is in it as it was signed, and verifies alone. The levels that the learner holds are beside them as
achievements of the framework, exactly as high as they are held; related skills of other frameworks are given as related.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from credentials.certificates.credentials import RELATED, Skill, alignments
from credentials.certificates.linked_data import CLR_CONTEXT, CONTEXTS, instant


@dataclass(frozen=True)
class HeldSkill:
    """A skill at the level that the learner holds. mappings: to other frameworks, from the framework's own data."""

    code: str
    name: str
    level: int
    level_name: str
    statement: str
    case_id: UUID
    mappings: Mapping[str, Any]


@dataclass(frozen=True)
class Contents:
    """What goes into a passport. certificates: the texts as they were signed, each a JSON object with its proof."""

    name: str
    certificates: Sequence[str]
    skills: Sequence[HeldSkill]
    framework: str
    framework_version: str


def passport(
    contents: Contents,
    *,
    passport_id: UUID,
    subject_id: UUID,
    issuer: Mapping[str, Any],
    valid_from: datetime,
    valid_until: datetime,
    base_url: str,
) -> dict[str, Any]:
    """The record without its proof.

    Args:
        issuer: from `credentials.certificates.credentials.issuer_node`.
    """
    embedded = [orjson.loads(text) for text in contents.certificates]
    ids = {skill.code: skill_address(skill, base_url) for skill in contents.skills}
    subject: dict[str, Any] = {
        "id": f"urn:uuid:{subject_id}",
        "type": ["ClrSubject"],
        "identifier": [
            {"type": "IdentityObject", "hashed": False, "identityHash": contents.name, "identityType": "name"}
        ],
        "verifiableCredential": embedded,
    }
    if contents.skills:
        subject["achievement"] = [_achievement(skill, contents, base_url) for skill in contents.skills]
    associations = _associations(embedded, ids)
    if associations:
        subject["association"] = associations
    return {
        "@context": [*CONTEXTS, CLR_CONTEXT],
        "id": f"urn:uuid:{passport_id}",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "AI skills passport",
        "issuer": issuer,
        "validFrom": instant(valid_from),
        "validUntil": instant(valid_until),
        "credentialSubject": subject,
    }


def skill_address(skill: HeldSkill, base_url: str) -> str:
    """The id of a level of a skill: below the skill's item in the published framework."""
    return f"{base_url}/ims/case/v1p1/CFItems/{skill.case_id}#level-{skill.level}"


def as_text(document: Mapping[str, Any], certificates: Sequence[str]) -> str:
    """A passport as JSON in which each certificate stands byte for byte as it was signed."""
    subject = {
        **document["credentialSubject"],
        "verifiableCredential": [orjson.Fragment(text) for text in certificates],
    }
    return orjson.dumps({**document, "credentialSubject": subject}).decode()


def _achievement(skill: HeldSkill, contents: Contents, base_url: str) -> dict[str, Any]:
    node = skill_address(skill, base_url)
    aligned = Skill(skill.code, skill.name, skill.level, skill.level_name, skill.case_id, skill.mappings)
    listed = alignments(
        [aligned], node=node, framework=contents.framework, version=contents.framework_version, base_url=base_url
    )
    for number, entry in enumerate(_national(skill), len(listed) + 1):
        listed.append({"id": f"{node}-alignment-{number}", "type": ["Alignment"], **entry})
    return {
        "id": node,
        "type": ["Achievement"],
        "achievementType": "Competency",
        "name": f"{skill.name}: {skill.level} ({skill.level_name})",
        "description": skill.statement,
        "criteria": {
            "id": f"{node}-criteria",
            "narrative": f"Level {skill.level} ({skill.level_name}) is held in {contents.framework} "
            f"{contents.framework_version} at the date of this record. No higher level is claimed in any framework.",
        },
        "humanCode": skill.code,
        "alignment": listed,
    }


# Frameworks of states and of organisations of states that the framework's data maps to: key there, name, publication.
_NATIONAL = (
    ("dss_l", "Digital Skill Standard (Japan): literacy", "https://www.ipa.go.jp/jinzai/skill-standard/dss/"),
    ("dss_p", "Digital Skill Standard (Japan): practitioners", "https://www.ipa.go.jp/jinzai/skill-standard/dss/"),
    ("unesco_ai_cfs", "UNESCO AI competency framework for students", "https://doi.org/10.54675/JKJB9835"),
)


def _national(skill: HeldSkill) -> list[dict[str, Any]]:
    """Alignments without a level: related is all that is said, and only national bodies can say more."""
    return [
        {
            "targetName": skill.name,
            "targetUrl": url,
            "targetCode": code,
            "targetFramework": framework,
            "targetDescription": RELATED,
        }
        for key, framework, url in _NATIONAL
        for code in skill.mappings.get(key, ())
    ]


def _associations(embedded: Sequence[Mapping[str, Any]], ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """Which certified achievement asks for which skill; each pair once."""
    pairs = set()
    for entry in embedded:
        achievement = entry["credentialSubject"]["achievement"]
        for description in achievement["resultDescription"]:
            code = description["id"].rpartition("#")[2]
            if code in ids:
                pairs.add((achievement["id"], ids[code]))
    return [
        {"type": ["Association"], "associationType": "isRelatedTo", "sourceId": source, "targetId": target}
        for source, target in sorted(pairs)
    ]
