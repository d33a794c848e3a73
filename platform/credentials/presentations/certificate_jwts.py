"""Certificates as VC-JWT: a learner asks, a worker signs, once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction

from common import clock
from credentials.certificates import keys
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Certificate
from credentials.certificates.signer import did_of, signer_for
from credentials.certificates.verification import is_genuine
from credentials.events import JwtFormAsked
from credentials.presentations import jose
from credentials.presentations.errors import NotPresentable
from credentials.presentations.models import CertificateJwt
from events import public as events
from events.public import Recorded
from privacy import public as privacy

_WORKER = "worker:certificate_jwts"
_log = logging.getLogger(__name__)


def of_certificate(*, learner_id: UUID, certificate_id: UUID) -> CertificateJwt | None:
    """The twin of the learner's own certificate, signed or only asked for; None when nobody asked. One query."""
    return CertificateJwt.objects.filter(pk=certificate_id, certificate__learner_id=learner_id).first()


def token_of(certificate_id: UUID) -> str | None:
    """The signed twin's token; None when it is not signed, "" while it is asked for. One query."""
    return CertificateJwt.objects.filter(pk=certificate_id).values_list("token", flat=True).first()


@transaction.atomic
def request_jwt(*, learner_id: UUID, certificate_id: UUID, now: datetime) -> CertificateJwt | None:
    """Ask for the twin of a certificate; a second call finds the first. None when the learner has no such certificate.

    Raises:
        NotPresentable: the certificate does not hold now, or its issuer signs at another address today.
    """
    certificate = Certificate.objects.select_related("key").filter(pk=certificate_id, learner_id=learner_id).first()
    if certificate is None:
        return None
    existing = of_certificate(learner_id=learner_id, certificate_id=certificate_id)
    if existing is not None:
        return existing
    if not _may_be_signed(certificate, now):
        raise NotPresentable()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO credentials_certificatejwt (certificate_id, asked_at) VALUES (%s, %s) "
            "ON CONFLICT DO NOTHING RETURNING certificate_id",
            [certificate_id, now],
        )
        is_new = cursor.fetchone() is not None
    if is_new:
        events.record(JwtFormAsked(certificate_id=certificate_id, learner_id=learner_id))
    return of_certificate(learner_id=learner_id, certificate_id=certificate_id)


def _may_be_signed(certificate: Certificate, now: datetime) -> bool:
    return (
        certificate.status == Certificate.Status.ACTIVE
        and (certificate.valid_until is None or now < certificate.valid_until)
        and certificate.key.did == did_of(settings.PUBLIC_BASE_URL, certificate.key.issuer_id)
    )


@transaction.atomic
def sign_certificate_jwts(recorded: Sequence[Recorded[JwtFormAsked]]) -> None:
    """Consumer: signs the twins that are asked for, once each, with the issuer's key of today.

    What is signed was verified first: a stored text that was altered is not vouched for a second time. Of a certificate
    that holds no more the wish is dropped. A constant number of statements for the batch and each of its issuers.
    """
    ids = [entry.event.certificate_id for entry in recorded]
    now = clock.now().replace(microsecond=0)
    waiting = (
        CertificateJwt.objects.select_for_update(of=("self",))
        .select_related("certificate__key")
        .filter(pk__in=ids, token="")
        .order_by("pk")
    )
    by_issuer: dict[str, list[Certificate]] = defaultdict(list)
    dropped = []
    for twin in waiting:
        certificate = twin.certificate
        if _may_be_signed(certificate, now) and is_genuine(certificate):
            by_issuer[certificate.key.issuer_id].append(certificate)
        else:
            dropped.append(certificate.pk)
    signed: list[tuple[UUID, str, str]] = []
    for slug in sorted(by_issuer):
        signer = signer_for(slug)
        key = keys.ensure_registered(signer, issuer=slug, now=now)
        signed += [
            (entry.pk, jose.secured(orjson.loads(entry.credential), signer=signer), key) for entry in by_issuer[slug]
        ]
    if dropped:
        _log.warning("certificates that do not hold get no twin", extra={"count": len(dropped)})
        CertificateJwt.objects.filter(pk__in=dropped).delete()
    _store(signed, now)
    privacy.audit_many(
        actor=_WORKER,
        action="certificate.jwt_signed",
        subject_kind="certificate",
        subject_ids=[str(pk) for pk, _, _ in signed],
    )


def _store(signed: Sequence[tuple[UUID, str, str]], now: datetime) -> None:
    if not signed:
        return
    with as_issuer(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE credentials_certificatejwt AS twin SET token = new.token, key_id = new.key_id, signed_at = %s
            FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, token, key_id)
            WHERE twin.certificate_id = new.id AND twin.token = ''
            """,
            [now, *map(list, zip(*signed, strict=True))],
        )
