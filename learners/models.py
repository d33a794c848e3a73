"""Every model of the app, for one migration history."""

from learners.certificates.models import Achievement, Award, Certificate, IssuerKey
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.enrolments.models import Enrolment
from learners.mastery.models import Ability, Evidence, LevelChange, SkillState
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress

__all__ = [
    "Ability",
    "Achievement",
    "Award",
    "Certificate",
    "Enrolment",
    "Evidence",
    "IssuerKey",
    "Learner",
    "LessonProgress",
    "LevelChange",
    "LevelDecision",
    "LevelFreeze",
    "SkillState",
]
