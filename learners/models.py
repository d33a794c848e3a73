"""Every model of the app, for one migration history."""

from learners.certificates.models import Achievement, Award, Certificate, IssuerKey
from learners.enrolments.models import Enrolment
from learners.mastery.models import Ability, Evidence, LevelChange, SkillState
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress
from learners.self_description.models import SelfDescription

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
    "SelfDescription",
    "SkillState",
]
