"""Verifies documents against our records, one or many.

Exact copies of a stored credential need no canonicalisation, which costs more than ten milliseconds: its compact
certificate, checked by one Ed25519 verification, shows that the stored text is what was signed. Only other documents are
canonicalised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from credentials.certificates import codes, compact, jose, keys, rules, selectors
from credentials.certificates.compact import NotCompact
from credentials.certificates.jose import NotOurJwt
from credentials.certificates.models import Certificate, IssuerKey
from credentials.certificates.rules import Verdict
from credentials.certificates.verification import NotVerified, proof_holds, read_json, verify_credential

# Of what is not stored, so many are canonicalised per call: a thousand forgeries would keep a process for half a minute.
MAX_CANONICALISED: Final = 20
_LETTERS: Final = codes.CODE.pattern
# Where our own text has its id: a guess that is worth nothing until the whole text is compared.
_GUESS = re.compile(rf'"id":"[^"\s]{{1,300}}/verify/({_LETTERS})"')
_ADDRESS = re.compile(rf"[^\s]{{1,300}}/verify/({_LETTERS})")
_SORTED: Final = orjson.OPT_SORT_KEYS


class InvalidReason(StrEnum):
    """Why a document is not one of ours as it stands."""

    NOT_A_CREDENTIAL = "not_a_credential"
    OTHER_ISSUER = "other_issuer"
    BAD_SIGNATURE = "bad_signature"
    DIFFERS = "differs_from_the_stored"
    NOT_STORED = "not_stored"


@dataclass(frozen=True)
class Judged:
    """The verdict on one document.

    certificate: the stored one, where what was handed in is exactly that and genuine; None otherwise, for nothing that a
    forger wrote is said again. `why` is then the reason.
    """

    verdict: Verdict
    why: InvalidReason | None = None
    certificate: Certificate | None = None

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The stored credential as read."""
        return orjson.loads(self.certificate.credential) if self.certificate is not None else None


def judge(handed_in: Sequence[str | Mapping[str, Any]], *, now: datetime) -> list[Judged]:
    """Judge each text or JSON object, in their order; three queries at most, whatever their number. Never raises for them.

    A text is a credential's JSON, or the same as a JWT. An object must come from a reader that refuses members of one
    name. A genuine signature over what was never stored, or was erased, is UNKNOWN: so would be what a thief signs with
    a stolen key. Of those that are not stored the first `MAX_CANONICALISED` are looked at more closely, and may turn
    out to be TAMPERED; the others are UNKNOWN.
    """
    codes = [_code_hint(presented) for presented in handed_in]
    stored = selectors.by_codes({code for code in codes if code})
    judged: list[Judged | None] = [None] * len(handed_in)
    waiting: dict[int, _Read] = {}
    for index, (presented, code) in enumerate(zip(handed_in, codes, strict=True)):
        certificate = stored.get(code)
        if certificate is not None and certificate.credential == presented:
            judged[index] = _of_stored(certificate, now=now)
            continue
        read = _read(presented)
        if read is None:
            judged[index] = Judged(Verdict.UNKNOWN, InvalidReason.NOT_A_CREDENTIAL)
        else:
            waiting[index] = read
    if waiting:
        missing = {read.code for read in waiting.values() if read.code} - stored.keys()
        if missing:
            stored |= selectors.by_codes(missing)
        published = list(IssuerKey.objects.all())
        remaining = iter(range(MAX_CANONICALISED))
        for index, read in waiting.items():
            certificate = stored.get(read.code)
            judged[index] = _of_read(read, certificate, published, remaining, now=now)
    return [verdict for verdict in judged if verdict is not None]


def judge_compact(text: str, *, now: datetime) -> Judged:
    """Judge what a QR code holds: the letters, or the address that ends in them. Two queries."""
    try:
        raw = compact.from_text(text)
        said = compact.read(raw)
    except NotCompact:
        return Judged(Verdict.UNKNOWN, InvalidReason.NOT_A_CREDENTIAL)
    published = [key for key in IssuerKey.objects.all() if compact.key_hint(key.multikey) == said.key]
    if not published:
        return Judged(Verdict.UNKNOWN_ISSUER, InvalidReason.OTHER_ISSUER)
    if not any(compact.holds(raw, key.multikey) and keys.signed_in_its_time(key, said.valid_from) for key in published):
        return Judged(Verdict.TAMPERED, InvalidReason.BAD_SIGNATURE)
    certificate = selectors.by_codes({said.public_code}).get(said.public_code)
    if certificate is None:
        return Judged(Verdict.UNKNOWN, InvalidReason.NOT_STORED)
    if bytes(certificate.compact) != raw:
        return Judged(Verdict.TAMPERED, InvalidReason.DIFFERS)
    return _of_stored(certificate, now=now)


def is_as_signed(certificate: Certificate) -> bool:
    """Whether the stored text is what its issuer signed for this code; `key` must be loaded.

    By the compact certificate beside it; by the credential's own proof, canonicalised, where there is none.
    """
    raw = bytes(certificate.compact)
    if raw:
        try:
            said = compact.read(raw)
        except NotCompact:
            return False
        return (
            said.public_code == certificate.public_code
            and said.digest == compact.digest_of(certificate.credential)
            and keys.signed_in_its_time(certificate.key, said.valid_from)
            and compact.holds(raw, certificate.key.multikey)
        )
    return proof_holds(certificate.credential, certificate.key) and bool(
        orjson.loads(certificate.credential)["id"].endswith(f"/verify/{certificate.public_code}")
    )


@dataclass(frozen=True)
class _Read:
    """A document as read. canonical_json: as JSON in one form, without its proof if it is a JWT; signed: as far as known here."""

    document: Mapping[str, Any]
    canonical_json: bytes
    issuer: str
    code: str
    jwt: str = ""


def _code_hint(presented: str | Mapping[str, Any]) -> str:
    if not isinstance(presented, str):
        return ""
    found = _GUESS.search(presented[:1000])
    return found[1] if found else ""


def _read(presented: str | Mapping[str, Any]) -> _Read | None:
    token = ""
    try:
        if isinstance(presented, Mapping):
            document = dict(presented)
        elif jose.looks_like_a_jwt(presented):
            token = presented.strip()
            document = jose.credential_in(token)
        else:
            document = read_json(presented)
        canonical_json = orjson.dumps(document, option=_SORTED)
    except (NotVerified, NotOurJwt, orjson.JSONEncodeError, RecursionError):
        return None
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(did, str) or not ("proof" in document or token):
        return None
    address = document.get("id")
    found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    return _Read(document, canonical_json, did, found[1] if found else "", token)


def _of_read(
    read: _Read,
    certificate: Certificate | None,
    published: Sequence[IssuerKey],
    remaining: Iterator[int],
    *,
    now: datetime,
) -> Judged:
    if read.issuer not in {key.did for key in published}:
        return Judged(Verdict.UNKNOWN_ISSUER, InvalidReason.OTHER_ISSUER)
    if read.jwt and not jose.holds(read.jwt, published):
        return Judged(Verdict.TAMPERED, InvalidReason.BAD_SIGNATURE)
    if certificate is not None:
        if read.canonical_json != _canonical_json(certificate.credential, proof=not read.jwt) and not (
            _may_canonicalise(remaining) and _is_the_same(read, certificate, published)
        ):
            return Judged(Verdict.TAMPERED, InvalidReason.DIFFERS)
        return _of_stored(certificate, now=now)
    if not read.jwt and _may_canonicalise(remaining):
        try:
            verify_credential(json.dumps(read.document), published=published)
        except NotVerified:
            return Judged(Verdict.TAMPERED, InvalidReason.BAD_SIGNATURE)
    return Judged(Verdict.UNKNOWN, InvalidReason.NOT_STORED)


def _may_canonicalise(remaining: Iterator[int]) -> bool:
    return next(remaining, None) is not None


def _is_the_same(read: _Read, certificate: Certificate, published: Sequence[IssuerKey]) -> bool:
    """Whether other JSON makes the statements that are stored, as of lists in another order: the same signature holds."""
    if read.document.get("proof") != orjson.loads(certificate.credential)["proof"]:
        return False
    try:
        verify_credential(json.dumps(read.document), published=published)
    except NotVerified:
        return False
    return True


def _canonical_json(credential: str, *, proof: bool) -> bytes:
    """The stored text in the one form in which JSON values are compared: `1`, `1.0` and `true` are three."""
    document = orjson.loads(credential)
    if not proof:
        del document["proof"]
    return orjson.dumps(document, option=_SORTED)


def _of_stored(certificate: Certificate, *, now: datetime) -> Judged:
    if not is_as_signed(certificate):
        return Judged(Verdict.TAMPERED, InvalidReason.BAD_SIGNATURE)
    verdict = rules.verdict(
        proof_holds=True, status=certificate.status, valid_until=certificate.valid_until, now=now.astimezone(UTC)
    )
    return Judged(verdict, None, certificate)
