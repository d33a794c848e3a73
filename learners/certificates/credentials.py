"""What a certificate says: an Open Badges 3.0 credential (W3C Verifiable Credentials 2.0) as a JSON value.

Every node has an id but the `IdentityObject` with the name, which Open Badges allows none: with one unnamed node the
canonical form has one possible label, so it may be filled in from a template.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs

from learners.certificates.linked_data import CONTEXTS

_PROFILE = Path(__file__).parent / "data" / "credential.schema.json"
# DigComp's own publication, for its numbered competences, which have no address each.
_DIGCOMP_URL = "https://publications.jrc.ec.europa.eu/repository/handle/JRC128415"
_RELATED = "Related to; no equivalence is claimed."


class NotACredential(ValueError):
    """The document is not a credential of this issuer's profile of Open Badges 3.0; the message names the place."""


@dataclass(frozen=True)
class Skill:
    """A skill that an achievement asks for, in the credential's language where a name is known in it."""

    code: str
    name: str
    level: int
    level_name: str
    mappings: Mapping[str, Any]


@dataclass(frozen=True)
class Certified:
    """An achievement as it is certified. `skills` holds the levels that it asks for."""

    id: UUID
    slug: str
    version: int
    language: str
    name: str
    description: str
    criteria: str
    skills: tuple[Skill, ...]
    framework: str
    framework_version: str
    level_names: Mapping[int, str]
    base_url: str


@dataclass(frozen=True)
class Issuance:
    """One award as it is put on paper. `levels` and `evidence` are the award's facts; instants are aware."""

    public_code: str
    subject_id: UUID
    name: str
    awarded_at: datetime
    valid_from: datetime
    valid_until: datetime
    levels: Mapping[str, int]
    evidence_sha256: str
    answers: int
    supervised: int


def instant(at: datetime) -> str:
    """An instant as xsd:dateTime in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def achievement_node(certified: Certified) -> dict[str, Any]:
    """The part that all certificates of an achievement in one language share."""
    node = f"urn:uuid:{certified.id}"
    return {
        "id": node,
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": certified.name,
        "description": certified.description,
        "criteria": {"id": f"{node}#criteria", "narrative": certified.criteria},
        "inLanguage": certified.language,
        "humanCode": certified.slug,
        "version": str(certified.version),
        "alignment": _alignments(certified, node),
        "resultDescription": [
            {
                "id": f"{node}#{skill.code}",
                "type": ["ResultDescription"],
                "name": skill.name,
                "resultType": "RubricCriterionLevel",
                "requiredLevel": f"{node}#{skill.code}-{skill.level}",
                "rubricCriterionLevel": [
                    {
                        "id": f"{node}#{skill.code}-{level}",
                        "type": ["RubricCriterionLevel"],
                        "level": str(level),
                        "name": name,
                    }
                    for level, name in sorted(certified.level_names.items())
                ],
            }
            for skill in certified.skills
        ],
    }


def _alignments(certified: Certified, node: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    for skill in certified.skills:
        listed.append(
            {
                "targetName": skill.name,
                "targetUrl": f"{certified.base_url}/api/v1/framework#{skill.code}-{skill.level}",
                "targetCode": skill.code,
                "targetFramework": f"{certified.framework} {certified.framework_version}",
                "targetDescription": f"{skill.level} ({skill.level_name})",
            }
        )
        for uri in skill.mappings.get("esco", ()):
            listed.append(
                {
                    "targetName": skill.name, "targetUrl": uri, "targetCode": uri.rsplit("/", 1)[-1],
                    "targetFramework": "ESCO", "targetDescription": _RELATED,
                }
            )  # fmt: skip
        for code in skill.mappings.get("digcomp", ()):
            listed.append(
                {
                    "targetName": skill.name, "targetUrl": _DIGCOMP_URL, "targetCode": code,
                    "targetFramework": "DigComp", "targetDescription": _RELATED,
                }
            )  # fmt: skip
    return [
        {"id": f"{node}#alignment-{number}", "type": ["Alignment"], **entry} for number, entry in enumerate(listed, 1)
    ]


def credential(
    issuance: Issuance, *, achievement: Mapping[str, Any], issuer: Mapping[str, Any], base_url: str
) -> dict[str, Any]:
    """The credential without its proof.

    Args:
        achievement: from `achievement_node`. issuer: from `issuer_node`.
    """
    node = f"{base_url}/verify/{issuance.public_code}"
    digest = base64.urlsafe_b64encode(bytes.fromhex(issuance.evidence_sha256)).decode().rstrip("=")
    return {
        "@context": list(CONTEXTS),
        "id": node,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement["name"],
        "issuer": issuer,
        "validFrom": instant(issuance.valid_from),
        "validUntil": instant(issuance.valid_until),
        "awardedDate": instant(issuance.awarded_at),
        "credentialSubject": {
            "id": f"urn:uuid:{issuance.subject_id}",
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": issuance.name, "identityType": "name"}
            ],
            "achievement": achievement,
            "result": [
                {
                    "id": f"{node}#{code}",
                    "type": ["Result"],
                    "resultDescription": f"{achievement['id']}#{code}",
                    "achievedLevel": f"{achievement['id']}#{code}-{level}",
                }
                for code, level in issuance.levels.items()
            ],
        },
        "evidence": [
            {
                # RFC 6920: names the set of answers that the decision rests on, without telling them.
                "id": f"ni:///sha-256;{digest}",
                "type": ["Evidence"],
                "name": "Scored answers",
                "genre": "assessment",
                "description": f"{issuance.answers} scored answers, {issuance.supervised} of them supervised.",
            }
        ],
    }


def issuer_node(*, did: str, name: str, base_url: str) -> dict[str, Any]:
    """The issuer's profile."""
    return {"id": did, "type": ["Profile"], "name": name, "url": base_url}


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(_PROFILE.read_text()), validate_formats=True)


@cache
def _published(path: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(Path(path).read_text("utf-8")))


def require_profile(document: Any, *, published: str = "") -> None:
    """Check a credential, with or without proof, against our profile of Open Badges 3.0.

    Args:
        document: the credential as JSON values.
        published: path of 1EdTech's own schema file, when the operator has a copy: checked as well.

    Raises:
        NotACredential: a member is missing, wrong or unknown.
    """
    for validator in (_validator(), *([_published(published)] if published else [])):
        try:
            errors = validator.iter_errors(document)
        except ValueError as error:  # a lone surrogate, or what is no JSON value
            raise NotACredential("/: is not a JSON value") from error
        for wrong in errors:
            place = "/".join(str(step) for step in wrong.instance_path)
            # The message of the library would quote the value, and so a name.
            raise NotACredential(f"/{place}: {'/'.join(str(step) for step in wrong.schema_path)}")
