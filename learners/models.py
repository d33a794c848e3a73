"""Every model of the app, for one migration history."""

from learners.assessors.models import AssessorVerdict, LevelAssessment
from learners.certificates.models import Achievement, Award, Certificate, IssuerKey
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.enrolments.models import Enrolment
from learners.mastery.models import (
    Ability,
    Evidence,
    EvidenceTrace,
    ItemParameters,
    LevelChange,
    SkillParameters,
    SkillState,
    Snapshot,
)
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress

__all__ = [
    "Ability",
    "Achievement",
    "AssessorVerdict",
    "Award",
    "Certificate",
    "Enrolment",
    "Evidence",
    "EvidenceTrace",
    "IssuerKey",
    "ItemParameters",
    "Learner",
    "LessonProgress",
    "LevelAssessment",
    "LevelChange",
    "LevelDecision",
    "LevelFreeze",
    "SkillParameters",
    "SkillState",
    "Snapshot",
]
