"""The credentials of one achievement, compiled: what they share is canonicalised once, and each is filled in.

Canonicalising RDF (RDFC-1.0) in general takes milliseconds, for its hard part is to name nodes without an id. Here
every node has an id but one, whose canonical label is then always the same; what is left is to write the statements in
canonical form and to sort them. So the statements of a credential with marks in the places of what differs are made once
by the general way, and each credential is those with the marks replaced, sorted and hashed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from learners.certificates import credentials, linked_data, proofs
from learners.certificates.credentials import Issuance, NotACredential
from learners.certificates.linked_data import instant
from learners.certificates.signer import Signer

# The escapes of canonical N-Quads (RDFC-1.0, section 5 and N-Quads' canonical form): these and no others.
_ESCAPES: Final = str.maketrans(
    {
        **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
        "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\",
    }
)  # fmt: skip
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
# What a compiled achievement is tried with before it may sign: everything that is escaped, sorted or shaped oddly.
_HOSTILE = 'O\'Neil "Bo" \\ <b>&amp;</b> %s {0} \n _:c14n0 . \u200f\u2028\u0e2a\u0e21\u4e8c\U00020bb7 e\u0301 \ufffd'


class CompilationFailed(RuntimeError):
    """What was compiled is not what the general way makes; nothing may be signed with it."""


class Compiled:
    """The credentials that one issuer signs for one achievement in one language, into one pair of status lists.

    Not tied to a learner, a key or an instant; may be kept for ever and used by several threads.
    """

    def __init__(
        self,
        *,
        achievement: Mapping[str, Any],
        issuer: Mapping[str, Any],
        status_list: str,
        skills: tuple[str, ...],
        base_url: str,
        published: str = "",
    ) -> None:
        """Compile and try it out.

        Args:
            achievement, issuer, status_list, base_url: as `credentials.credential` takes them.
            skills: the codes that every issuance of it has levels of, in their order.
            published: path of 1EdTech's schema, if the credentials are to be held to it as well.

        Raises:
            NotACredential, NotLinkedData: these credentials could not be signed in general either.
            CompilationFailed: filled in, it differs from what the general way makes.
        """
        self._skills = skills
        self._general: dict[str, Any] = {
            "achievement": achievement, "issuer": issuer, "status_list": status_list, "base_url": base_url,
        }  # fmt: skip
        sample = Issuance(
            public_code="0" * 26, subject_id=UUID(int=0), name="name", awarded_at=_SOME_DAY, valid_from=_SOME_DAY,
            valid_until=_SOME_DAY, status_index=0, levels=dict.fromkeys(skills, 1), evidence_sha256="0" * 64,
            answers=1, supervised=0,
        )  # fmt: skip
        credentials.require_profile(credentials.credential(sample, **self._general), published=published)
        # Marks that nothing else contains: a text of the achievement may hold whatever somebody typed.
        token = secrets.token_hex(16)
        self._slots = ("code", "subject", "name", "from", "until", "awarded", "digest", "index", "genre", "described")
        marks = {slot: f"mark-{token}-{slot}" for slot in (*self._slots, *(f"level-{code}" for code in skills))}
        marked = credentials.credential(sample, **self._general)
        document = _marked(marked, marks, skills)
        quads = _as_template(linked_data.canonical_quads(document), marks)
        self._quads = [line for line in quads.split("\n") if line]
        self._quads_text = "\n".join(self._quads)
        text = orjson.dumps(document).decode()
        self._text = _as_template(text, marks)
        self._try_out()

    @property
    def achievement(self) -> str:
        """The achievement's name, in the language of these credentials."""
        return str(self._general["achievement"]["name"])

    def _try_out(self) -> None:
        """Fill in what is hostile, and hold it against the general way."""
        sample = Issuance(
            public_code="zyxw0123456789abcdefghjkmn", subject_id=UUID(int=2**127 + 5), name=_HOSTILE,
            awarded_at=datetime(1999, 12, 31, 23, 59, 58, tzinfo=UTC), valid_from=datetime(2026, 2, 28, tzinfo=UTC),
            valid_until=datetime(2029, 12, 31, 1, 2, 3, tzinfo=UTC), status_index=131_071,
            levels={code: 1 + number % 6 for number, code in enumerate(self._skills)},
            evidence_sha256="fe" * 32, answers=77, supervised=77,
        )  # fmt: skip
        for issuance in (sample, replace(sample, name="A", public_code="1" * 26, supervised=3, status_index=0)):
            text, quads = self.filled(issuance)
            document = credentials.credential(issuance, **self._general)
            if text != orjson.dumps(document).decode() or quads != linked_data.canonical_quads(document):
                raise CompilationFailed("a compiled credential differs from the general one")

    def filled(self, issuance: Issuance) -> tuple[str, str]:
        """Return the credential without proof as JSON text, and its canonical N-Quads.

        Raises:
            NotACredential: the name cannot stand on a certificate; the message does not quote it.
        """
        if tuple(issuance.levels) != self._skills:
            raise NotACredential("/credentialSubject/result: other skills than the achievement's")
        name = issuance.name
        credentials.require_name(name)
        values = _values(issuance)
        in_json = {**values, "name": orjson.dumps(name).decode()[1:-1]}
        in_quads = {**values, "name": name.translate(_ESCAPES)}
        quads = (self._quads_text % in_quads).split("\n")
        quads.sort()
        quads.append("")
        return self._text % in_json, "\n".join(quads)

    def signed(self, issuance: Issuance, *, signer: Signer, created: datetime) -> str:
        """Return the secured credential as JSON text: what `proofs.secured` makes of the general one, byte for byte.

        Raises:
            NotACredential: see `filled`.
        """
        text, quads = self.filled(issuance)
        options, digest = proofs.options_of(signer, created=created)
        signature = signer.sign(digest + hashlib.sha256(quads.encode()).digest())
        return f'{text[:-1]},"proof":[{options[:-1]},"proofValue":"{proofs.multibase(signature)}"}}]}}'


def _values(issuance: Issuance) -> dict[str, str]:
    values = {
        "code": issuance.public_code,
        "subject": str(issuance.subject_id),
        "from": instant(issuance.valid_from),
        "until": instant(issuance.valid_until),
        "awarded": instant(issuance.awarded_at),
        "digest": credentials.short_digest(issuance.evidence_sha256),
        "index": str(issuance.status_index),
        "genre": credentials.genre(issuance.answers, issuance.supervised),
        "described": credentials.described(issuance.answers, issuance.supervised),
    }
    for code, level in issuance.levels.items():
        values[f"level-{code}"] = str(level)
    return values


def _marked(document: dict[str, Any], marks: Mapping[str, str], skills: tuple[str, ...]) -> dict[str, Any]:
    """The credential with marks in the places of what differs from learner to learner."""
    text = json.dumps(document)
    made: dict[str, Any] = json.loads(text.replace("/verify/" + "0" * 26, "/verify/" + marks["code"]))
    made["validFrom"], made["validUntil"], made["awardedDate"] = marks["from"], marks["until"], marks["awarded"]
    subject = made["credentialSubject"]
    subject["id"] = f"urn:uuid:{marks['subject']}"
    subject["identifier"][0]["identityHash"] = marks["name"]
    for code, result in zip(skills, subject["result"], strict=True):
        result["achievedLevel"] = result["achievedLevel"].removesuffix("1") + marks[f"level-{code}"]
    for entry in made["credentialStatus"]:
        entry["id"] = entry["id"].removesuffix("0") + marks["index"]
        entry["statusListIndex"] = marks["index"]
    (evidence,) = made["evidence"]
    evidence["id"] = f"ni:///sha-256;{marks['digest']}"
    evidence["genre"], evidence["description"] = marks["genre"], marks["described"]
    return made


def _as_template(text: str, marks: Mapping[str, str]) -> str:
    """The text as a %-template whose places are the marks."""
    text = text.replace("%", "%%")
    for slot, mark in marks.items():
        text = text.replace(mark, f"%({slot})s")
    return text
