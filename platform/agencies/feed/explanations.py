"""Why a learner's levels are what they are, for an agency that is told of the learner: the same that the learner reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from agencies.feed.rules import pseudonym
from agencies.grants.rules import may_see_learners
from agencies.grants.selectors import grants
from agencies.models import Agency, ProgressRow
from agencies.problems import NoGrant
from agencies.scope import agency_scope
from common.clock import rfc3339
from common.errors import NotFound
from learners import public as learners
from privacy import public as privacy
from privacy.public import SHARE_PROGRESS

OPERATION = "explanation"
FIELDS = ("learner", "skills", "evidence", "history")


@transaction.atomic
def explanation(
    *, agency_id: UUID, state: str | None, client_id: str, learner: str, accept_language: str, now: datetime
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """Return the explanation of one learner's skills, and its language; the disclosure is on the ledger.

    Args:
        learner: the learner's id for this agency, as its feed tells it.

    Raises:
        NoGrant: no learner-level grant of the agency's own state is in force.
        NotFound: the agency is told of no such learner, or no longer.
    """
    if not may_see_learners(
        grants(agency_id=agency_id, on=now.date()), agency_id=agency_id, state=state, purpose=SHARE_PROGRESS,
        day=now.date(),
    ):  # fmt: skip
        raise NoGrant()
    with agency_scope(agency_id):
        row = ProgressRow.objects.filter(agency_id=agency_id, pseudonym=learner, withdrawn=False).first()
    # The consent and the state as they are now: the feed may be a moment behind.
    if (
        row is None
        or learners.states_of([row.learner_id]).get(row.learner_id) != state
        or agency_id
        not in privacy.agencies_consented_to(user_ids=[row.learner_id], purpose=SHARE_PROGRESS).get(row.learner_id, ())
    ):
        raise NotFound()
    document, language = learners.explanation(learner_id=row.learner_id, accept_language=accept_language, now=now)
    privacy.record_pull(
        agency_id=agency_id, client_id=client_id, purpose=SHARE_PROGRESS, operation=OPERATION, fields=FIELDS,
        user_ids=[row.learner_id], row_count=1,
    )  # fmt: skip
    key = bytes(Agency.objects.values_list("pseudonym_key", flat=True).get(pk=agency_id))
    return for_agency(key, document), language


def for_agency(key: bytes, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an explanation as this agency is told it: ids that it alone knows, days instead of instants, no free text.

    What moved which skill by how much, the rules and their versions are as the learner reads them.
    """
    return {**_told(key, document), "items": [_told(key, item) for item in document["items"]]}


def _told(key: bytes, value: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, held in value.items():
        if name in ("reason", "item_id"):
            # Words of people about a person; and what would let two agencies match their learners.
            continue
        if name == "level_since":
            told[name] = _day(held)
        elif name == "at" or name.endswith("_at"):
            told[f"{name.removesuffix('at')}on"] = _day(held)
        elif name == "id" or name.endswith("_id"):
            told[name] = pseudonym(key, UUID(str(held))) if held else None
        elif name in ("evidence", "history"):
            told[name] = [_told(key, one) for one in held]
        else:
            told[name] = held
    return told


def _day(instant: datetime | None) -> str | None:
    return rfc3339(instant)[:10] if instant else None
