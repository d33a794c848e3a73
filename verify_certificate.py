#!/usr/bin/env python3
"""Check a certificate of the AI Skills Platform without its server, without a network and without any library.

    python verify_certificate.py FILE --keys did.json [--status-list FILE ...] [--log-proof FILE] [--at INSTANT]

FILE is the credential (JSON), the PDF it is attached to, a PNG or SVG it is baked into, or a text file with what the QR
code holds. The keys are the DID document of the issuing authority, best taken from its own site: the address is printed
when they are missing. Status lists are the two addresses that stand in the credential.

What is checked: the form, the signature (W3C eddsa-rdfc-2022 over RDF statements, written out here for this one profile),
that the key signed in its time, the dates, and the lists that are given. What was not checked is said at the end.

Exit codes: 0 valid, 10 expired, 11 suspended, 12 revoked, 14 tampered, 15 unknown (no certificate), 16 unknown issuer,
17 not decided, because no keys were given; 2 wrong use.

Needs Python 3.9 and nothing else. Written independently of the platform's own code, which tests hold against it.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

EXIT_CODES = {
    "valid": 0,
    "expired": 10,
    "suspended": 11,
    "revoked": 12,
    "tampered": 14,
    "unknown": 15,
    "unknown_issuer": 16,
    "no_keys": 17,
}
MAX_BYTES = 4 * 1024 * 1024
MAX_TEXT = 256 * 1024
SKEW = timedelta(minutes=5)
UTC = timezone.utc  # noqa: UP017 - for Pythons before 3.11


class Wrong(Exception):
    """Why a document is not genuine, or no document of ours."""

    def __init__(self, verdict: str, why: str) -> None:
        super().__init__(why)
        self.verdict, self.why = verdict, why


class Result(NamedTuple):
    """The verdict with its reason; what the certificate says, if it is genuine; what nobody looked at."""

    verdict: str
    why: str
    says: dict[str, str]
    unchecked: list[str]


# --- Ed25519 (RFC 8032, section 5.1), verification only -------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_I = pow(2, (_P - 1) // 4, _P)
_Point = tuple  # extended coordinates: x, y, z, x*y/z


def _add(p: _Point, q: _Point) -> _Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(factor: int, p: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, p)
        p, factor = _add(p, p), factor >> 1
    return total


def _decoded(raw: bytes) -> _Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _I % _P
    if (x * x - square) % _P or (not x and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _encoded(p: _Point) -> bytes:
    inverse = pow(p[2], _P - 2, _P)
    x, y = p[0] * inverse % _P, p[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _decoded((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def ed25519_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature of 64 bytes holds for the message and the public key of 32."""
    point, s = _decoded(public_key), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or _BASE is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _L
    negative = (_P - point[0], point[1], point[2], _P - point[3])
    return _encoded(_add(_times(s, _BASE), _times(k, negative))) == signature[:32]


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58_decoded(text: str) -> bytes:
    """Bitcoin's base 58, as multibase's `z` has it; b"" for what is none."""
    number = 0
    for letter in text:
        place = _BASE58.find(letter)
        if place < 0:
            return b""
        number = number * 58 + place
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


# --- The profile: which members there are, and which RDF statement each one is -----------------------------------------

_OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_VC = "https://www.w3.org/2018/credentials#"
_STATUS = "https://www.w3.org/ns/credentials/status#"
_SCHEMA = "https://schema.org/"
_SEC = "https://w3id.org/security#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
# As Open Badges' own context spells it.
_XSD_OF_OB = "https://www.w3.org/2001/XMLSchema#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
CONTEXTS = [VC_CONTEXT, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]


class Member(NamedTuple):
    """How a member becomes a statement.

    form: text, iri, uri (a literal), instant, false, did, language, digits, node, nodes, node or nodes, link (an id
    without a node).
    """

    predicate: str
    form: str
    kind: str = ""
    only: str | None = None
    most: int = 4000
    fewest: int = 0
    datatype: str = ""


class Kind(NamedTuple):
    """A sort of node: its `type` member as it must stand, the classes that says, its members."""

    type: Any
    classes: tuple[str, ...]
    members: dict[str, Member]
    has_id: bool = True
    optional: frozenset[str] = frozenset()


def _name() -> Member:
    return Member(_SCHEMA + "name", "text")


def _iri_text(predicate: str, form: str = "uri") -> Member:
    return Member(predicate, form, datatype=_XSD_OF_OB + "anyURI")


_VALID = {
    "validFrom": Member(_VC + "validFrom", "instant", datatype=_XSD + "dateTime"),
    "validUntil": Member(_VC + "validUntil", "instant", datatype=_XSD + "dateTime"),
}
KINDS: dict[str, Kind] = {
    "credential": Kind(
        ["VerifiableCredential", "OpenBadgeCredential"],
        (_VC + "VerifiableCredential", _OB + "OpenBadgeCredential"),
        {
            "name": _name(),
            "issuer": Member(_VC + "issuer", "node", "issuer"),
            **_VALID,
            # The context that Open Badges publishes names this type so, without the prefix it means.
            "awardedDate": Member(_OB + "awardedDate", "instant", datatype="xsd:dateTime"),
            "credentialSubject": Member(_VC + "credentialSubject", "node", "subject"),
            "credentialStatus": Member(_VC + "credentialStatus", "node or nodes", "entry", most=2, fewest=2),
            "evidence": Member(_VC + "evidence", "nodes", "evidence", most=1, fewest=1),
        },
    ),
    "issuer": Kind(["Profile"], (_OB + "Profile",), {"name": _name(), "url": _iri_text(_SCHEMA + "url")}),
    "subject": Kind(
        ["AchievementSubject"],
        (_OB + "AchievementSubject",),
        {
            "identifier": Member(_OB + "identifier", "nodes", "identity", most=1, fewest=1),
            "achievement": Member(_OB + "achievement", "node", "achievement"),
            "result": Member(_OB + "result", "nodes", "result", most=50),
        },
    ),
    "identity": Kind(
        "IdentityObject",
        (_OB + "IdentityObject",),
        {
            "hashed": Member(_OB + "hashed", "false", datatype=_XSD_OF_OB + "boolean"),
            "identityHash": Member(_OB + "identityHash", "text", most=200),
            "identityType": Member(_OB + "identityType", "text", only="name"),
        },
        has_id=False,
    ),
    "achievement": Kind(
        ["Achievement"],
        (_OB + "Achievement",),
        {
            "achievementType": Member(_OB + "achievementType", "text", only="Certificate"),
            "name": _name(),
            "description": Member(_SCHEMA + "description", "text"),
            "criteria": Member(_OB + "Criteria", "node", "criteria"),
            "inLanguage": Member(_SCHEMA + "inLanguage", "language"),
            "related": Member(_OB + "related", "nodes", "related", most=60),
            "humanCode": Member(_OB + "humanCode", "text"),
            "version": Member(_OB + "version", "text"),
            "alignment": Member(_OB + "alignment", "nodes", "alignment", most=500),
            "resultDescription": Member(_OB + "resultDescription", "nodes", "description", most=50),
        },
    ),
    "criteria": Kind(None, (), {"narrative": Member(_OB + "narrative", "text")}),
    "related": Kind(
        ["Related"],
        (_OB + "Related",),
        {"inLanguage": Member(_SCHEMA + "inLanguage", "language"), "version": Member(_OB + "version", "text")},
    ),
    "alignment": Kind(
        ["Alignment"],
        (_SCHEMA + "AlignmentObject",),
        {
            "targetName": Member(_SCHEMA + "targetName", "text"),
            "targetUrl": _iri_text(_SCHEMA + "targetUrl"),
            "targetCode": Member(_OB + "targetCode", "text"),
            "targetType": Member(_OB + "targetType", "text", only="CFItem"),
            "targetFramework": Member(_SCHEMA + "targetFramework", "text"),
            "targetDescription": Member(_SCHEMA + "targetDescription", "text"),
        },
        optional=frozenset({"targetType"}),
    ),
    "description": Kind(
        ["ResultDescription"],
        (_OB + "ResultDescription",),
        {
            "name": _name(),
            "resultType": Member(_OB + "resultType", "text", only="RubricCriterionLevel"),
            "requiredLevel": _iri_text(_OB + "requiredLevel"),
            "rubricCriterionLevel": Member(_OB + "rubricCriterionLevel", "nodes", "level", most=10, fewest=1),
        },
    ),
    "level": Kind(
        ["RubricCriterionLevel"],
        (_OB + "RubricCriterionLevel",),
        {"level": Member(_OB + "level", "text"), "name": _name()},
    ),
    "result": Kind(
        ["Result"],
        (_OB + "Result",),
        {
            "resultDescription": _iri_text(_OB + "resultDescription"),
            "achievedLevel": _iri_text(_OB + "achievedLevel"),
        },
    ),
    "entry": Kind(
        "BitstringStatusListEntry",
        (_STATUS + "BitstringStatusListEntry",),
        {
            "statusPurpose": Member(_STATUS + "statusPurpose", "text"),
            "statusListIndex": Member(_STATUS + "statusListIndex", "digits"),
            "statusListCredential": Member(_STATUS + "statusListCredential", "link"),
        },
    ),
    "evidence": Kind(
        ["Evidence"],
        (_OB + "Evidence",),
        {
            "name": _name(),
            "genre": Member(_SCHEMA + "genre", "text"),
            "description": Member(_SCHEMA + "description", "text"),
        },
    ),
    "list credential": Kind(
        ["VerifiableCredential", "BitstringStatusListCredential"],
        (_VC + "VerifiableCredential", _STATUS + "BitstringStatusListCredential"),
        {
            "issuer": Member(_VC + "issuer", "did"),
            **_VALID,
            "credentialSubject": Member(_VC + "credentialSubject", "node", "list"),
        },
    ),
    "list": Kind(
        "BitstringStatusList",
        (_STATUS + "BitstringStatusList",),
        {
            "statusPurpose": Member(_STATUS + "statusPurpose", "text"),
            "encodedList": Member(_STATUS + "encodedList", "text", most=2 * 1024 * 1024, datatype=_SEC + "multibase"),
        },
    ),
}

_TEXT = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]+")
# Of these schemes only: what looks like a prefix of a context would be read as one by JSON-LD.
_IRI = re.compile(r"(?:https?|urn|did|ni):[^\s<>\"{}|\\^`\x00-\x20\ud800-\udfff]+")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_FORMS = {
    "iri": _IRI,
    "uri": _IRI,
    "link": _IRI,
    "instant": _INSTANT,
    "text": _TEXT,
    "did": re.compile(r"did:web:[A-Za-z0-9.%:_-]+"),
    "language": re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"),
    "digits": re.compile(r"0|[1-9][0-9]{0,5}"),
}


def _string(value: Any, member: Member, place: str) -> str:
    most = member.most if member.form == "text" else 500
    if not isinstance(value, str) or len(value) > most or not _FORMS[member.form].fullmatch(value):
        raise Wrong("tampered", f"{place} is not of the profile")
    if member.only is not None and value != member.only:
        raise Wrong("tampered", f"{place} is not of the profile")
    if member.form == "instant":
        instant_of(value)
    return value


def _literal(text: str, datatype: str) -> str:
    # What else canonical N-Quads escape stands in no text of the profile.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"^^<{datatype}>' if datatype else f'"{escaped}"'


def _node(value: Any, kind_name: str, place: str, quads: list[str], seen: set[str]) -> str:
    """Append the statements about a node, and return how it is called."""
    kind = KINDS[kind_name]
    if not isinstance(value, dict):
        raise Wrong("tampered", f"{place} is not of the profile")
    wanted = {*kind.members, *(["id"] if kind.has_id else []), *(["type"] if kind.type is not None else [])}
    for name in sorted((value.keys() ^ wanted) - kind.optional):
        raise Wrong("tampered", f"{place}: the member {name!r} {'is not one' if name in value else 'is missing'}")
    if kind.type is not None and value["type"] != kind.type:
        raise Wrong("tampered", f"{place}/type is not of the profile")
    called = "_:c14n0"
    if kind.has_id:
        form = "did" if kind_name == "issuer" else "iri"
        identifier = _string(value["id"], Member("", form), f"{place}/id")
        if identifier in seen:
            # To RDF two nodes of one name are one; a reader would see two.
            raise Wrong("tampered", f"{place}/id stands twice")
        seen.add(identifier)
        called = f"<{identifier}>"
    quads += [f"{called} {_TYPE} <{entry}> ." for entry in kind.classes]
    for name, member in kind.members.items():
        if name not in value:
            continue
        where, given = f"{place}/{name}", value[name]
        if member.form == "node or nodes" and isinstance(given, dict):
            objects = [_node(given, member.kind, where, quads, seen)]
        elif member.form in ("nodes", "node or nodes"):
            if not isinstance(given, list) or not member.fewest <= len(given) <= member.most:
                raise Wrong("tampered", f"{where} is not of the profile")
            objects = [_node(entry, member.kind, f"{where}/{at}", quads, seen) for at, entry in enumerate(given)]
        elif member.form == "node":
            objects = [_node(given, member.kind, where, quads, seen)]
        elif member.form == "false":
            if given is not False:
                raise Wrong("tampered", f"{where} is not of the profile")
            objects = [_literal("false", member.datatype)]
        elif member.form in ("link", "did"):
            objects = [f"<{_string(given, member, where)}>"]
        else:
            objects = [_literal(_string(given, member, where), member.datatype)]
        quads += [f"{called} <{member.predicate}> {row} ." for row in objects]
    return called


def _digest(quads: list[str]) -> bytes:
    return hashlib.sha256("".join(f"{quad}\n" for quad in sorted(set(quads))).encode()).digest()


_PROOF = ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
_METHOD = re.compile(r"did:web:[A-Za-z0-9.%:_-]+#z[1-9A-HJ-NP-Za-km-z]+")


def _proof_of(document: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """The one proof, and the digest of what it says of itself."""
    proofs = document.get("proof")
    proof = proofs[0] if isinstance(proofs, list) and len(proofs) == 1 else None
    if (
        not isinstance(proof, dict)
        or set(proof) != set(_PROOF)
        or not all(isinstance(entry, str) for entry in proof.values())
        or (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
        != ("DataIntegrityProof", "eddsa-rdfc-2022", "assertionMethod")
        or not _METHOD.fullmatch(proof["verificationMethod"])
        or not _INSTANT.fullmatch(proof["created"])
    ):
        raise Wrong("tampered", "/proof is not of the profile")
    created = _literal(proof["created"], _XSD + "dateTime")
    suite = _literal(proof["cryptosuite"], _SEC + "cryptosuiteString")
    return proof, _digest(
        [
            f"_:c14n0 {_TYPE} <{_SEC}DataIntegrityProof> .",
            f"_:c14n0 <http://purl.org/dc/terms/created> {created} .",
            f"_:c14n0 <{_SEC}cryptosuite> {suite} .",
            f"_:c14n0 <{_SEC}proofPurpose> <{_SEC}assertionMethod> .",
            f"_:c14n0 <{_SEC}verificationMethod> <{proof['verificationMethod']}> .",
        ]
    )


# --- Keys ------------------------------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A key of a DID document, and the time in which it signs."""

    id: str
    did: str
    raw: bytes
    valid_from: datetime | None
    valid_until: datetime | None

    def signed_at(self, instant: datetime) -> bool:
        after = self.valid_from is None or self.valid_from - SKEW <= instant
        return after and (self.valid_until is None or instant <= self.valid_until + SKEW)


def keys_of(documents: list[Any]) -> list[Key]:
    """The Ed25519 keys that DID documents publish for assertions.

    Raises:
        ValueError: one is no DID document.
    """
    found = []
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise ValueError("a file of keys is no DID document")
        for method in document.get("verificationMethod", []):
            raw = base58_decoded(str(method.get("publicKeyMultibase", ""))[1:])
            asserts = method.get("id") in document.get("assertionMethod", [])
            if asserts and method.get("controller") == document["id"] and raw[:2] == b"\xed\x01" and len(raw) == 34:
                times = [method.get(value) for value in ("validFrom", "validUntil")]
                begins, ends = (instant_of(time) if time else None for time in times)
                found.append(Key(method["id"], document["id"], raw[2:], begins, ends))
    return found


def address_of(did: str) -> str:
    """Where a did:web publishes its DID document."""
    parts = did.split(":")[2:]
    host = parts[0].replace("%3A", ":")
    return f"https://{host}/{'/'.join(parts[1:]) or '.well-known'}/did.json"


def instant_of(text: str) -> datetime:
    try:
        return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Wrong("tampered", "an instant is none") from None


def _require_signed(document: dict[str, Any], issuer: str, kind: str, contexts: list[str], keys: list[Key]) -> None:
    """Check that a key of the issuer signed the document as it stands.

    Raises:
        Wrong: it did not.
    """
    if document.get("@context") != contexts:
        raise Wrong("tampered", "/@context is not of the profile")
    quads: list[str] = []
    content = {name: value for name, value in document.items() if name not in ("@context", "proof")}
    _node(content, kind, "", quads, set())
    proof, options = _proof_of(document)
    key = next((entry for entry in keys if entry.id == proof["verificationMethod"] and entry.did == issuer), None)
    if key is None:
        raise Wrong("tampered", "it names none of the issuer's keys")
    if not key.signed_at(instant_of(proof["created"])):
        raise Wrong("tampered", "the key did not sign at that time")
    value = proof["proofValue"]
    signature = base58_decoded(value[1:]) if value.startswith("z") and len(value) < 100 else b""
    if not ed25519_holds(key.raw, signature, options + _digest(quads)):
        raise Wrong("tampered", "the signature does not match")


# --- Verdicts --------------------------------------------------------------------------------------------------------------


def read_json(text: str) -> Any:
    """JSON in which no member stands twice; readers differ in which of two they take.

    Raises:
        Wrong: it is none.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise ValueError("a member stands twice")
        return made

    def refuse(name: str) -> Any:
        raise ValueError(name)

    try:
        return json.loads(text, object_pairs_hook=members, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Wrong("unknown", "it is not JSON") from None


def _issuer_of(document: Any) -> str:
    issuer = document.get("issuer") if isinstance(document, dict) else None
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(did, str) or "proof" not in document:
        raise Wrong("unknown", "it is not a signed credential")
    return did


def verify(text: str, keys: list[Key], lists: list[Any] | None = None, *, now: datetime) -> Result:
    """Judge a credential's text, or that of a QR code.

    Args:
        keys: from `keys_of`; without any nothing is decided. lists: status list credentials, as read.
    """
    try:
        if re.fullmatch(r"\s*(?:https?://\S+/verify/q/)?[A-Z2-7]{150,}\s*", text, re.IGNORECASE):
            return _verify_compact(text, keys, now)
        document = read_json(text)
        issuer = _issuer_of(document)
        if not keys:
            return Result("no_keys", f"get the issuer's keys from {address_of(issuer)}", {}, ["the signature"])
        if issuer not in {key.did for key in keys}:
            raise Wrong("unknown_issuer", f"none of the keys given are those of {issuer}")
        _require_signed(document, issuer, "credential", CONTEXTS, keys)
        if [entry["statusPurpose"] for entry in _entries(document)] not in (
            ["revocation", "suspension"],
            ["revocation"],
        ):
            raise Wrong("tampered", "/credentialStatus is not of the profile")
    except Wrong as wrong:
        return Result(wrong.verdict, wrong.why, {}, [])
    subject = document["credentialSubject"]
    levels = {
        level["id"]: f"{skill['name']}: {level['name']} ({level['level']})"
        for skill in subject["achievement"]["resultDescription"]
        for level in skill["rubricCriterionLevel"]
    }
    says = {
        "name": subject["identifier"][0]["identityHash"],
        "achievement": subject["achievement"]["name"],
        "skills": "; ".join(levels.get(entry["achievedLevel"], entry["achievedLevel"]) for entry in subject["result"]),
        "issuer": f"{document['issuer']['name']} ({issuer})",
        "valid from": document["validFrom"],
        "valid until": document["validUntil"],
        "address": document["id"],
    }
    verdict, why, unchecked = _status(document, issuer, keys, lists or [], now)
    if not verdict:
        verdict, why = _dates(document["validFrom"], document["validUntil"], now)
    return Result(verdict, why, says, [*unchecked, "whether the keys are the issuer's own", _LOG])


def _dates(begins: str, ends: str, now: datetime) -> tuple[str, str]:
    if now >= instant_of(ends):
        return "expired", f"it was valid until {ends}"
    if now + SKEW < instant_of(begins):
        return "tampered", f"it is dated in the future: {begins}"
    return "valid", "the signature matches one of the issuer's keys"


def _entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries in status lists: two, or the one in the revocation list."""
    entries = document["credentialStatus"]
    return entries if isinstance(entries, list) else [entries]


def _status(
    document: dict[str, Any], issuer: str, keys: list[Key], lists: list[Any], now: datetime
) -> tuple[str, str, list[str]]:
    found, unchecked = ("", ""), []
    for entry in _entries(document):
        purpose, address = entry["statusPurpose"], entry["statusListCredential"]
        published = next((row for row in lists if isinstance(row, dict) and row.get("id") == address), None)
        if published is None:
            unchecked.append(f"{purpose}: the list is at {address}")
            continue
        try:
            _require_signed(published, issuer, "list credential", [VC_CONTEXT], keys)
            if published["issuer"] != issuer or published["credentialSubject"]["statusPurpose"] != purpose:
                raise Wrong("tampered", "it is another list")
            bits = _bits(published["credentialSubject"]["encodedList"])
        except Wrong as wrong:
            unchecked.append(f"{purpose}: the list that was given is not the issuer's ({wrong.why})")
            continue
        at = int(entry["statusListIndex"])
        is_set = at < len(bits) * 8 and bits[at >> 3] & 0x80 >> (at & 7)
        if at >= len(bits) * 8:
            unchecked.append(f"{purpose}: the list has no such place")
        elif is_set and not found[0]:
            verdict = "revoked" if purpose == "revocation" else "suspended"
            found = (verdict, f"says the issuer's list of {published['validFrom']}")
        elif now >= instant_of(published["validUntil"]):
            unchecked.append(f"{purpose} after {published['validFrom']}: a newer list is at {address}")
    return (*found, unchecked)


def _bits(encoded: str) -> bytes:
    if not re.fullmatch(r"u[A-Za-z0-9_-]+", encoded):
        raise Wrong("tampered", "no bitstring")
    unpacking = zlib.decompressobj(31)
    try:
        packed = base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4))
        bits = unpacking.decompress(packed, 1024 * 1024)
    except (zlib.error, binascii.Error):
        raise Wrong("tampered", "no bitstring") from None
    if not unpacking.eof or len(bits) < 16 * 1024:
        raise Wrong("tampered", "no bitstring")
    return bits


_LOG = "the transparency log"
_DOMAIN = b"ai-skills compact certificate 1\n"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def _verify_compact(text: str, keys: list[Key], now: datetime) -> Result:
    """docs/formats/compact-certificate.md"""
    letters = text.strip().rpartition("/")[2].upper()
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
        if base64.b32encode(raw).decode().rstrip("=") != letters:
            raise ValueError
    except (binascii.Error, ValueError):
        raise Wrong("unknown", "it is not base 32") from None
    body, signature = raw[:-64], raw[-64:]
    if len(body) < 50 or body[0] != 1:
        raise Wrong("unknown", "it is no compact certificate")
    if not keys:
        return Result("no_keys", "give the issuer's keys", {}, ["the signature"])
    candidates = [key for key in keys if hashlib.sha256(key.raw).digest()[:8] == body[1:9]]
    if not candidates:
        raise Wrong("unknown_issuer", "none of the keys given signed it")
    begins, ends = (datetime.fromtimestamp(int.from_bytes(body[at : at + 4], "big"), UTC) for at in (26, 30))
    if not any(ed25519_holds(key.raw, signature, _DOMAIN + body) and key.signed_at(begins) for key in candidates):
        raise Wrong("tampered", "the signature does not match")
    number, at, texts = int.from_bytes(body[9:26], "big"), 50, []
    for _ in range(3):
        length = int.from_bytes(body[at : at + 2], "big")
        texts.append(body[at + 2 : at + 2 + length].decode())
        at += 2 + length
    skills, at = [], at + 1
    while at < len(body):
        length = body[at]
        skills.append(f"{body[at + 2 : at + 2 + length].decode()}: {body[at + 1]}")
        at += 2 + length
    says = {
        "name": texts[1],
        "achievement": texts[2],
        "skills": "; ".join(skills),
        "issuer": f"{texts[0]} ({candidates[0].did})",
        "valid from": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
        "valid until": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "code": "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(26))),
    }
    verdict, why = _dates(says["valid from"], says["valid until"], now)
    unchecked = ["revocation and suspension", "whether the keys are the issuer's own", _LOG]
    return Result(verdict, why, says, unchecked)


# --- The transparency log (RFC 6962) -----------------------------------------------------------------------------------


def log_says(text: str, proof: Any) -> tuple[bool, str]:
    """Whether a proof of the log shows this credential's text in the tree of its checkpoint, and in words.

    Args:
        proof: {leaf, salt, index, tree_size, inclusion_proof, checkpoint}: hashes in base64, the salt in hex.
    """
    try:
        leaf = proof["leaf"].encode()
        committed = hashlib.sha256(bytes.fromhex(proof["salt"]) + text.encode()).hexdigest()
        said, index, size = json.loads(leaf), proof["index"], proof["tree_size"]
        path = [base64.b64decode(entry, validate=True) for entry in proof["inclusion_proof"]]
        origin, told_size, told_root = proof["checkpoint"].split("\n")[:3]
        if said["kind"] != "issued" or said["commitment"] != committed:
            return False, "the log's entry is about another text"
        root = _root(hashlib.sha256(b"\0" + leaf).digest(), index, size, path)
        if root is None or str(size) != told_size or base64.b64encode(root).decode() != told_root:
            return False, "the proof does not lead to the checkpoint"
    except (ValueError, TypeError, KeyError, AttributeError):
        return False, "it is no proof of a log"
    return True, f"in the log {origin} since {said.get('logged_at')}"


def _root(node: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); None if it is too short or too long."""
    if not 0 <= index < size:
        return None
    last = size - 1
    for entry in path:
        if not last:
            return None
        if index & 1 or index == last:
            node = hashlib.sha256(b"\1" + entry + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + entry).digest()
        index, last = index >> 1, last >> 1
    return None if last else node


# --- Files -----------------------------------------------------------------------------------------------------------------


def text_in(data: bytes) -> str:
    """The credential's text in a file: JSON, PDF, PNG, SVG, or what a QR code holds.

    Raises:
        Wrong: there is none, or more than one.
    """
    if len(data) > MAX_BYTES:
        raise Wrong("unknown", "the file is too large")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        found = set(_in_png(data))
    elif b"%PDF-" in data[:1024]:
        found = set(_in_pdf(data))
    else:
        text = _decoded_text(data).removeprefix("\ufeff").strip()
        found = set(_in_svg(data)) if text.startswith("<") else {text.encode()}
    if len(found) != 1:
        raise Wrong("unknown", "there are several credentials in it" if found else "there is no credential in it")
    try:
        return found.pop().decode()
    except UnicodeDecodeError:
        raise Wrong("unknown", "it is no text") from None


def _decoded_text(data: bytes) -> str:
    """UTF-8, or UTF-16 or UTF-32 as PowerShell writes files: by a byte order mark, or by the zeros of JSON's first characters."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        raise Wrong("unknown", "it is no text") from None


def _unpacked(packed: bytes) -> bytes:
    try:
        unpacked = zlib.decompressobj().decompress(packed, MAX_TEXT + 1)
    except zlib.error:
        raise Wrong("unknown", "the file is damaged") from None
    if len(unpacked) > MAX_TEXT:
        raise Wrong("unknown", "what is packed in it is too large")
    return unpacked


def _in_png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"iTXt" and chunk.startswith(b"openbadgecredential\0"):
            packed, rest = chunk[20:21] != b"\0", chunk[22:].split(b"\0", 2)
            if len(rest) == 3:
                yield _unpacked(rest[2]) if packed else rest[2]


def _in_pdf(data: bytes) -> Iterator[bytes]:
    for marked in list(re.finditer(rb"/Type\s*/EmbeddedFile(?![A-Za-z0-9])", data))[:16]:
        begins = data.rfind(b" obj", max(0, marked.start() - 4096), marked.start())
        opened = re.compile(rb">>\s*stream\r?\n").search(data, marked.end(), marked.end() + 4096)
        if begins < 0 or opened is None:
            continue
        about = data[begins : opened.start()]
        told = re.search(rb"/Length\s+(\d{1,9})(?!\s+\d+\s+R)", about)
        until = opened.end() + int(told[1]) if told else data.find(b"endstream", opened.end())
        stream = data[opened.end() : until]
        unpacked = _unpacked(stream) if b"/FlateDecode" in about else stream.rstrip(b"\r\n")
        if unpacked.lstrip().startswith(b"{"):
            yield unpacked.strip()


def _in_svg(data: bytes) -> Iterator[bytes]:
    found: list[str] = []
    inside = [False]
    reader = expat.ParserCreate()

    def opened(name: str, attributes: dict[str, str]) -> None:
        if name == "openbadges:credential":
            inside[0] = True
            found.append(attributes.get("verify", ""))

    def said(text: str) -> None:
        if inside[0]:
            found[-1] += text

    def closed(name: str) -> None:
        inside[0] = inside[0] and name != "openbadges:credential"

    def refuse(*_: Any) -> None:
        raise Wrong("unknown", "the file declares a document type")

    reader.StartElementHandler, reader.CharacterDataHandler, reader.EndElementHandler = opened, said, closed
    reader.StartDoctypeDeclHandler = reader.EntityDeclHandler = refuse
    try:
        reader.Parse(data, True)
    except expat.ExpatError:
        raise Wrong("unknown", "it is not XML") from None
    yield from (row.strip().encode() for row in found if row.strip())


def _with_log(result: Result, logged: tuple[bool, str]) -> Result:
    """A proof that does not hold tells nothing of the certificate: the log is then as unchecked as without one."""
    holds, words = logged
    unchecked = [entry for entry in result.unchecked if entry != _LOG]
    if not holds:
        return result._replace(unchecked=[*unchecked, f"{_LOG}: {words}"])
    says = {**result.says, "transparency log": words}
    return result._replace(says=says, unchecked=[*unchecked, "who signed the log's checkpoint"])


# --- The command -----------------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Check a certificate offline.", epilog="Exit codes: see the file's head."
    )
    parser.add_argument("file", type=Path, help="credential (JSON, PDF, PNG, SVG) or text of a QR code")
    parser.add_argument(
        "--keys", type=Path, nargs="+", default=[], metavar="did.json", help="the issuer's DID document"
    )
    parser.add_argument("--status-list", type=Path, nargs="+", default=[], metavar="FILE", help="the issuer's lists")
    parser.add_argument(
        "--log-proof", type=Path, metavar="FILE", help="the certificate's proof of the transparency log"
    )
    parser.add_argument(
        "--at", metavar="INSTANT", help="judge as of this instant (2030-01-31T00:00:00Z) instead of now"
    )
    given = parser.parse_args(arguments)
    try:
        data = given.file.read_bytes()
        keys = keys_of([json.loads(key.read_bytes()) for key in given.keys])
        lists = [json.loads(entry.read_bytes()) for entry in given.status_list]
        log_proof = json.loads(given.log_proof.read_bytes()) if given.log_proof else None
        now = instant_of(given.at) if given.at else datetime.now(UTC)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        parser.error(str(error))
    except Wrong as wrong:
        parser.error(wrong.why)
    try:
        text = text_in(data)
        result = verify(text, keys, lists, now=now)
        if log_proof is not None and result.says:
            result = _with_log(result, log_says(text, log_proof))
    except Wrong as wrong:
        result = Result(wrong.verdict, wrong.why, {}, [])
    print(f"{result.verdict.upper().replace('_', ' ')}: {result.why}")
    for name, value in result.says.items():
        # Without control characters: a name must not drive somebody's terminal.
        print(f"  {name}: {''.join(entry if entry.isprintable() else ' ' for entry in value)}")
    for entry in result.unchecked:
        print(f"  not checked: {entry}")
    return EXIT_CODES[result.verdict]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
