"""Every model of the app, for one migration history."""

from learners.assessors.models import AssessorVerdict, LevelAssessment
from learners.cohorts.models import Cohort, CohortMember
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.enrolments.models import Enrolment, EnrolmentEdition
from learners.mastery.models import (
    Ability,
    Evidence,
    ItemParameters,
    LevelChange,
    SittingTrace,
    SkillParameters,
    SkillState,
    Snapshot,
)
from learners.profiles.models import EarlierState, Learner
from learners.progress.models import LessonProgress
from learners.self_description.models import SelfDescription
from learners.waivers.models import LessonWaiver

__all__ = [
    "Ability",
    "AssessorVerdict",
    "Cohort",
    "CohortMember",
    "EarlierState",
    "Enrolment",
    "EnrolmentEdition",
    "Evidence",
    "ItemParameters",
    "Learner",
    "LessonProgress",
    "LessonWaiver",
    "LevelAssessment",
    "LevelChange",
    "LevelDecision",
    "LevelFreeze",
    "SelfDescription",
    "SittingTrace",
    "SkillParameters",
    "SkillState",
    "Snapshot",
]
