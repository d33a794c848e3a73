"""What a person decides about a hint, and forgetting old ones. Neither touches a score, a level or a certificate."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from assessments.errors import HintDecided, HintOnOneself
from assessments.integrity import rules
from assessments.integrity.models import IntegrityHint
from assessments.integrity.rules import Rule
from common.errors import NotFound, ReasonMissing
from privacy import public as privacy

CLOCK = "assessments.look_for_hints"


@transaction.atomic
def decide(*, hint_id: UUID, state: str, reason: str, decided_by: UUID, now: datetime) -> None:
    """Close a hint as dismissed or noted, by a named person with a reason; a repeat by the same person changes nothing.

    Nothing else follows: what a person does about an attempt, they do elsewhere and in their own name.

    Raises:
        NotFound: there is no such hint.
        ReasonMissing: the reason is empty.
        HintOnOneself: the person is one of the learners it is about.
        HintDecided: it is closed already, otherwise or by another person.
    """
    if state not in (rules.DISMISSED, rules.NOTED):
        raise ValueError(f"a hint is closed as dismissed or noted, not as {state}")
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(pointer="/reason")
    hint = (
        IntegrityHint.objects.select_for_update(no_key=True, of=("self",))
        .select_related("attempt", "other")
        .filter(pk=hint_id)
        .first()
    )
    if hint is None:
        raise NotFound()
    if decided_by in {hint.attempt.learner_id, hint.other.learner_id if hint.other else None}:
        raise HintOnOneself()
    if hint.state != rules.OPEN:
        if (hint.state, hint.reason, hint.decided_by_id) != (state, reason, decided_by):
            raise HintDecided()
        return
    hint.state, hint.reason, hint.decided_by_id, hint.decided_at = state, reason, decided_by, now
    hint.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    privacy.audit(
        actor=str(decided_by), action=f"integrity.{state}", subject_kind="integrity_hint", subject_id=str(hint.pk)
    )


@transaction.atomic
def forget(*, now: datetime, rule: Rule | None = None) -> int:
    """Delete hints whose time is over; return how many. A suspicion that nobody shared is not kept."""
    rule = rule or rules.rule()
    noted = now - timedelta(days=rule.kept_days_noted)
    others = now - timedelta(days=rule.kept_days)
    old = IntegrityHint.objects.filter(
        Q(state=rules.NOTED, made_at__lt=noted) | (~Q(state=rules.NOTED) & Q(made_at__lt=others))
    )
    gone = [str(pk) for pk in old.values_list("pk", flat=True)]
    old.filter(pk__in=gone).delete()
    privacy.audit_many(actor=CLOCK, action="integrity.forgotten", subject_kind="integrity_hint", subject_ids=gone)
    return len(gone)
