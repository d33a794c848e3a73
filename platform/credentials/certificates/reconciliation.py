"""Whether certificates and entitlement agree: two lists that must be empty, and how to mend the first.

A repair records again the events that workers act upon; it never decides or issues.

The only module here that reads tables of learners by SQL: it sets everybody's levels, enrolments and evidence against
everybody's awards, which is one join in the database and would be all of both in memory through `learners.public`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction

from credentials.certificates import keys
from credentials.certificates.rules import evidence_digest
from credentials.events import AwardDecided, AwardMissing
from events import public as events
from privacy import public as privacy

GRACE = timedelta(minutes=5)
# An award is decided some moments after its evidence was read: what was stored meanwhile is not in its digest.
_READ_BEFORE = timedelta(minutes=2)
_MAX_ROWS = 1000
_SEEN = "certificates.reconciliation"
_log = logging.getLogger(__name__)

# Learners who meet all of an active achievement's criteria, and whom its slug was never awarded. `since`: when the last of
# it came about, as far as the rows tell.
_EARNED_NOT_AWARDED = """
WITH wanted AS (
    SELECT achievement.id, achievement.slug, achievement.edition_id,
        coalesce((achievement.criteria->>'edition_completed')::boolean, false) AS completion,
        entry->>'skill' AS skill, (entry->>'level')::int AS level,
        coalesce((entry->>'certified')::boolean, false) AS strictly,
        jsonb_array_length(achievement.criteria->'skills') AS skills
    FROM credentials_achievement achievement
        LEFT JOIN LATERAL jsonb_array_elements(achievement.criteria->'skills') AS entry ON true
    WHERE achievement.active
), met AS (
    SELECT wanted.id, wanted.slug, wanted.edition_id, wanted.completion, state.learner_id,
        max(greatest(state.last_at, state.level_since, state.certified_at)) AS since
    FROM wanted JOIN learners_skillstate state ON state.skill_code = wanted.skill
        AND CASE WHEN strictly THEN state.certified_level ELSE state.level END >= wanted.level
    GROUP BY 1, 2, 3, 4, 5 HAVING count(*) = max(wanted.skills)
    UNION ALL
    SELECT wanted.id, wanted.slug, wanted.edition_id, true, enrolment.learner_id, enrolment.completed_at
    FROM wanted JOIN learners_enrolment enrolment ON enrolment.edition_id = wanted.edition_id
    WHERE wanted.skill IS NULL AND wanted.completion AND enrolment.completed_at IS NOT NULL
)
SELECT met.learner_id, met.edition_id
FROM met LEFT JOIN learners_enrolment enrolment
    ON enrolment.learner_id = met.learner_id AND enrolment.edition_id = met.edition_id
WHERE (NOT met.completion OR enrolment.completed_at IS NOT NULL)
    AND coalesce(greatest(met.since, enrolment.completed_at), '-infinity') < %(before)s
    AND NOT EXISTS (
        SELECT FROM credentials_award award JOIN credentials_achievement other ON other.id = award.achievement_id
        WHERE award.learner_id = met.learner_id AND other.slug = met.slug
    )
ORDER BY 1, 2
"""
_AWARDED_NOT_ISSUED = """
SELECT award.id, award.learner_id FROM credentials_award award
WHERE award.decided_at < %(before)s AND NOT EXISTS (SELECT FROM credentials_certificate WHERE award_id = award.id)
ORDER BY 1
"""
# The foreign key and a trigger forbid it; asked all the same.
_ISSUED_NOT_AWARDED = """
SELECT certificate.id FROM credentials_certificate certificate
    LEFT JOIN credentials_award award ON award.id = certificate.award_id AND award.learner_id = certificate.learner_id
WHERE award.id IS NULL AND certificate.issued_at < %(before)s
ORDER BY 1
"""
# The facts that an award was written with do not meet the criteria of its achievement's version.
_AWARDED_NOT_EARNED = """
SELECT award.id FROM credentials_award award JOIN credentials_achievement achievement ON achievement.id = award.achievement_id
WHERE award.decided_at < %(before)s AND award.decided_at >= %(since)s AND (
    coalesce((achievement.criteria->>'edition_completed')::boolean, false) AND award.facts->>'completed_at' IS NULL
    OR EXISTS (
        SELECT FROM jsonb_array_elements(achievement.criteria->'skills') AS wanted
        WHERE NOT EXISTS (
            SELECT FROM jsonb_array_elements(award.facts->'skills') AS held
            WHERE held->>'skill' = wanted->>'skill' AND (held->>'level')::int >= (wanted->>'level')::int
        )
    )
)
ORDER BY 1
"""
# The digest is not that of the evidence as it stood when the award was decided.
_EVIDENCE_DIFFERS = """
SELECT award.id FROM credentials_award award JOIN credentials_achievement achievement ON achievement.id = award.achievement_id
WHERE award.decided_at < %(before)s AND award.decided_at >= %(since)s AND award.evidence_sha256 <> (
    SELECT encode(sha256(coalesce(string_agg(evidence.id::text, E'\\n' ORDER BY evidence.id::text COLLATE "C"), '')::bytea),
        'hex')
    FROM learners_evidence evidence
    WHERE evidence.learner_id = award.learner_id AND evidence.recorded_at <= award.decided_at
        AND NOT evidence.voided AND NOT evidence.lapsed
        AND evidence.skills && ARRAY(
            SELECT (entry->>'skill')::varchar FROM jsonb_array_elements(achievement.criteria->'skills') AS entry)
        AND NOT EXISTS (
            SELECT FROM learners_evidence later
            WHERE later.corrects = evidence.id AND later.recorded_at <= award.decided_at)
)
ORDER BY 1
"""
_EVIDENCE_OF = """
SELECT evidence.id, evidence.recorded_at, evidence.corrects, evidence.voided OR evidence.lapsed, award.decided_at,
    award.evidence_sha256, evidence.skills && ARRAY(
        SELECT (entry->>'skill')::varchar FROM jsonb_array_elements(achievement.criteria->'skills') AS entry)
FROM credentials_award award JOIN credentials_achievement achievement ON achievement.id = award.achievement_id
    JOIN learners_evidence evidence ON evidence.learner_id = award.learner_id
        AND evidence.recorded_at <= award.decided_at
WHERE award.id = %s ORDER BY evidence.recorded_at
"""


@dataclass(frozen=True)
class Differences:
    """Of each kind those that are older than five minutes, a thousand at most; all empty when all is well.

    earned: (learner, edition) of who earned an achievement that was not awarded. awarded: (award, learner) without a
    certificate. unfounded: certificates without an award. unearned: awards whose facts do not meet their criteria.
    altered: awards whose evidence is not what it was.
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
        since: look at the facts and the evidence of awards from then on only; at all when missing.
    """
    given = {"before": now - GRACE, "since": since or datetime.min.replace(tzinfo=now.tzinfo, year=1970)}
    altered = [row[0] for row in _rows(_EVIDENCE_DIFFERS, given)]
    return Differences(
        earned=tuple((row[0], row[1]) for row in _rows(_EARNED_NOT_AWARDED, given)),
        awarded=tuple((row[0], row[1]) for row in _rows(_AWARDED_NOT_ISSUED, given)),
        unfounded=tuple(row[0] for row in _rows(_ISSUED_NOT_AWARDED, given)),
        unearned=tuple(row[0] for row in _rows(_AWARDED_NOT_EARNED, given)),
        altered=tuple(entry for entry in altered if not _was_read_before(entry)),
    )


def _rows(sql: str, given: Mapping[str, datetime]) -> list[tuple[UUID, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {_MAX_ROWS}", given)
        return list(cursor.fetchall())


def _was_read_before(award_id: UUID) -> bool:
    """Whether the digest is that of the evidence as it stood some moments before the award was written."""
    with connection.cursor() as cursor:
        cursor.execute(_EVIDENCE_OF, [award_id])
        rows = cursor.fetchall()
    if not rows:
        return False
    decided_at, digest = rows[0][4], rows[0][5]
    late = [at for _, at, *_ in rows if at >= decided_at - _READ_BEFORE]
    for cut in late:
        known = [row for row in rows if row[1] < cut]
        corrected = {row[2] for row in known}
        if evidence_digest(row[0] for row in known if row[6] and not row[3] and row[0] not in corrected) == digest:
            return True
    return False


def watch(*, now: datetime) -> Differences:
    """Look, keep the numbers for /readyz, and log an alert for each that is not zero.

    Of awards the last day's are looked into. Keys that are older than a year are counted as well.
    """
    found = differences(now=now, since=now - timedelta(days=1))
    numbers = {
        "entitled_not_issued": found.entitled_not_issued,
        "issued_not_entitled": found.issued_not_entitled,
        "old_issuer_keys": len(keys.due_for_rotation(now=now)),
    }
    cache.set(_SEEN, numbers, timeout=3600)
    for name, count in numbers.items():
        if count:
            _log.error("certificates need a look: %s", name, extra={"alert": name, "count": count})
    return found


@transaction.atomic
def repair(found: Differences) -> int:
    """Record again that something happened to who waits, so that workers look; return how many events.

    Whatever was done meanwhile is found done. What was issued without entitlement is for people to look at.
    """
    events.record_many([AwardMissing(learner_id=learner) for learner in sorted({entry for entry, _ in found.earned})])
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


def last_seen() -> dict[str, int] | None:
    """The numbers that `watch` found last, for /readyz; None when nobody looked within the hour. One query."""
    seen: dict[str, int] | None = cache.get(_SEEN)
    return seen
