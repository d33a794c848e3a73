"""What becomes of a certificate once it is issued: suspended, reinstated, revoked. Nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from common.errors import DomainError, ReasonMissing
from credentials.certificates import rules
from credentials.certificates.errors import NotReinstatable, NotRevocable, NotSuspendable
from credentials.certificates.models import Certificate
from credentials.events import CertificateStatusChanged
from events import public as events
from privacy import public as privacy

Status = Certificate.Status
_ACTIONS = {
    Status.ACTIVE: "certificate.reinstated",
    Status.SUSPENDED: "certificate.suspended",
    Status.REVOKED: "certificate.revoked",
    Status.SUPERSEDED: "certificate.superseded",
}


@transaction.atomic
def revoke(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Revoke a certificate for good, with the reason that its page shows to nobody but staff.

    Raises:
        NotRevocable: it is withdrawn already, or there is none; nothing is written.
        ReasonMissing: there is no reason.
    """
    _change_one(certificate_id, Status.REVOKED, actor=actor, reason=reason, now=now, refusal=NotRevocable)


@transaction.atomic
def suspend(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Suspend an active certificate while something about it is looked into.

    Raises:
        NotSuspendable: it is not active, or there is none. ReasonMissing: there is no reason.
    """
    _change_one(certificate_id, Status.SUSPENDED, actor=actor, reason=reason, now=now, refusal=NotSuspendable)


@transaction.atomic
def reinstate(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """End a suspension: the certificate holds again as if nothing had been.

    Raises:
        NotReinstatable: it is not suspended, or there is none. ReasonMissing: there is no reason.
    """
    _change_one(certificate_id, Status.ACTIVE, actor=actor, reason=reason, now=now, refusal=NotReinstatable)


def _change_one(
    certificate_id: UUID, after: Status, *, actor: str, reason: str, now: datetime, refusal: type[DomainError]
) -> None:
    if not reason.strip():
        raise ReasonMissing()
    before = (
        Certificate.objects.select_for_update(no_key=True)
        .filter(pk=certificate_id)
        .values_list("status", flat=True)
        .first()
    )
    if before is None or not rules.may_follow(before, after):
        raise refusal()
    change_status([certificate_id], after, actor=actor, reason=reason, now=now)


def change_status(
    certificate_ids: Sequence[UUID], after: Status, *, actor: str, reason: str, now: datetime
) -> list[UUID]:
    """Give that status to those of the certificates that may have it next, in the caller's transaction; return their ids.

    Three statements, whatever their number. Rows are locked in the order of their ids.
    """
    leading = [before for before, following in rules.TRANSITIONS.items() if after in following]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH standing AS (
                SELECT id FROM credentials_certificate WHERE id = ANY(%s) AND status = ANY(%s)
                ORDER BY id FOR NO KEY UPDATE
            )
            UPDATE credentials_certificate AS certificate SET status = %s, status_reason = %s, status_changed_at = %s
            FROM standing, credentials_award award, credentials_achievement achievement
            WHERE certificate.id = standing.id AND award.id = certificate.award_id
                AND achievement.id = award.achievement_id
            RETURNING certificate.id, certificate.learner_id, achievement.edition_id
            """,
            [list(certificate_ids), leading, after, reason.strip()[:200], now],
        )
        changed = sorted(cursor.fetchall())
    events.record_many(
        [
            CertificateStatusChanged(certificate_id=pk, learner_id=learner, edition_id=edition, status=after.value)
            for pk, learner, edition in changed
        ]
    )
    privacy.audit_many(
        actor=actor, action=_ACTIONS[after], subject_kind="certificate", subject_ids=[str(row[0]) for row in changed]
    )
    return [row[0] for row in changed]
