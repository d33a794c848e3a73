"""What a certificate says: an Open Badges 3.0 credential (W3C Verifiable Credentials 2.0) as a JSON value.

Every node has an id but the `IdentityObject` with the name, which Open Badges allows none: with one unnamed node the
canonical form has one possible label, so it may be filled in from a template.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs

from credentials.certificates.linked_data import CONTEXTS, instant
from credentials.certificates.status_list import PURPOSES, status_list_entry

_PROFILE = Path(__file__).parent / "data" / "credential.schema.json"
# DigComp's own publication, for its numbered competences, which have no address each.
_DIGCOMP_URL = "https://publications.jrc.ec.europa.eu/repository/handle/JRC128415"
_MAX_NAME_LENGTH = 200
_NAME = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]*")
RELATED = "Related to; no equivalence is claimed."


class NotACredential(ValueError):
    """The document is not a credential of this issuer's profile of Open Badges 3.0; the message has the path in it."""


@dataclass(frozen=True)
class Skill:
    """A skill that an achievement asks for, in the credential's language where a name is known in it."""

    code: str
    name: str
    level: int
    level_name: str
    case_id: UUID
    mappings: Mapping[str, Any]


@dataclass(frozen=True)
class Certified:
    """An achievement as it is certified, in one language of `languages`. `skills` holds the levels that it asks for."""

    id: UUID
    slug: str
    version: int
    language: str
    languages: tuple[str, ...]
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
    """One award as it is put on paper. `levels` and what follows are the award's facts; instants are aware.

    status_index: its index in the lists of `status_list`. supervised: of `answers` so many.
    """

    public_code: str
    subject_id: UUID
    name: str
    awarded_at: datetime
    valid_from: datetime
    valid_until: datetime
    status_index: int
    levels: Mapping[str, int]
    evidence_sha256: str
    answers: int
    supervised: int


def achievement_address(base_url: str, achievement_id: UUID, language: str) -> str:
    """Where an achievement is published in a language; also the id of its node in a credential."""
    return f"{base_url}/achievements/{achievement_id}/{language}"


def achievement_node(certified: Certified) -> dict[str, Any]:
    """The part that all certificates of an achievement in one language share."""
    node = achievement_address(certified.base_url, certified.id, certified.language)
    return {
        "id": node,
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": certified.name,
        "description": certified.description,
        "criteria": {"id": f"{node}#criteria", "narrative": certified.criteria},
        "inLanguage": certified.language,
        "related": [
            {
                "id": achievement_address(certified.base_url, certified.id, language),
                "type": ["Related"],
                "inLanguage": language,
                "version": str(certified.version),
            }
            for language in sorted(certified.languages)
            if language != certified.language
        ],
        "humanCode": certified.slug,
        "version": str(certified.version),
        "alignment": alignments(
            certified.skills,
            node=node,
            framework=certified.framework,
            version=certified.framework_version,
            base_url=certified.base_url,
        ),
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


def alignments(
    skills: Sequence[Skill], *, node: str, framework: str, version: str, base_url: str
) -> list[dict[str, Any]]:
    """Where skills stand in the published framework, and what they are related to in others.

    Args:
        node: the id of what is aligned; the alignments have theirs below it.
    """
    listed: list[dict[str, Any]] = []
    for skill in skills:
        listed.append(
            {
                "targetName": skill.name,
                "targetUrl": f"{base_url}/ims/case/v1p1/CFItems/{skill.case_id}",
                "targetCode": skill.code,
                "targetType": "CFItem",
                "targetFramework": f"{framework} {version}",
                "targetDescription": f"{skill.level} ({skill.level_name})",
            }
        )
        for uri in skill.mappings.get("esco", ()):
            listed.append(
                {
                    "targetName": skill.name,
                    "targetUrl": uri,
                    "targetCode": uri.rsplit("/", 1)[-1],
                    "targetFramework": "ESCO",
                    "targetDescription": RELATED,
                }
            )
        for code in skill.mappings.get("digcomp", ()):
            listed.append(
                {
                    "targetName": skill.name,
                    "targetUrl": _DIGCOMP_URL,
                    "targetCode": code,
                    "targetFramework": "DigComp",
                    "targetDescription": RELATED,
                }
            )
    mark = "-" if "#" in node else "#"
    return [
        {"id": f"{node}{mark}alignment-{number}", "type": ["Alignment"], **entry}
        for number, entry in enumerate(listed, 1)
    ]


def credential(
    issuance: Issuance,
    *,
    achievement: Mapping[str, Any],
    issuer: Mapping[str, Any],
    status_list: str,
    base_url: str,
    suspendable: bool = True,
) -> dict[str, Any]:
    """The credential without its proof.

    Args:
        achievement: from `achievement_node`. issuer: from `issuer_node`. status_list: from `status_list_address`.
        suspendable: with an entry in the suspension list beside that in the revocation list. Open Badges 3.0 has room for
            one entry only, Verifiable Credentials 2.0 for several (decision 0048).
    """
    node = f"{base_url}/verify/{issuance.public_code}"
    entries = [
        status_list_entry(
            url=f"{status_list}/{purpose}",
            purpose=purpose,
            index=issuance.status_index,
            node=f"{status_list}/{purpose}#{issuance.status_index}",
        )
        for purpose in PURPOSES
    ]
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
        "credentialStatus": entries if suspendable else entries[0],
        "evidence": [
            {
                # RFC 6920: names the set of answers that the decision rests on, without telling them.
                "id": f"ni:///sha-256;{short_digest(issuance.evidence_sha256)}",
                "type": ["Evidence"],
                "name": "Scored answers",
                "genre": genre(issuance.answers, issuance.supervised),
                "description": described(issuance.answers, issuance.supervised),
            }
        ],
    }


def status_list_address(base_url: str, issuer: str, number: int) -> str:
    """Where a pair of status lists is published; each list below it, under the name of its purpose."""
    return f"{base_url}/status/{issuer}/{number}"


def short_digest(sha256: str) -> str:
    """A SHA-256 in hex as RFC 6920 writes it: base64url without padding."""
    return base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def described(answers: int, supervised: int) -> str:
    """What the evidence is, in words."""
    return f"{answers} scored answers, {supervised} of them supervised."


def genre(answers: int, supervised: int) -> str:
    """Whether the evidence was taken under supervision, all, in part or not at all."""
    if not supervised:
        return "unsupervised assessment"
    return "supervised assessment" if supervised == answers else "partly supervised assessment"


def issuer_node(*, did: str, name: str, base_url: str) -> dict[str, Any]:
    """The issuer's profile."""
    return {"id": did, "type": ["Profile"], "name": name, "url": base_url}


def require_name(name: str) -> None:
    """Check that a name may stand on a certificate: what `require_profile` asks of it.

    Raises:
        NotACredential: it is empty, too long, or has control characters or halves of surrogates. It is not quoted.
    """
    if not name or len(name) > _MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        raise NotACredential("/credentialSubject/identifier/0/identityHash: is no name")


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
            path = "/".join(str(step) for step in wrong.instance_path)
            # The message of the library would quote the value, and so a name.
            raise NotACredential(f"/{path}: {'/'.join(str(step) for step in wrong.schema_path)}")
