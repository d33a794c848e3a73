"""The statements of awards, certificates, their status and their reminders that the ORM has no words for.

What writes tables of the issuer must be called within `as_issuer`; everything within the caller's transaction.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from common import binary
from common.database import copy_rows, run_prepared
from common.rendering import to_json
from credentials.certificates.models import Certificate


@dataclass(frozen=True)
class NewAward:
    """An award to be inserted. facts: as in `Award.facts`. evidence_sha256: in hex."""

    id: UUID
    learner_id: UUID
    achievement_id: UUID
    version_id: UUID
    edition_id: UUID | None
    facts: Mapping[str, Any]
    evidence_sha256: str
    number: int


def insert_awards(awards: Sequence[NewAward], *, now: datetime) -> list[tuple[UUID, UUID]]:
    """Insert the awards that are new, as the issuer; return their (award, learner) ids.

    An award that is there already under the same learner, achievement and number stays as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_award (id, learner_id, achievement_id, version_id, edition_id, number, decided_at, facts,
                evidence_sha256)
            SELECT new.id, new.learner_id, new.achievement_id, new.version_id, new.edition_id, new.number, %s, new.facts,
                new.digest
            FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::jsonb[], %s::text[], %s::int[])
                AS new(id, learner_id, achievement_id, version_id, edition_id, facts, digest, number)
            ORDER BY new.learner_id, new.achievement_id
            ON CONFLICT (learner_id, achievement_id, number) DO NOTHING
            RETURNING id, learner_id
            """,
            [
                now,
                [award.id for award in awards],
                [award.learner_id for award in awards],
                [award.achievement_id for award in awards],
                [award.version_id for award in awards],
                [award.edition_id for award in awards],
                [Jsonb(award.facts, dumps=to_json) for award in awards],
                [award.evidence_sha256 for award in awards],
                [award.number for award in awards],
            ],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def note_passed(passed_at: Mapping[tuple[UUID, UUID], datetime]) -> list[tuple[UUID, UUID]]:
    """Note when quizzes were passed, the earliest instant for good; one statement.

    Args:
        passed_at: by learner and quiz.

    Returns:
        (learner, quiz) of those that were not passed before.
    """
    if not passed_at:
        return []
    rows = sorted(passed_at.items())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_passedquiz AS known (learner_id, quiz_id, passed_at)
            SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[])
            ON CONFLICT (learner_id, quiz_id) DO UPDATE SET passed_at = least(known.passed_at, excluded.passed_at)
            RETURNING known.learner_id, known.quiz_id, old.id IS NULL
            """,
            [[learner for (learner, _), _ in rows], [quiz for (_, quiz), _ in rows], [at for _, at in rows]],
        )
        return [(learner, quiz) for learner, quiz, is_new in cursor.fetchall() if is_new]


def lock_awards(award_ids: Sequence[UUID]) -> list[tuple[UUID, UUID, UUID, UUID | None, datetime, str, str]]:
    """Lock the awards (FOR NO KEY UPDATE, in the order of their ids) until the transaction ends.

    Returns (id, learner, version, edition, decided at, facts as JSON text, digest of the evidence) of each that exists.
    """
    return run_prepared(
        """
            SELECT id, learner_id, version_id, edition_id, decided_at, facts::text, evidence_sha256
            FROM credentials_award WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        [binary.uuids(award_ids)],
    )


def certified_awards(award_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the awards that have a certificate."""
    return {
        award_id
        for (award_id,) in run_prepared(
            "SELECT award_id FROM credentials_certificate WHERE award_id = ANY(%s)", [binary.uuids(award_ids)]
        )
    }


@dataclass(frozen=True)
class NewCertificate:
    """A certificate to be inserted, active. key: the id of the issuer's key. list_id and index: of its status list."""

    id: UUID
    public_code: str
    award_id: UUID
    learner_id: UUID
    predecessor_id: UUID | None
    key: str
    list_id: int
    index: int
    credential: str
    compact: bytes
    valid_until: datetime


_COLUMNS = (
    "id, public_code, award_id, learner_id, predecessor_id, key_id, status_list_id, status_index, credential, compact, "
    "valid_from, valid_until, status, status_reason"
)
_FIELDS = struct.Struct("!h").pack(14)
_BIGINT, _INTEGER, _UUID = struct.Struct("!iq"), struct.Struct("!ii"), struct.Struct("!i16s")


def insert_certificates(certificates: Sequence[NewCertificate], *, valid_from: datetime) -> None:
    """COPY the certificates, as the issuer.

    Raises:
        IntegrityError: an award has its certificate already, or a status index is taken. Another transaction that inserts
            one for the same award waits for this one.
    """
    packed = [_packed(certificate, valid_from=valid_from) for certificate in certificates]
    copy_rows("credentials_certificate", _COLUMNS, packed)


def _packed(certificate: NewCertificate, *, valid_from: datetime) -> bytes:
    predecessor = certificate.predecessor_id
    return b"".join(
        (
            _FIELDS,
            _UUID.pack(16, certificate.id.bytes),
            binary.field(certificate.public_code.encode()),
            _UUID.pack(16, certificate.award_id.bytes),
            _UUID.pack(16, certificate.learner_id.bytes),
            binary.NULL if predecessor is None else _UUID.pack(16, predecessor.bytes),
            binary.text(certificate.key),
            _BIGINT.pack(8, certificate.list_id),
            _INTEGER.pack(4, certificate.index),
            binary.field(certificate.credential.encode()),
            binary.field(certificate.compact),
            _BIGINT.pack(8, binary.instant(valid_from)),
            _BIGINT.pack(8, binary.instant(certificate.valid_until)),
            binary.text(Certificate.Status.ACTIVE),
            binary.text(""),
        )
    )


def open_status_list(issuer: str, *, secret: bytes, capacity: int, max_open: int | None) -> list[int]:
    """Insert the issuer's next status list, as the issuer; return its id, or nothing when there is none.

    There is none when `max_open` lists (None: no limit) have unused indexes, or when another transaction opened the
    same list at the same time: this one waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_statuslist (issuer_id, number, secret)
            SELECT %(issuer)s, coalesce(max(number), 0) + 1, %(secret)s
            FROM credentials_statuslist WHERE issuer_id = %(issuer)s
            HAVING %(unlimited)s OR count(*) FILTER (WHERE used < %(capacity)s) < %(max_open)s
            ON CONFLICT DO NOTHING RETURNING id
            """,
            {
                "issuer": issuer,
                "secret": secret,
                "unlimited": max_open is None,
                "capacity": capacity,
                "max_open": max_open or 0,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def change_status(
    certificate_ids: Sequence[UUID], *, before: Sequence[str], after: str, reason: str, now: datetime
) -> list[tuple[UUID, UUID, UUID | None, UUID]]:
    """Change the status of those certificates that have one of the statuses `before`.

    They are locked (FOR NO KEY UPDATE) in the order of their ids. Returns (certificate, learner, edition, course) of each
    that changed, sorted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH changeable AS (
                SELECT id FROM credentials_certificate WHERE id = ANY(%s) AND status = ANY(%s)
                ORDER BY id FOR NO KEY UPDATE
            )
            UPDATE credentials_certificate AS certificate SET status = %s, status_reason = %s, status_changed_at = %s
            FROM changeable, credentials_award award, credentials_achievement achievement
            WHERE certificate.id = changeable.id AND award.id = certificate.award_id
                AND achievement.id = award.achievement_id
            RETURNING certificate.id, certificate.learner_id, award.edition_id, achievement.course_id
            """,
            [list(certificate_ids), list(before), after, reason, now],
        )
        return sorted(cursor.fetchall(), key=lambda row: row[:2])


def with_successors(certificate_ids: Sequence[UUID]) -> list[UUID]:
    """The ids of these certificates and of all that replaced them, one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE replaced AS (
                SELECT id FROM credentials_certificate WHERE id = ANY(%s)
                UNION
                SELECT certificate.id FROM credentials_certificate certificate
                    JOIN replaced ON certificate.predecessor_id = replaced.id
            )
            SELECT id FROM replaced
            """,
            [list(certificate_ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def lock_approved_corrections(
    correction_ids: Sequence[UUID],
) -> list[tuple[UUID, UUID, UUID, UUID | None, datetime, str, str, str, UUID, datetime]]:
    """Lock the certificates of approved corrections (FOR NO KEY UPDATE) and their awards (FOR KEY SHARE).

    Only certificates that are active and not expired. Returns (award, learner, version, edition, decided at, facts as
    JSON text, digest of the evidence, corrected legal name, certificate, its end of validity), by certificate.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT award.id, award.learner_id, award.version_id, award.edition_id, award.decided_at,
                award.facts::text, award.evidence_sha256, correction.legal_name, certificate.id, certificate.valid_until
            FROM credentials_certificatecorrection correction
                JOIN credentials_certificate certificate ON certificate.id = correction.certificate_id
                JOIN credentials_award award ON award.id = certificate.award_id
            WHERE correction.id = ANY(%s) AND correction.approved AND certificate.status = 'active'
                AND certificate.valid_until > statement_timestamp()
            ORDER BY certificate.id FOR NO KEY UPDATE OF certificate FOR KEY SHARE OF award
            """,
            [list(correction_ids)],
        )
        return list(cursor.fetchall())


def insert_issuer_key(key_id: str, *, issuer: str, did: str, multikey: str, valid_from: datetime) -> None:
    """Insert a key, as the issuer; one that is there already under this id stays as it is.

    Raises:
        IntegrityError: the issuer has another open key.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_issuerkey (id, issuer_id, did, multikey, valid_from) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (id) DO NOTHING
            """,
            [key_id, issuer, did, multikey, valid_from],
        )


def insert_key_rotation(
    rotation_id: UUID,
    *,
    issuer: str,
    did: str,
    multikey: str,
    planned_from: datetime,
    prepared_at: datetime,
) -> bool:
    """Insert a rotation, as the issuer; return whether it is new: an issuer has one that is not approved."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_keyrotation (id, issuer_id, did, multikey, planned_from, prepared_at)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
            """,
            [rotation_id, issuer, did, multikey, planned_from, prepared_at],
        )
        return bool(cursor.rowcount)


def insert_due_reminders(distances: Sequence[int], *, now: datetime) -> int:
    """Insert the reminders that are due, at most one for each certificate; return how many are new.

    Args:
        distances: days before the end of validity. Of several that have passed, the nearest one counts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_expiryreminder (certificate_id, days)
            SELECT certificate.id, (
                SELECT min(distance) FROM unnest(%(distances)s::int[]) AS distance
                WHERE certificate.valid_until <= %(now)s + distance * interval '1 day'
            )
            FROM credentials_certificate certificate
                JOIN credentials_award award ON award.id = certificate.award_id
                JOIN accounts_user account ON account.id = certificate.learner_id
            WHERE certificate.status = 'active' AND certificate.valid_until > %(now)s
                AND certificate.valid_until <= %(now)s + %(first)s * interval '1 day' AND account.email <> ''
                AND account.is_active
                AND NOT EXISTS (
                    SELECT FROM credentials_award newer
                    WHERE newer.learner_id = award.learner_id AND newer.achievement_id = award.achievement_id
                        AND newer.number > award.number
                )
            ON CONFLICT (certificate_id, days) DO NOTHING
            """,
            {"now": now, "distances": list(distances), "first": max(distances)},
        )
        return int(cursor.rowcount)


def claim_reminders(*, limit: int, now: datetime) -> list[tuple[int, int, str, UUID, str, datetime]]:
    """Claim reminders that are neither sent nor claimed; those that another transaction has locked are skipped.

    Returns (id, days, address, learner, the achievement's texts as JSON text, end of validity) of those whose certificate
    is still active. The others are claimed as well, so that they are not found again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH claimed AS (
                UPDATE credentials_expiryreminder SET claimed_at = %s, tries = tries + 1
                WHERE id IN (
                    SELECT id FROM credentials_expiryreminder WHERE sent_at IS NULL AND claimed_at IS NULL
                    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                ) RETURNING id, certificate_id, days
            )
            SELECT claimed.id, claimed.days, account.email, certificate.learner_id, version.texts::text,
                certificate.valid_until
            FROM claimed JOIN credentials_certificate certificate ON certificate.id = claimed.certificate_id
                JOIN credentials_award award ON award.id = certificate.award_id
                JOIN credentials_achievementversion version ON version.id = award.version_id
                JOIN accounts_user account ON account.id = certificate.learner_id
            WHERE certificate.status = 'active' AND account.email <> ''
            ORDER BY claimed.id
            """,
            [now, limit],
        )
        return list(cursor.fetchall())
