"""Everything other apps may know about learners, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from learners.certificates.services import decide_awards, issue_certificates
from learners.decisions.services import decide_level, freeze_level, release_level
from learners.enrolments.selectors import is_enrolled
from learners.enrolments.services import note_passed_assessments
from learners.mastery.selectors import (
    ItemDifficulty,
    SkillStanding,
    Standing,
    counts_by_level,
    item_difficulties,
    standing,
)
from learners.mastery.services import ANSWER_FIELDS, absorb_outcomes
from learners.profiles.selectors import LearnerView, learner, states_of
from learners.records.selectors import progress_documents

__all__ = [
    "ANSWER_FIELDS",
    "ItemDifficulty",
    "LearnerView",
    "SkillStanding",
    "Standing",
    "absorb_outcomes",
    "counts_by_level",
    "decide_awards",
    "decide_level",
    "freeze_level",
    "is_enrolled",
    "issue_certificates",
    "item_difficulties",
    "learner",
    "note_passed_assessments",
    "progress_documents",
    "release_level",
    "standing",
    "states_of",
]
