"""Every model of the app, for one migration history."""

from learners.certificates.models import Achievement, Award, Certificate, IssuerKey
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
    "Award",
    "Certificate",
    "Enrolment",
    "Evidence",
    "EvidenceTrace",
    "IssuerKey",
    "ItemParameters",
    "Learner",
    "LessonProgress",
    "LevelChange",
    "SkillParameters",
    "SkillState",
    "Snapshot",
]
