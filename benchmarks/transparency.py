"""The transparency log: entries appended, and proofs read, beside raw SHA-256 and a bare SELECT.

In CPU seconds of this process and of PostgreSQL's.
"""

from __future__ import annotations

import itertools
import time
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

from benchmarks.measure import Figure, backend_cpu, cpu_per_call
from common import clock
from config import reference_data, starter_course
from courses.models import Edition
from credentials.events import CertificateIssued
from credentials.models import IssuerKey, LogEntry, StatusList
from credentials.transparency import merkle, selectors, tiles
from credentials.transparency.services import publish
from events import public as events
from tests.factories import make_learner

ENTRIES = 6000
CREDENTIAL = "x" * 6000


def run() -> list[Figure]:
    """Log `ENTRIES` certificates as a worker does, batch by batch; sign; prove."""
    reference_data.load()
    events.drain("transparency", budget_s=300)  # of what was measured before
    _certificates(str(starter_course.load()))
    before = LogEntry.objects.count()
    backend = connection.connection.info.backend_pid
    started = time.process_time() + backend_cpu(backend)
    events.drain("transparency", budget_s=300)
    appended = time.process_time() + backend_cpu(backend) - started
    if LogEntry.objects.count() - before != ENTRIES:
        raise RuntimeError("not every certificate was logged")
    publish(now=clock.now())
    size = selectors.newest().size
    text, leaf = b"s" * 16 + CREDENTIAL.encode(), b"l" * 160

    def raw() -> None:
        # What an entry cannot do without: the salted hash of its credential, its leaf's hash, its share of the tree.
        sha256(text).digest()
        sha256(leaf).digest()
        sha256(leaf[:65]).digest()

    hashes = [merkle.leaf_hash(bytes([number % 256])) for number in range(1 << 16)]
    tree = len(hashes) / cpu_per_call(lambda: tiles.grown({}, 0, hashes), times=1, rounds=3)
    places = itertools.cycle(range(0, size, 7))
    raw_entry = 1 / cpu_per_call(raw, times=5000)
    raw_hash = 1 / cpu_per_call(lambda: sha256(leaf[:65]).digest(), times=50_000)
    proofs = 1 / cpu_per_call(
        lambda: selectors.inclusion(index=next(places), size=size), times=200, rounds=3, backend=backend
    )
    with connection.cursor() as cursor:
        selects = 1 / cpu_per_call(lambda: cursor.execute("SELECT 1"), times=500, rounds=3, backend=backend)
    ours = ENTRIES / appended
    return [
        Figure(
            "log: entries a CPU second, with salt, link, tiles and delivery",
            f"{ours:.0f}/s",
            "raw SHA-256 of the same",
            f"{raw_entry:.0f}/s",
            ours / raw_entry,
        ),
        Figure(
            "log: leaves a CPU second into tiles, in process",
            f"{tree:.0f}/s",
            "raw SHA-256 of a node",
            f"{raw_hash:.0f}/s",
            tree / raw_hash,
        ),
        Figure(
            "log: inclusion proofs a CPU second", f"{proofs:.0f}/s", "`SELECT 1`", f"{selects:.0f}/s", proofs / selects
        ),
    ]


def _certificates(edition_id: str) -> None:
    learner = make_learner()
    course_id = Edition.objects.values_list("course", flat=True).get(pk=edition_id)
    with transaction.atomic(), connection.cursor() as cursor:
        IssuerKey.objects.create(id="did:web:b#z", issuer_id="regional", did="did:web:b", multikey="z")
        listed = StatusList.objects.create(issuer_id="regional", number=99, secret=b"")
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO credentials_achievement (id, slug, course_id)
                SELECT uuidv7(), 'benchmark-' || number, edition.course_id
                FROM courses_edition edition, generate_series(1, %s) AS number WHERE edition.id = %s RETURNING id
            )
            INSERT INTO credentials_achievementversion (id, achievement_id, number, criteria, texts, state)
            SELECT uuidv7(), id, 1, '{}', '{}', 'draft' FROM made
            """,
            [ENTRIES, edition_id],
        )
        cursor.execute(
            """
            INSERT INTO credentials_award (id, learner_id, achievement_id, version_id, decided_at, facts, evidence_sha256)
            SELECT uuidv7(), %s, achievement_id, version.id, now(), '{}', ''
            FROM credentials_achievementversion version JOIN credentials_achievement achievement
                ON achievement.id = achievement_id
            WHERE slug LIKE 'benchmark-%%'
            """,
            [learner.pk],
        )
        cursor.execute(
            """
            INSERT INTO credentials_certificate (
                id, public_code, award_id, learner_id, key_id, credential, valid_from, status, status_reason,
                status_list_id, status_index
            )
            SELECT uuidv7(), substr(award.id::text, 11, 26), award.id, learner_id, 'did:web:b#z', %s, now(), 'active', '',
                %s, row_number() OVER ()
            FROM credentials_award AS award JOIN credentials_achievement AS achievement ON achievement.id = achievement_id
            WHERE slug LIKE 'benchmark-%%' RETURNING id
            """,
            [CREDENTIAL, listed.pk],
        )
        events.record_many(
            [
                CertificateIssued(
                    certificate_id=row[0], learner_id=learner.pk, edition_id=UUID(edition_id), course_id=course_id
                )
                for row in cursor.fetchall()
            ]
        )
