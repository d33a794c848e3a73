"""The credentials of one achievement, compiled: what they share is canonicalised once, and each is filled in.

Canonicalising RDF (RDFC-1.0) in general takes milliseconds, for its hard part is to name nodes without an id. Here
every node has an id but one, whose canonical label is then always the same; what is left is to write the statements in
canonical form and to sort them. So the statements of a credential with placeholders for what differs are made once
by general canonicalisation, and each credential is those with the placeholders filled, sorted and hashed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson

from credentials.certificates import credentials, linked_data, proofs
from credentials.certificates.credentials import Issuance, NotACredential
from credentials.certificates.linked_data import instant
from credentials.certificates.signer import Signer

# The escapes of canonical N-Quads (RDFC-1.0, section 5 and N-Quads' canonical form): these and no others.
_ESCAPES: Final = str.maketrans(
    {
        **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
        "\b": "\\b",
        "\t": "\\t",
        "\n": "\\n",
        "\f": "\\f",
        "\r": "\\r",
        '"': '\\"',
        "\\": "\\\\",
    }
)
_SAMPLE_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
# What a compiled achievement is tried with before it may sign: the text with everything that is escaped, sorted or shaped oddly.
_DIFFICULT_TEXT = (
    'O\'Neil "Bo" \\ <b>&amp;</b> %s {0} \n _:c14n0 . \u200f\u2028\u0e2a\u0e21\u4e8c\U00020bb7 e\u0301 \ufffd'
)


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
        suspendable: bool = True,
        published: str = "",
    ) -> None:
        """Compile and try it out.

        Args:
            achievement, issuer, status_list, base_url, suspendable: as `credentials.credential` takes them.
            skills: the codes that every issuance of it has levels of, in their order.
            published: path of 1EdTech's schema, if the credentials are to be held to it as well.

        Raises:
            NotACredential, NotLinkedData: these credentials could not be signed in general either.
            CompilationFailed: filled in, it differs from what the general way makes.
        """
        self._skills = skills
        self._general: dict[str, Any] = {
            "achievement": achievement,
            "issuer": issuer,
            "status_list": status_list,
            "base_url": base_url,
            "suspendable": suspendable,
        }
        sample = Issuance(
            public_code="0" * 26,
            subject_id=UUID(int=0),
            name="name",
            awarded_at=_SAMPLE_INSTANT,
            valid_from=_SAMPLE_INSTANT,
            valid_until=_SAMPLE_INSTANT,
            status_index=0,
            levels=dict.fromkeys(skills, 1),
            evidence_sha256="0" * 64,
            answers=1,
            supervised=0,
        )
        credentials.require_profile(credentials.credential(sample, **self._general), published=published)
        # Placeholders that nothing else contains: a text of the achievement may contain anything.
        token = secrets.token_hex(16)
        self._slots = ("code", "subject", "name", "from", "until", "awarded", "digest", "index", "genre", "described")
        placeholders = {slot: f"mark-{token}-{slot}" for slot in (*self._slots, *(f"level-{code}" for code in skills))}
        marked = credentials.credential(sample, **self._general)
        document = _with_placeholders(marked, placeholders, skills)
        self._first, others = _split_constant(linked_data.canonical_quads(document), placeholders)
        self._first_digest = hashlib.sha256(self._first)
        self._others = _Template(others, placeholders)
        self._json = _Template(orjson.dumps(document).decode(), placeholders)
        self._self_test()

    @property
    def achievement(self) -> str:
        """The achievement's name, in the language of these credentials."""
        return str(self._general["achievement"]["name"])

    def _self_test(self) -> None:
        """Fill in difficult values, and compare the result with general canonicalisation."""
        sample = Issuance(
            public_code="zyxw0123456789abcdefghjkmn",
            subject_id=UUID(int=2**127 + 5),
            name=_DIFFICULT_TEXT,
            awarded_at=datetime(1999, 12, 31, 23, 59, 58, tzinfo=UTC),
            valid_from=datetime(2026, 2, 28, tzinfo=UTC),
            valid_until=datetime(2029, 12, 31, 1, 2, 3, tzinfo=UTC),
            status_index=131_071,
            levels={code: 1 + number % 6 for number, code in enumerate(self._skills)},
            evidence_sha256="fe" * 32,
            answers=77,
            supervised=77,
        )
        for issuance in (sample, replace(sample, name="A", public_code="1" * 26, supervised=3, status_index=0)):
            text, quads = self.filled(issuance)
            document = credentials.credential(issuance, **self._general)
            general = linked_data.canonical_quads(document)
            hashed = self._digest(self._checked(issuance)) == hashlib.sha256(general.encode()).digest()
            if text != orjson.dumps(document).decode() or quads != general or not hashed:
                raise CompilationFailed("a compiled credential differs from the general one")

    def filled(self, issuance: Issuance) -> tuple[str, str]:
        """Return the credential without proof as JSON text, and its canonical N-Quads.

        Raises:
            NotACredential: the name cannot stand on a certificate; the message does not quote it.
        """
        values = self._checked(issuance)
        return self._json.filled(values).decode(), (self._first + self._others.filled(_in_quads(values))).decode()

    def signed(self, issuance: Issuance, *, signer: Signer, created: datetime) -> str:
        """Return the secured credential as JSON text: what `proofs.secured` makes of the general one, byte for byte.

        Raises:
            NotACredential: see `filled`.
        """
        values = self._checked(issuance)
        options, digest = proofs.options_of(signer, created=created)
        value = proofs.multibase(signer.sign(digest + self._digest(values)))
        text = self._json.filled(values).decode()
        return f'{text[:-1]},"proof":[{options[:-1]},"proofValue":"{value}"}}]}}'

    def _checked(self, issuance: Issuance) -> dict[str, bytes]:
        """What is filled in, as JSON holds it."""
        if tuple(issuance.levels) != self._skills:
            raise NotACredential("/credentialSubject/result: other skills than the achievement's")
        credentials.require_name(issuance.name)
        return _values(issuance)

    def _digest(self, values: dict[str, bytes]) -> bytes:
        """SHA-256 of the canonical statements; most of them are hashed already."""
        hashing = self._first_digest.copy()
        hashing.update(self._others.filled(_in_quads(values)))
        return hashing.digest()


def _values(issuance: Issuance) -> dict[str, bytes]:
    values = {
        "code": issuance.public_code.encode(),
        "subject": str(issuance.subject_id).encode(),
        "name": orjson.dumps(issuance.name)[1:-1],
        "from": _instant(issuance.valid_from),
        "until": _instant(issuance.valid_until),
        "awarded": _instant(issuance.awarded_at),
        "digest": credentials.short_digest(issuance.evidence_sha256).encode(),
        "index": b"%d" % issuance.status_index,
        "genre": credentials.genre(issuance.answers, issuance.supervised).encode(),
        "described": credentials.described(issuance.answers, issuance.supervised).encode(),
    }
    for code, level in issuance.levels.items():
        values[f"level-{code}"] = b"%d" % level
    return values


@lru_cache(maxsize=256)
def _instant(at: datetime) -> bytes:
    # Most of a batch's are the same.
    return instant(at).encode()


def _in_quads(values: dict[str, bytes]) -> dict[str, bytes]:
    """The same values as canonical N-Quads hold them: of all only a name is escaped otherwise, or at all."""
    name: str = orjson.loads(b'"%b"' % values["name"])
    return {**values, "name": name.translate(_ESCAPES).encode()}


def _at(placeholders: Mapping[str, str]) -> re.Pattern[str]:
    # The longest first: one may begin with another.
    return re.compile(
        "("
        + "|".join(re.escape(placeholder) for placeholder in sorted(placeholders.values(), key=len, reverse=True))
        + ")"
    )


class _Template:
    """A text with placeholders."""

    def __init__(self, text: str, placeholders: Mapping[str, str]) -> None:
        slots = {placeholder: slot for slot, placeholder in placeholders.items()}
        parts = _at(placeholders).split(text)
        self._parts = [part.encode() for part in parts]
        self._slots = [(position, slots[part]) for position, part in enumerate(parts) if position % 2]

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        parts = self._parts.copy()
        for position, slot in self._slots:
            parts[position] = values[slot]
        return b"".join(parts)


def _with_placeholders(
    document: dict[str, Any], placeholders: Mapping[str, str], skills: tuple[str, ...]
) -> dict[str, Any]:
    """The credential with placeholders for what differs from learner to learner."""
    text = json.dumps(document)
    made: dict[str, Any] = json.loads(text.replace("/verify/" + "0" * 26, "/verify/" + placeholders["code"]))
    made["validFrom"], made["validUntil"], made["awardedDate"] = (
        placeholders["from"],
        placeholders["until"],
        placeholders["awarded"],
    )
    subject = made["credentialSubject"]
    subject["id"] = f"urn:uuid:{placeholders['subject']}"
    subject["identifier"][0]["identityHash"] = placeholders["name"]
    for code, result in zip(skills, subject["result"], strict=True):
        result["achievedLevel"] = result["achievedLevel"].removesuffix("1") + placeholders[f"level-{code}"]
    entries = made["credentialStatus"]
    for entry in entries if isinstance(entries, list) else [entries]:
        entry["id"] = entry["id"].removesuffix("0") + placeholders["index"]
        entry["statusListIndex"] = placeholders["index"]
    (evidence,) = made["evidence"]
    evidence["id"] = f"ni:///sha-256;{placeholders['digest']}"
    evidence["genre"], evidence["description"] = placeholders["genre"], placeholders["described"]
    return made


def _split_constant(quads: str, placeholders: Mapping[str, str]) -> tuple[bytes, str]:
    """Split canonical statements into those that come first in every credential, and the others.

    A statement without a placeholder comes before one that has some, whatever is filled in, when it sorts before the
    part in front of that one's first placeholder.

    Raises:
        CompilationFailed: the order of the others depends on what is filled in.
    """
    lines = [f"{line}\n" for line in quads.split("\n")[:-1]]
    starts = {
        line: min((line.find(placeholder) for placeholder in placeholders.values() if placeholder in line), default=-1)
        for line in lines
    }
    least = min(line[:start] for line, start in starts.items() if start >= 0)
    first = [line for line in lines if starts[line] < 0 and line < least]
    others = [line for line in lines if starts[line] >= 0 or line >= least]
    split = _at(placeholders)
    for before, after in itertools.pairwise(others):
        if not _sorts_before(split.split(before), split.split(after)):
            raise CompilationFailed("the order of statements depends on what is filled in")
    return "".join(first).encode(), "".join(others)


def _sorts_before(before: list[str], after: list[str]) -> bool:
    """Whether the first text sorts before the second whatever is filled in for the placeholders (the odd parts of both)."""
    for position, (part, other) in enumerate(zip(before, after, strict=False)):
        if part == other:
            continue  # the same text, or the same placeholder: equal whatever is filled in
        if position % 2:
            return False  # two different placeholders
        # Decided within both texts, before a placeholder of either begins.
        return part < other and not other.startswith(part)
    return False
