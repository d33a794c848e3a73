"""Everything other apps may know about learners, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from learners.certificates.services import decide_awards, issue_certificates
from learners.cohorts.selectors import cohort_codes
from learners.enrolments.selectors import Taking, is_enrolled, taking
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
from learners.waivers.services import waive_lessons

__all__ = [
    "ANSWER_FIELDS",
    "ItemDifficulty",
    "LearnerView",
    "SkillStanding",
    "Standing",
    "Taking",
    "absorb_outcomes",
    "cohort_codes",
    "counts_by_level",
    "decide_awards",
    "is_enrolled",
    "issue_certificates",
    "item_difficulties",
    "learner",
    "note_passed_assessments",
    "progress_documents",
    "standing",
    "states_of",
    "taking",
    "waive_lessons",
]
