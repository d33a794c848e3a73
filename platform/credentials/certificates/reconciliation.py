"""Whether certificates and entitlement agree: two lists that must be empty, and how to repair the first.

A repair records again the events that workers act upon; it never decides or issues.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from credentials.certificates import keys, reconciliation_statements
from credentials.certificates.rules import evidence_digest
from credentials.events import AwardDecided, AwardMissing
from events import public as events
from privacy import public as privacy

GRACE = timedelta(minutes=5)
# An award is decided some moments after its evidence was read: what was stored meanwhile is not in its digest.
_READ_BEFORE = timedelta(minutes=2)
_COUNTS = "certificates.reconciliation"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Differences:
    """Differences older than five minutes, at most a thousand of each kind; all empty when everything agrees.

    earned: (learner, course) of learners who earned an achievement that was not awarded to them. awarded: (award,
    learner) without a certificate. unfounded: certificates without an award. unearned: awards whose facts do not meet
    their criteria. altered: awards whose evidence is not what it was.
    """

    earned: tuple[tuple[UUID, UUID], ...]
    awarded: tuple[tuple[UUID, UUID], ...]
    unfounded: tuple[UUID, ...]
    unearned: tuple[UUID, ...]
    altered: tuple[UUID, ...]

    @property
    def entitled_not_issued(self) -> int:
        return len(self.earned) + len(self.awarded)

    @property
    def issued_not_entitled(self) -> int:
        return len(self.unfounded) + len({*self.unearned, *self.altered})


def differences(*, now: datetime, since: datetime | None = None) -> Differences:
    """Compare everything; five queries, and one for each award of which evidence came in while it was decided.

    Args:
        since: compare the facts and the evidence of awards only from then on; of all awards when missing.
    """
    before, since = now - GRACE, since or datetime.min.replace(tzinfo=now.tzinfo, year=1970)
    altered = reconciliation_statements.evidence_differs(before=before, since=since)
    return Differences(
        earned=tuple(reconciliation_statements.earned_not_awarded(before=before)),
        awarded=tuple(reconciliation_statements.awarded_not_issued(before=before)),
        unfounded=tuple(reconciliation_statements.issued_not_awarded(before=before)),
        unearned=tuple(reconciliation_statements.awarded_not_earned(before=before, since=since)),
        altered=tuple(award_id for award_id in altered if not _was_read_before(award_id)),
    )


def _was_read_before(award_id: UUID) -> bool:
    """Whether the digest is that of the evidence that there was some moments before the award was written."""
    rows = reconciliation_statements.evidence_of(award_id)
    if not rows:
        return False
    decided_at, digest = rows[0][4], rows[0][5]
    late = [at for _, at, *_ in rows if at >= decided_at - _READ_BEFORE]
    for read_at in late:
        known = [row for row in rows if row[1] < read_at]
        corrected = {row[2] for row in known}
        if evidence_digest(row[0] for row in known if row[6] and not row[3] and row[0] not in corrected) == digest:
            return True
    return False


def check_and_alert(*, now: datetime) -> Differences:
    """Compare, store the counts for /readyz, and log an alert for each that is not zero.

    Of awards, the last day's facts and evidence are compared. Keys that are older than a year are counted as well.
    """
    found = differences(now=now, since=now - timedelta(days=1))
    counts = {
        "entitled_not_issued": found.entitled_not_issued,
        "issued_not_entitled": found.issued_not_entitled,
        "old_issuer_keys": len(keys.due_for_rotation(now=now)),
    }
    cache.set(_COUNTS, counts, timeout=3600)
    for name, count in counts.items():
        if count:
            _log.error("certificates need a look: %s", name, extra={"alert": name, "count": count})
    return found


@transaction.atomic
def repair(found: Differences) -> int:
    """Record events again for what is missing, so that workers act; return how many events.

    What was awarded or issued since then is not done twice. Certificates without entitlement are for people to look at.
    """
    events.record_many(
        [AwardMissing(learner_id=learner) for learner in sorted({learner for learner, _ in found.earned})]
    )
    events.record_many([AwardDecided(award_id=award, learner_id=learner) for award, learner in found.awarded])
    ids = [str(award) for award, _ in found.awarded]
    privacy.audit_many(actor="reconciliation", action="award.retold", subject_kind="award", subject_ids=ids)
    privacy.audit_many(
        actor="reconciliation",
        action="learner.retold",
        subject_kind="learner",
        subject_ids=sorted({str(learner) for learner, _ in found.earned}),
    )
    return found.entitled_not_issued


def last_counts() -> dict[str, int] | None:
    """The counts that `check_and_alert` stored last, for /readyz; None when there are none of the last hour. One query."""
    counts: dict[str, int] | None = cache.get(_COUNTS)
    return counts
