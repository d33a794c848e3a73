"""Credentials judged per second, as an agency hands them in, beside one Ed25519 verification and another's verifier."""

from __future__ import annotations

import os
import time
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbadgeslib.ob3.ldp import OB3LdpVerifier

from benchmarks.measure import Figure, per_second
from common import clock
from config import reference_data, starter_course
from credentials.certificates import keys
from credentials.certificates.judging import judge
from credentials.certificates.rules import Verdict
from credentials.models import Certificate
from events import public as events
from tests.population import entitle

CREDENTIALS = 1000


def run() -> list[Figure]:
    """Issue as many as are missing to `CREDENTIALS`, judge them in one call: as they are stored, and spelt otherwise."""
    reference_data.load()
    edition_id = starter_course.load()
    missing = CREDENTIALS - Certificate.objects.count()
    if missing > 0:
        entitle(missing, edition_id)
        events.drain("awards", budget_s=300)
        events.drain("certificates", budget_s=300)
    texts = list(Certificate.objects.values_list("credential", flat=True)[:CREDENTIALS])
    spelt = [
        orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() for text in texts
    ]
    key, message = Ed25519PrivateKey.generate(), os.urandom(64)
    signature, public = key.sign(message), key.public_key()
    raw = per_second(lambda: public.verify(signature, message), times=1000)
    peer = _of_openbadgeslib(texts[:20])
    exact, other = _judged(texts), _judged(spelt)
    limit = ("raw Ed25519 verifications", f"{raw:.0f}/s")
    return [
        Figure("credentials verified, 1,000 in one call, as stored", f"{exact:.0f}/s", *limit, exact / raw),
        Figure("credentials verified, 1,000 in one call, JSON spelt otherwise", f"{other:.0f}/s", *limit, other / raw),
        Figure("the same", f"{exact:.0f}/s", "openbadgeslib's verifier", f"{peer:.0f}/s", exact / peer),
    ]


def _judged(texts: list[str]) -> float:
    def call() -> None:
        verdicts = {entry.verdict for entry in judge(texts, now=clock.now())}
        if verdicts != {Verdict.VALID}:
            raise RuntimeError(f"not all are valid: {verdicts}")

    return len(texts) * per_second(call, times=1, rounds=3)


def _of_openbadgeslib(texts: list[str]) -> float:
    """Its verifier with the keys at hand, nothing fetched."""
    documents: dict[str, bytes] = {}

    def fetch(url: str) -> bytes:
        return documents[url]

    started = time.perf_counter()
    for text in texts:
        did: Any = orjson.loads(text)["issuer"]["id"]
        slug = did.rpartition(":")[2]
        url = f"https://{did.split(':')[2]}/issuers/{slug}/did.json"
        documents.setdefault(url, orjson.dumps(keys.did_document(slug)))
        OB3LdpVerifier(issuer_did=did).verify(text, download=fetch)
    return len(texts) / (time.perf_counter() - started)
