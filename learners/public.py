"""Everything other apps may know about learners, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from learners.assessors.selectors import Refusal, refusal, refusals
from learners.certificates.awarding import decide_awards
from learners.certificates.bulk_revocation import revoke_approved
from learners.certificates.corrections import supersede_corrected
from learners.certificates.issuers import load_issuers
from learners.certificates.issuing import issue_certificates
from learners.certificates.reconciliation import last_seen as certificate_differences
from learners.certificates.renewal import renew as renew_awards
from learners.certificates.selectors import AchievementStanding, achievement_standing
from learners.certificates.status_publishing import publish_changed as publish_status_lists
from learners.cohorts.selectors import cohort_codes
from learners.decisions.selectors import Change as LevelChangeView
from learners.decisions.selectors import history as level_history
from learners.decisions.services import decide_level, freeze_level, release_level
from learners.enrolments.selectors import Taking, is_enrolled, taking
from learners.enrolments.services import note_passed_assessments
from learners.mastery.explanation import explanation
from learners.mastery.levels import lock as lock_levels
from learners.mastery.levels import unfrozen_levels
from learners.mastery.selectors import (
    ItemDifficulty,
    SkillStanding,
    Standing,
    counts_by_level,
    item_difficulties,
    standing,
)
from learners.mastery.services import ANSWER_FIELDS, absorb_outcomes
from learners.presentations.passports import sign_passports
from learners.presentations.twins import sign_twins
from learners.profiles.selectors import LearnerView, birth_years_of, learner, states_of
from learners.records.selectors import progress_documents
from learners.self_description.selectors import genders_of
from learners.self_description.services import forget_withdrawn
from learners.transparency.services import log_certificates
from learners.waivers.services import waive_lessons

__all__ = [
    "ANSWER_FIELDS",
    "AchievementStanding",
    "ItemDifficulty",
    "LearnerView",
    "LevelChangeView",
    "Refusal",
    "SkillStanding",
    "Standing",
    "Taking",
    "absorb_outcomes",
    "achievement_standing",
    "birth_years_of",
    "certificate_differences",
    "cohort_codes",
    "counts_by_level",
    "decide_awards",
    "decide_level",
    "explanation",
    "forget_withdrawn",
    "freeze_level",
    "genders_of",
    "is_enrolled",
    "issue_certificates",
    "item_difficulties",
    "learner",
    "level_history",
    "load_issuers",
    "lock_levels",
    "log_certificates",
    "note_passed_assessments",
    "progress_documents",
    "publish_status_lists",
    "refusal",
    "refusals",
    "release_level",
    "renew_awards",
    "revoke_approved",
    "sign_passports",
    "sign_twins",
    "standing",
    "states_of",
    "supersede_corrected",
    "taking",
    "unfrozen_levels",
    "waive_lessons",
]
