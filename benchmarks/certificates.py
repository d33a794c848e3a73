"""Certificates issued per second by one worker: from the decided award to the stored, signed credential."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import connection
from openbadgeslib.ob3.ldp import add_data_integrity_proof

from benchmarks.measure import Figure, per_second
from common import clock
from config import reference_data, starter_course
from credentials.certificates import credentials, issuing, proofs
from credentials.certificates.compiled import Compiled
from credentials.certificates.credentials import Issuance
from credentials.certificates.signer import signer_for
from credentials.models import Approval, Certificate
from events import public as events
from tests.population import entitle

LEARNERS, SIGNED = 4000, 4000
# As compose runs a worker on two cores.
PROCESSES = 2


def run() -> list[Figure]:
    """Entitle `LEARNERS`, decide, issue; and sign in process; beside raw Ed25519, COPY and openbadgeslib."""
    reference_data.load()
    edition_id = starter_course.load()
    entitle(20, edition_id)  # warms caches and contexts
    events.drain("awards")
    events.drain("certificates")
    before = Certificate.objects.count()
    entitle(LEARNERS, edition_id)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    started = time.perf_counter()
    events.drain("awards", budget_s=300)
    decided = time.perf_counter()
    events.drain("certificates", budget_s=300)
    ended = time.perf_counter()
    issued = Certificate.objects.count() - before
    if issued != LEARNERS:
        raise RuntimeError(f"{issued} of {LEARNERS} certificates")
    together = _by_a_whole_worker(edition_id)
    key, message = Ed25519PrivateKey.generate(), os.urandom(64)
    raw = per_second(lambda: key.sign(message), times=2000)
    stored = issued / (ended - decided)
    decisions = issued / (decided - started)
    copied = _copied_per_second()
    in_process, general = _signed_per_second()
    peer = per_second(openbadgeslib_signer(), times=10)
    signatures = ("raw Ed25519 signatures", f"{raw:.0f}/s")
    copies = ("COPY of the same rows", f"{copied:.0f}/s")
    return [
        Figure("credentials signed in process", f"{in_process:.0f}/s", *signatures, in_process / raw),
        Figure(
            "credentials signed in process",
            f"{in_process:.0f}/s",
            "the general way (pyld)",
            f"{general:.0f}/s",
            in_process / general,
        ),
        Figure(
            "credentials signed in process",
            f"{in_process:.0f}/s",
            "openbadgeslib's signer",
            f"{peer:.0f}/s",
            in_process / peer,
        ),
        Figure("certificates: read, sign, store, event, by one worker", f"{stored:.0f}/s", *signatures, stored / raw),
        Figure("certificates: read, sign, store, event, by one worker", f"{stored:.0f}/s", *copies, stored / copied),
        Figure(
            f"the same, by one worker of {PROCESSES} processes",
            f"{together:.0f}/s",
            *copies,
            together / copied,
        ),
        Figure("awards decided", f"{decisions:.0f}/s", *copies, decisions / copied),
    ]


def _by_a_whole_worker(edition_id: UUID) -> float:
    """Certificates per second by the processes of one worker, which share the cores with the database."""
    before = Certificate.objects.count()
    entitle(LEARNERS, edition_id)
    events.drain("awards", budget_s=300)
    connection.close()  # a child must not speak on its parent's line
    ready = multiprocessing.get_context("fork").Barrier(PROCESSES + 1)
    children = [multiprocessing.get_context("fork").Process(target=_drain, args=(ready,)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    ready.wait(60)
    started = time.perf_counter()
    for child in children:
        child.join(300)
    seconds = time.perf_counter() - started
    issued = Certificate.objects.count() - before
    if issued != LEARNERS:
        raise RuntimeError(f"{issued} of {LEARNERS} certificates")
    return issued / seconds


def _drain(ready: Barrier) -> None:
    connection.ensure_connection()
    ready.wait(60)
    events.drain("certificates", budget_s=300)
    connection.close()


def _signed_per_second() -> tuple[float, float]:
    """Compiled and general, in one process, a new name and place each time."""
    version = Approval.objects.get(ended_at__isnull=True).version
    signs, now = signer_for("jp"), clock.now().replace(microsecond=0)
    parts = {
        "achievement": issuing.published_achievement(version, "ja"),
        "issuer": credentials.issuer_node(did=signs.did, name="bench", base_url=settings.PUBLIC_BASE_URL),
        "status_list": credentials.status_list_address(settings.PUBLIC_BASE_URL, "jp", 1),
        "base_url": settings.PUBLIC_BASE_URL,
    }
    skills = tuple(skill["skill"] for skill in version.criteria["skills"])
    compiled = Compiled(**parts, skills=skills)  # type: ignore[arg-type]
    issuances = [
        Issuance(
            public_code=f"{number:026d}",
            subject_id=uuid4(),
            name=f"山田 愛子 {number}",
            awarded_at=now,
            valid_from=now,
            valid_until=now + timedelta(days=1080),
            status_index=number,
            levels=dict.fromkeys(skills, 1),
            evidence_sha256="ab" * 32,
            answers=12,
            supervised=0,
        )
        for number in range(SIGNED)
    ]
    compiled.signed(issuances[0], signer=signs, created=now)
    started = time.perf_counter()
    for issuance in issuances:
        compiled.signed(issuance, signer=signs, created=now)
    fast = SIGNED / (time.perf_counter() - started)
    few = issuances[:100]
    started = time.perf_counter()
    for issuance in few:
        document = credentials.credential(issuance, **parts)  # type: ignore[arg-type]
        orjson.dumps(proofs.secured(document, signer=signs, created=now))
    return fast, len(few) / (time.perf_counter() - started)


def _copied_per_second() -> float:
    """COPY of the certificates' rows, as they are, into a table like theirs."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (LIKE credentials_certificate INCLUDING INDEXES INCLUDING DEFAULTS)")
        cursor.execute("SELECT * FROM credentials_certificate")
        rows = cursor.fetchall()
        started = time.perf_counter()
        with cursor.copy("COPY copied FROM STDIN") as into:
            for row in rows:
                into.write_row(row)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE copied")
    return len(rows) / seconds


def openbadgeslib_signer() -> Callable[[], object]:
    """Signs one of our credentials by openbadgeslib's signer of `eddsa-rdfc-2022`."""
    document = orjson.loads(Certificate.objects.order_by("pk").values_list("credential", flat=True)[0])
    del document["proof"]
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    return lambda: add_data_integrity_proof(document, pem, verification_method="did:web:testserver#key")
