"""Certificates issued per second by one worker: from the decided award to the stored, signed credential."""

from __future__ import annotations

import os
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.measure import Figure, per_second
from config import reference_data, starter_course
from events import public as events
from learners.models import Certificate
from tests.population import entitle

LEARNERS = 300


def run() -> list[Figure]:
    """Entitle `LEARNERS`, decide, issue; beside raw Ed25519 signing of a message of a credential's size."""
    reference_data.load()
    edition_id = starter_course.load()
    entitle(20, edition_id)  # warms caches and contexts
    events.drain("awards")
    events.drain("certificates")
    before = Certificate.objects.count()
    entitle(LEARNERS, edition_id)
    started = time.perf_counter()
    events.drain("awards", budget_s=300)
    decided = time.perf_counter()
    events.drain("certificates", budget_s=300)
    ended = time.perf_counter()
    issued = Certificate.objects.count() - before
    if issued != LEARNERS:
        raise RuntimeError(f"{issued} of {LEARNERS} certificates")
    key, message = Ed25519PrivateKey.generate(), os.urandom(64)
    raw = per_second(lambda: key.sign(message), times=2000)
    ours = issued / (ended - decided)
    decisions = issued / (decided - started)
    signatures = ("raw Ed25519 signatures", f"{raw:.0f}/s")
    return [
        Figure("certificates: validate, canonicalise, sign, store, event", f"{ours:.0f}/s", *signatures, ours / raw),
        Figure("awards decided", f"{decisions:.0f}/s", *signatures, decisions / raw),
    ]
