"""Every model of the app, for one migration history."""

from learners.certificates.models import Achievement, Award, Certificate, IssuerKey
from learners.cohorts.models import Cohort, CohortMember
from learners.enrolments.models import Enrolment
from learners.mastery.models import Ability, Evidence, LevelChange, SkillState
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver

__all__ = [
    "Ability",
    "Achievement",
    "Award",
    "Certificate",
    "Cohort",
    "CohortMember",
    "Enrolment",
    "Evidence",
    "IssuerKey",
    "Learner",
    "LessonProgress",
    "LessonWaiver",
    "LevelChange",
    "SkillState",
]
