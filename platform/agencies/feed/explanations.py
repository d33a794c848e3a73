"""Why a learner's levels are what they are, for an agency whose feed has the learner: the same that the learner reads."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, TypedDict
from uuid import UUID

from django.db import transaction

from agencies.errors import NoGrant
from agencies.feed import selectors
from agencies.feed.rules import pseudonym
from agencies.grants.rules import may_see_learners
from agencies.grants.selectors import grants
from agencies.models import Agency, ProgressRow
from agencies.scope import agency_scope
from common.errors import NotFound
from common.schemas import Keywords
from learners import public as learners
from learners.public import (
    CertifiedLevel,
    LearnerAreaView,
    LearnerEvidenceView,
    LearnerLevelChangeView,
    LearnerSkillsView,
    LearnerSkillView,
    Level,
    LevelCause,
    NextLevelView,
    Share,
)
from privacy import public as privacy
from privacy.public import SHARE_EXPLANATIONS, SHARE_PROGRESS

OPERATION = "explanation"
FIELDS = ("learner", "skills", "evidence", "history")


class ExplainedEvidence(TypedDict):
    """One answer, and what it did."""

    id: Annotated[str, Keywords("For your agency alone, like the learner's.")]
    level: Annotated[int, Keywords("Level that the item is written for.")]
    score: Share
    answered_on: date
    language: str
    supervised: bool
    moved_by: Annotated[float, Keywords("By how many logits the answer moved the ability in this skill.")]
    of_which_practice: float
    explanation: Annotated[str, Keywords("The same in words.")]


class ExplainedChange(TypedDict):
    """One change of the level."""

    on: date
    level: Level
    cause: LevelCause
    explanation: str
    evidence_id: str | None
    probability: float | None
    decision_id: str | None
    rule: str | None
    framework_version: Annotated[str, Keywords("Of the framework whose threshold or rubric this was.")]


class ExplainedSkill(TypedDict):
    """One skill with what is behind its level; the members are those that the learner reads at /api/v1/me/skills."""

    code: str
    name: str
    area: LearnerAreaView | None
    level: Level
    level_name: str | None
    level_since: date | None
    framework_version: Annotated[str, Keywords("Of the framework by which the answers were judged last.")]
    certified_level: CertifiedLevel
    certified_on: date | None
    expected_success: Share
    review_due: bool
    probability: float
    provisional: bool
    answers: int
    last_on: date | None
    next_level: Annotated[NextLevelView | None, Keywords("null: higher levels are given by people only.")]
    evidence: list[ExplainedEvidence]
    level_cause: LevelCause | None
    frozen: Annotated[bool, Keywords("The level is disputed: it stays what it is until that is decided.")]
    history: list[ExplainedChange]


class ExplanationView(TypedDict):
    """Why the levels of one learner are what they are."""

    items: list[ExplainedSkill]
    next: str | None
    rule: Annotated[str, Keywords("Versions of the rules that levels were computed by.")]
    snapshot: Annotated[str, Keywords("Version of the item parameters.")]
    framework_version: str


@transaction.atomic
def explanation(
    *, agency_id: UUID, state: str | None, client_id: str, learner: str, accept_language: str, now: datetime
) -> tuple[ExplanationView, str]:
    """Return the explanation of one learner's skills, and its language; the disclosure is on the ledger.

    Args:
        learner: the learner's id for this agency, as in its feed.

    Raises:
        NoGrant: no learner-level grant of the agency's own state for this purpose is in force.
        NotFound: the agency's feed has no such learner, or no longer.
        ConsentMissing: the learner shares the progress with the agency, and not this.
    """
    given, day = grants(agency_id=agency_id, on=now.date()), now.date()
    if not all(
        may_see_learners(given, agency_id=agency_id, state=state, purpose=purpose, day=day)
        for purpose in (SHARE_PROGRESS, SHARE_EXPLANATIONS)
    ):
        raise NoGrant()
    with agency_scope(agency_id):
        row = ProgressRow.objects.filter(agency_id=agency_id, pseudonym=learner, withdrawn=False).first()
    # The consent and the state as they are now: the feed may be a moment behind.
    if (
        row is None
        or selectors.states_of_visible([row.learner_id]).get(row.learner_id) != state
        or not privacy.has_consent(user_id=row.learner_id, purpose=SHARE_PROGRESS, agency_id=agency_id)
    ):
        raise NotFound()
    privacy.require_consent(user_id=row.learner_id, purpose=SHARE_EXPLANATIONS, agency_id=agency_id)
    document, language = learners.explanation(learner_id=row.learner_id, accept_language=accept_language, now=now)
    privacy.record_pull(
        agency_id=agency_id,
        client_id=client_id,
        purpose=SHARE_EXPLANATIONS,
        operation=OPERATION,
        fields=FIELDS,
        user_ids=[row.learner_id],
        row_count=1,
    )
    key = bytes(Agency.objects.values_list("pseudonym_key", flat=True).get(pk=agency_id))
    return for_agency(key, document), language


def for_agency(key: bytes, document: LearnerSkillsView) -> ExplanationView:
    """Return an explanation as it is published to this agency: ids that it alone knows, days instead of instants, no free text.

    What moved which skill by how much, the rules and their versions are as the learner reads them.
    """
    return {
        "items": [_skill(key, skill) for skill in document["items"]],
        "next": document["next"],
        "rule": document["rule"],
        "snapshot": document["snapshot"],
        "framework_version": document["framework_version"],
    }


def _skill(key: bytes, skill: LearnerSkillView) -> ExplainedSkill:
    return {
        "code": skill["code"],
        "name": skill["name"],
        "area": skill["area"],
        "level": skill["level"],
        "level_name": skill["level_name"],
        "level_since": _day(skill["level_since"]),
        "framework_version": skill["framework_version"],
        "certified_level": skill["certified_level"],
        "certified_on": _day(skill["certified_at"]),
        "expected_success": skill["expected_success"],
        "review_due": skill["review_due"],
        "probability": skill["probability"],
        "provisional": skill["provisional"],
        "answers": skill["answers"],
        "last_on": _day(skill["last_at"]),
        "next_level": skill["next_level"],
        "evidence": [_evidence(key, answer) for answer in skill["evidence"]],
        "level_cause": skill["level_cause"],
        "frozen": skill["frozen"],
        "history": [_change(key, change) for change in skill["history"]],
    }


def _evidence(key: bytes, answer: LearnerEvidenceView) -> ExplainedEvidence:
    """Without the item's id, by which two agencies could match their learners."""
    return {
        "id": pseudonym(key, answer["id"]),
        "level": answer["level"],
        "score": answer["score"],
        "answered_on": answer["answered_at"].astimezone(UTC).date(),
        "language": answer["language"],
        "supervised": answer["supervised"],
        "moved_by": answer["moved_by"],
        "of_which_practice": answer["of_which_practice"],
        "explanation": answer["explanation"],
    }


def _change(key: bytes, change: LearnerLevelChangeView) -> ExplainedChange:
    """Without the reason: words of people about a person."""
    return {
        "on": change["at"].astimezone(UTC).date(),
        "level": change["level"],
        "cause": change["cause"],
        "explanation": change["explanation"],
        "evidence_id": _pseudonym(key, change["evidence_id"]),
        "probability": change["probability"],
        "decision_id": _pseudonym(key, change["decision_id"]),
        "rule": change["rule"],
        "framework_version": change["framework_version"],
    }


def _day(instant: datetime | None) -> date | None:
    return instant.astimezone(UTC).date() if instant else None


def _pseudonym(key: bytes, identifier: UUID | None) -> str | None:
    return pseudonym(key, identifier) if identifier else None
