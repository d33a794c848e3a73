"""Certificates as VC-JWT: a learner asks, a worker signs, once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from common import clock
from credentials.certificates import keys
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Certificate
from credentials.certificates.signer import did_of, signer_for
from credentials.certificates.verification import is_genuine
from credentials.events import JwtFormAsked
from credentials.presentations import jose, statements
from credentials.presentations.errors import NotPresentable
from credentials.presentations.models import CertificateJwt
from events import public as events
from events.public import Recorded
from privacy import public as privacy

_WORKER = "worker:certificate_jwts"
_log = logging.getLogger(__name__)


def of_certificate(*, learner_id: UUID, certificate_id: UUID) -> CertificateJwt | None:
    """The JWT of the learner's own certificate, signed or only asked for; None when nobody asked. One query."""
    return CertificateJwt.objects.filter(pk=certificate_id, certificate__learner_id=learner_id).first()


def token_of(certificate_id: UUID) -> str | None:
    """The JWT of a certificate; None when nobody asked for it, "" until it is signed. One query."""
    return CertificateJwt.objects.filter(pk=certificate_id).values_list("token", flat=True).first()


@transaction.atomic
def request_jwt(*, learner_id: UUID, certificate_id: UUID, now: datetime) -> CertificateJwt | None:
    """Ask for the JWT of a certificate; a second call finds the first. None when the learner has no such certificate.

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
    if statements.request_jwt(certificate_id, now=now):
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
    """Consumer: signs the JWTs that are asked for, once each, with the issuer's key of today.

    Each certificate is verified first, so that a stored text that was altered is not signed a second time. The request is
    deleted when its certificate is no longer valid. A constant number of statements for the batch and each of its issuers.
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
    for certificate_jwt in waiting:
        certificate = certificate_jwt.certificate
        if _may_be_signed(certificate, now) and is_genuine(certificate):
            by_issuer[certificate.key.issuer_id].append(certificate)
        else:
            dropped.append(certificate.pk)
    signed: list[tuple[UUID, str, str]] = []
    for slug in sorted(by_issuer):
        signer = signer_for(slug)
        key = keys.ensure_registered(signer, issuer=slug, now=now)
        signed += [
            (certificate.pk, jose.secured(orjson.loads(certificate.credential), signer=signer), key)
            for certificate in by_issuer[slug]
        ]
    if dropped:
        _log.warning("certificates that are not valid are not signed as JWT", extra={"count": len(dropped)})
        CertificateJwt.objects.filter(pk__in=dropped).delete()
    if signed:
        with as_issuer():
            statements.store_jwts(signed, now=now)
    privacy.audit_many(
        actor=_WORKER,
        action="certificate.jwt_signed",
        subject_kind="certificate",
        subject_ids=[str(pk) for pk, _, _ in signed],
    )
