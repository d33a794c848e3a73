"""The statements of passports and certificate JWTs that the ORM has no words for; all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection


def request_passport(learner_id: UUID, *, wanted_sha256: str, now: datetime) -> bool:
    """Store that a passport of this content is asked for; return whether that is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_passport AS passport (learner_id, asked_at, wanted_sha256) VALUES (%s, %s, %s)
            ON CONFLICT (learner_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, wanted_sha256 = EXCLUDED.wanted_sha256
            WHERE passport.wanted_sha256 <> EXCLUDED.wanted_sha256
            RETURNING learner_id
            """,
            [learner_id, now, wanted_sha256],
        )
        return cursor.fetchone() is not None


def store_passports(signed: Sequence[tuple[UUID, str, str]], *, key: str, valid_until: datetime) -> None:
    """Store signed passports, as the issuer.

    Args:
        signed: (learner, digest of the content, text) of each. key: the id of the issuer's key.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE credentials_passport AS passport
            SET credential = new.text, content_sha256 = new.digest, wanted_sha256 = '', key_id = %s, valid_until = %s
            FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, digest, text) WHERE passport.learner_id = new.id
            """,
            [key, valid_until, *map(list, zip(*signed, strict=True))],
        )


def request_jwt(certificate_id: UUID, *, now: datetime) -> bool:
    """Store that a certificate's JWT is asked for; return whether that is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO credentials_certificatejwt (certificate_id, asked_at) VALUES (%s, %s) "
            "ON CONFLICT DO NOTHING RETURNING certificate_id",
            [certificate_id, now],
        )
        return cursor.fetchone() is not None


def store_jwts(signed: Sequence[tuple[UUID, str, str]], *, now: datetime) -> None:
    """Store signed JWTs, as the issuer; one that is signed already stays as it is.

    Args:
        signed: (certificate, token, id of the issuer's key) of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE credentials_certificatejwt AS certificate_jwt
            SET token = new.token, key_id = new.key_id, signed_at = %s
            FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, token, key_id)
            WHERE certificate_jwt.certificate_id = new.id AND certificate_jwt.token = ''
            """,
            [now, *map(list, zip(*signed, strict=True))],
        )
