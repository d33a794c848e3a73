"""Everything other apps may know about learners, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from learners.api.profiles import NameField
from learners.assessors.selectors import Refusal, refusal, refusals
from learners.cohorts.selectors import cohort_codes
from learners.enrolments.selectors import (
    Participation,
    TakenCourse,
    completions,
    editions_taken,
    is_enrolled,
    participation,
    taken_courses,
)
from learners.mastery.deciding import decide_level, freeze_level, release_level
from learners.mastery.explanation import (
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
    explanation,
)
from learners.mastery.history import Change as LevelChangeView
from learners.mastery.history import history as level_history
from learners.mastery.levels import lock as lock_levels
from learners.mastery.levels import unfrozen_levels
from learners.mastery.selectors import (
    AbilityEstimates,
    CountingEvidence,
    HeldLevel,
    ItemDifficulty,
    SkillEstimate,
    ability_estimates,
    counting_evidence,
    counts_by_level,
    held_levels,
    item_difficulties,
    levels_of,
    levels_worth_telling,
)
from learners.mastery.services import absorb_outcomes
from learners.profiles.errors import NameNotPrintable, ProfileMissing
from learners.profiles.rules import BadName, clean_name, is_same_name
from learners.profiles.selectors import (
    LearnerView,
    NamedLearner,
    active_states_of,
    birth_years_of,
    languages_of,
    learner,
    named_learner,
    named_learners,
    states_of,
)
from learners.profiles.services import correct_name, hold_learners, lock_learner, require_printable
from learners.progress.completion import note_passed_assessments, waive_lessons
from learners.progress.guards import MoveGuard
from learners.progress.guards import install as install_move_guard
from learners.progress.selectors import (
    CountedEnrolment,
    EnrolmentView,
    LessonProgressView,
    counted_enrolments,
    newest_enrolments,
)
from learners.self_description.selectors import genders_of
from learners.self_description.services import forget_withdrawn

__all__ = [
    "AbilityEstimates",
    "BadName",
    "CertifiedLevel",
    "CountedEnrolment",
    "CountingEvidence",
    "EnrolmentView",
    "HeldLevel",
    "ItemDifficulty",
    "LearnerAreaView",
    "LearnerEvidenceView",
    "LearnerLevelChangeView",
    "LearnerSkillView",
    "LearnerSkillsView",
    "LearnerView",
    "LessonProgressView",
    "Level",
    "LevelCause",
    "LevelChangeView",
    "MoveGuard",
    "NameField",
    "NameNotPrintable",
    "NamedLearner",
    "NextLevelView",
    "Participation",
    "ProfileMissing",
    "Refusal",
    "Share",
    "SkillEstimate",
    "TakenCourse",
    "ability_estimates",
    "absorb_outcomes",
    "active_states_of",
    "birth_years_of",
    "clean_name",
    "cohort_codes",
    "completions",
    "correct_name",
    "counted_enrolments",
    "counting_evidence",
    "counts_by_level",
    "decide_level",
    "editions_taken",
    "explanation",
    "forget_withdrawn",
    "freeze_level",
    "genders_of",
    "held_levels",
    "hold_learners",
    "install_move_guard",
    "is_enrolled",
    "is_same_name",
    "item_difficulties",
    "languages_of",
    "learner",
    "level_history",
    "levels_of",
    "levels_worth_telling",
    "lock_learner",
    "lock_levels",
    "named_learner",
    "named_learners",
    "newest_enrolments",
    "note_passed_assessments",
    "participation",
    "refusal",
    "refusals",
    "release_level",
    "require_printable",
    "states_of",
    "taken_courses",
    "unfrozen_levels",
    "waive_lessons",
]
