"""Credentials and what stands behind them in the web, as files: what a verifier that is not ours is given to judge.

Everything genuine in it is made by the product's own code. The forger's part is made here: documents altered after
signing, and documents signed with keys that are not the issuer's.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openbadgeslib.ob3.contexts import bundled_contexts

from credentials.certificates import proofs
from credentials.certificates.credentials import status_list_address
from credentials.certificates.linked_data import instant
from credentials.certificates.proofs import verification_method
from credentials.certificates.signer import FileSigner, Signer, create_key_file
from credentials.certificates.status_list import (
    ENTRIES,
    PURPOSES,
    REVOCATION,
    SUSPENSION,
    encode,
    status_list_credential,
    status_list_entry,
)

HOST = "skills.example"
REGIONAL = f"did:web:{HOST}"
STATE = f"did:web:{HOST}:issuers:jp"
_REGISTRY = "https://registry.example/registry.json"

Change = Callable[[Any], None]


@dataclass
class Corpus:
    """A folder that grows. `manifest` is what `write` puts beside the files."""

    folder: Path
    at: datetime
    web: dict[str, str] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def serve(self, url: str, document: Mapping[str, Any]) -> None:
        """Let the web have this document at that address."""
        self.web.setdefault(url, f"web-{len(self.web)}.json")
        self._file(self.web[url], json.dumps(document))

    def case(
        self, name: str, expected: str, credential: Mapping[str, Any] | str, *, limits: Mapping[str, str] | None = None
    ) -> None:
        """Add a credential. `limits`: what a verifier that judges less than the others says instead."""
        text = credential if isinstance(credential, str) else json.dumps(credential, ensure_ascii=False)
        file = self._file(f"{len(self.cases):02d}-{name.replace(' ', '-')}.json", text)
        self.cases.append({"id": name, "file": file, "expected": expected, "limits": limits or {}})

    def write(self) -> None:
        trusted = [REGIONAL, STATE]
        self.serve(_REGISTRY, {"registry": {did: {"name": did, "url": f"https://{HOST}"} for did in trusted}})
        for url, context in bundled_contexts().items():
            self.serve(url, context)
        manifest = {
            "at": instant(self.at),
            "trusted": trusted,
            "registry": _REGISTRY,
            "web": self.web,
            "cases": self.cases,
        }
        self._file("manifest.json", json.dumps(manifest, indent=1))

    def _file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


@dataclass(frozen=True)
class Authority:
    """An issuer with a pair of status lists made here, at the address `lists`, for the credentials made here.

    The lists of stored credentials are those that the product publishes.
    """

    corpus: Corpus
    signer: Signer
    lists: str

    good, revoked, suspended = 11, 7, ENTRIES - 1

    def publish_lists(self) -> None:
        self.list_at(f"{self.lists}/{REVOCATION}", REVOCATION, [self.revoked])
        self.list_at(f"{self.lists}/{SUSPENSION}", SUSPENSION, [self.suspended])

    def list_at(
        self, url: str, purpose: str, indexes: Sequence[int], *, until: datetime | None = None
    ) -> dict[str, Any]:
        document = status_list_credential(
            did=self.signer.did,
            url=url,
            purpose=purpose,
            encoded=encode(indexes),
            valid_from=self.corpus.at - timedelta(hours=2),
            valid_until=until or self.corpus.at + timedelta(hours=2),
        )
        signed = proofs.secured(document, signer=self.signer, created=self.corpus.at)
        self.corpus.serve(url, signed)
        return signed

    def issued(
        self, document: Mapping[str, Any], *, index: int | None = None, change: Change | None = None
    ) -> dict[str, Any]:
        """That credential, by this authority and in that place of its lists, signed."""
        unsigned = copy.deepcopy({name: value for name, value in document.items() if name != "proof"})
        unsigned["issuer"]["id"] = self.signer.did
        index = self.good if index is None else index
        unsigned["credentialStatus"] = [
            status_list_entry(
                url=f"{self.lists}/{purpose}", purpose=purpose, index=index, node=f"{self.lists}/{purpose}#{index}"
            )
            for purpose in PURPOSES
        ]
        if change:
            change(unsigned)
        return proofs.secured(unsigned, signer=self.signer, created=self.corpus.at)


def _foreign_authority(corpus: Corpus, folder: Path, host: str, *, published: bool) -> Authority:
    """An issuer that nobody of ours knows, with its own key and lists; and its DID document, if it has one."""
    did = f"did:web:{host}"
    create_key_file(folder / f"{host}.pem", password="")
    signer = FileSigner(folder / f"{host}.pem", password="", did=did)
    method = verification_method(did, signer.multikey)
    document = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {"id": method, "type": "Multikey", "controller": did, "publicKeyMultibase": signer.multikey}
        ],
        "assertionMethod": [method],
    }
    if published:
        corpus.serve(f"https://{host}/.well-known/did.json", document)
    return Authority(corpus, signer, f"https://{host}/status/1")


@dataclass(frozen=True)
class _Respelt:
    """Signs as another would: the DID and the key's name of one, the key of another."""

    inner: Signer
    did: str
    multikey: str

    def sign(self, message: bytes) -> bytes:
        return self.inner.sign(message)


@dataclass(frozen=True)
class Stored:
    """A credential exactly as the product stored it, and what is to be said of it."""

    name: str
    expected: str
    text: str


def build(
    folder: Path,
    *,
    at: datetime,
    stored: Sequence[Stored],
    signers: Mapping[str, Signer],
    web: Mapping[str, Mapping[str, Any]],
    keys_folder: Path,
) -> Corpus:
    """Write the corpus.

    Args:
        stored: of the state's authority and of the regional one; the first is what the others are made of.
        signers: of the two, by slug. web: what the product serves, by address.
    """
    corpus = Corpus(folder, at)
    for url, document in web.items():
        corpus.serve(url, document)
    regional, state = (
        Authority(corpus, signers[slug], status_list_address(f"https://{HOST}", slug, 99))
        for slug in ("regional", "jp")
    )
    stranger = _foreign_authority(corpus, keys_folder, "diplomas.example", published=True)
    absent = _foreign_authority(corpus, keys_folder, "nowhere.example", published=False)
    for authority in (regional, state, stranger, absent):
        authority.publish_lists()
    for row in stored:
        corpus.case(f"stored: {row.name}", row.expected, row.text)
    base, other = json.loads(stored[0].text), json.loads(stored[1].text)
    _genuine(corpus, base, regional, state)
    _foreign(corpus, base, regional, stranger, absent)
    _tampered(corpus, base, other, regional)
    _lists(corpus, base, regional, stranger)
    corpus.write()
    return corpus


def _window(start: datetime, end: datetime) -> Change:
    return lambda document: document.update(validFrom=instant(start), validUntil=instant(end))


def _genuine(corpus: Corpus, base: dict[str, Any], regional: Authority, state: Authority) -> None:
    day = timedelta(days=1)
    past, future = _window(corpus.at - 90 * day, corpus.at - day), _window(corpus.at + day, corpus.at + 90 * day)
    for name, authority in (("regional", regional), ("state", state)):
        corpus.case(f"{name} valid", "valid", authority.issued(base))
        corpus.case(f"{name} revoked", "revoked", authority.issued(base, index=authority.revoked))
        corpus.case(f"{name} suspended", "suspended", authority.issued(base, index=authority.suspended))
        corpus.case(f"{name} expired", "expired", authority.issued(base, change=past))
    corpus.case("not valid yet", "rejected", regional.issued(base, change=future))
    names = {
        "quotes and markup": 'O\'Brien "Bud" \\ <b>&amp;</b>',
        "Khmer": "ស៊ុខ សុភា",
        "Arabic": "محمد بن عبدالله\u200f",
        "Burmese": "မောင်မောင်",
        "beyond the BMP": "𠮷野家",
        "decomposed": "e\u0301",
    }
    for script, name in names.items():
        corpus.case(f"name: {script}", "valid", _signed_for(regional, base, name))


def _signed_for(authority: Authority, base: dict[str, Any], name: str) -> dict[str, Any]:
    def change(document: Any) -> None:
        document["credentialSubject"]["identifier"][0]["identityHash"] = name

    return authority.issued(base, change=change)


def _foreign(corpus: Corpus, base: dict[str, Any], regional: Authority, stranger: Authority, absent: Authority) -> None:
    unsigned = {name: value for name, value in regional.issued(base).items() if name != "proof"}

    def forged(inner: Signer, did: str, multikey: str) -> dict[str, Any]:
        return proofs.secured(unsigned, signer=_Respelt(inner, did, multikey), created=corpus.at)

    corpus.case("another host", "unknown issuer", stranger.issued(base))
    corpus.case("a host that is not there", "rejected", absent.issued(base))
    other = stranger.signer
    corpus.case("our name, their method", "rejected", forged(other, other.did, other.multikey))
    corpus.case("our name, their key unpublished", "rejected", forged(other, REGIONAL, other.multikey))
    corpus.case("our method, their key", "rejected", forged(other, REGIONAL, regional.signer.multikey))
    corpus.case("their name, our method", "rejected", _with(regional.issued(base), ("issuer", "id"), other.did))
    # Whoever may sign as the regional authority may not sign as a state's.
    corpus.case(
        "a state's name, our method",
        "rejected",
        regional.issued(base, change=lambda document: document["issuer"].update(id=STATE)),
    )


def _with(document: Mapping[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dict(document))
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


def _tampered(corpus: Corpus, base: dict[str, Any], other: dict[str, Any], regional: Authority) -> None:
    good = regional.issued(base)
    subject = ("credentialSubject",)
    value = good["proof"][0]["proofValue"]
    changes: dict[str, tuple[tuple[Any, ...], Any]] = {
        "name": ((*subject, "identifier", 0, "identityHash"), "Someone Else"),
        "name by one letter": ((*subject, "identifier", 0, "identityHash"), "Dudi Santoso"),
        "holder": ((*subject, "id"), "urn:uuid:00000000-0000-4000-8000-000000000000"),
        "level": (
            (*subject, "result", 0, "achievedLevel"),
            f"{base['credentialSubject']['achievement']['id']}#AIS-A1-4",
        ),
        "achievement's name": ((*subject, "achievement", "name"), "Doctor of Everything"),
        "alignment left out": ((*subject, "achievement", "alignment", 0), None),
        "results left out": ((*subject, "result"), None),
        "evidence left out": (("evidence",), None),
        "longer validity": (("validUntil",), instant(corpus.at + timedelta(days=36500))),
        "no end of validity": (("validUntil",), None),
        "status left out": (("credentialStatus",), None),
        "suspension left out": (("credentialStatus", 1), None),
        "index moved": (("credentialStatus", 0, "statusListIndex"), "12345"),
        "list moved": (("credentialStatus", 0, "statusListCredential"), "https://evil.example/status"),
        "issuer's name": (("issuer", "name"), "Another Authority"),
        "type added": (("type",), [*good["type"], "https://evil.example/Type"]),
        "term that no context has": (("honours",), "cum laude"),
        "context that redefines": (("@context",), [*good["@context"], {"narrative": "https://evil.example/n"}]),
        "context taken away": (("@context",), good["@context"][:1]),
        "proof's time": (("proof", 0, "created"), instant(corpus.at - timedelta(days=400))),
        "proof's purpose": (("proof", 0, "proofPurpose"), "authentication"),
        "proof's value": (("proof", 0, "proofValue"), value[:-1] + ("2" if value[-1] != "2" else "3")),
        "no proof": (("proof",), None),
        "another's proof": (("proof",), other["proof"]),
    }
    for name, (path, changed) in changes.items():
        corpus.case(f"tampered: {name}", "rejected", _with(good, path, changed))
    # A context that changes no statement leaves the proof whole: verifiers that do not insist on the contexts they know
    # have nothing to find fault with, and what they read is what was signed.
    corpus.case(
        "idle context added",
        "rejected",
        _with(good, ("@context",), [*good["@context"], {"@vocab": "https://evil.example/"}]),
        limits={"@digitalbazaar/vc": "valid", "verifier-core": "valid"},
    )
    # Readers that do not refuse it take the last of the two.
    text = json.dumps(good)
    corpus.case("tampered: member twice", "rejected", text[:-1] + ', "validUntil": "2098-01-01T00:00:00Z"}')


def _lists(corpus: Corpus, base: dict[str, Any], regional: Authority, stranger: Authority) -> None:
    """Lists that say nothing: whoever relied on them would take a revoked certificate for a good one."""
    at, site = corpus.at, regional.lists

    def asks(name: str, url: str, **limits: str) -> None:
        def change(document: Any) -> None:
            document["credentialStatus"][0]["statusListCredential"] = url

        document = regional.issued(base, index=regional.revoked, change=change)
        corpus.case(f"list {name}", "undetermined", document, limits=limits)

    asks("missing", f"{site}/none")
    regional.list_at(f"{site}/stale", "revocation", [], until=at - timedelta(hours=1))
    asks("out of date", f"{site}/stale")
    altered = regional.list_at(f"{site}/altered", "revocation", [regional.revoked])
    corpus.serve(f"{site}/altered", _with(altered, ("credentialSubject", "encodedList"), encode([])))
    asks("altered", f"{site}/altered")
    stranger.list_at(f"{site}/theirs", "revocation", [])
    # verifier-core asks its reader of lists not to compare issuers: the list is the one that the issuer named.
    asks("of another issuer", f"{site}/theirs", **{"verifier-core": "valid"})
    regional.list_at(f"{site}/purpose", "message", [])
    asks("of another purpose", f"{site}/purpose")
