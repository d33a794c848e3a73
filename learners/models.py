"""Every model of the app, for one migration history."""

from learners.assessors.models import AssessorVerdict, LevelAssessment
from learners.certificates.life_models import BulkRevocation, CertificateCorrection, ExpiryReminder, KeyRotation
from learners.certificates.models import Achievement, Award, Certificate, Issuer, IssuerKey, StatusList
from learners.cohorts.models import Cohort, CohortMember
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.enrolments.models import Enrolment
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
from learners.paper.models import PaperDesign, Rendering
from learners.presentations.models import CertificateTwin, Passport
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress
from learners.self_description.models import SelfDescription
from learners.sharing.models import Share, SharedCertificate
from learners.transparency.models import (
    LogCheckpoint,
    LogCosignature,
    LogEntry,
    LogFork,
    LogLink,
    LogTile,
    WitnessedLog,
)
from learners.waivers.models import LessonWaiver

__all__ = [
    "Ability",
    "Achievement",
    "AssessorVerdict",
    "Award",
    "BulkRevocation",
    "Certificate",
    "CertificateCorrection",
    "CertificateTwin",
    "Cohort",
    "CohortMember",
    "Enrolment",
    "Evidence",
    "ExpiryReminder",
    "Issuer",
    "IssuerKey",
    "ItemParameters",
    "KeyRotation",
    "Learner",
    "LessonProgress",
    "LessonWaiver",
    "LevelAssessment",
    "LevelChange",
    "LevelDecision",
    "LevelFreeze",
    "LogCheckpoint",
    "LogCosignature",
    "LogEntry",
    "LogFork",
    "LogLink",
    "LogTile",
    "PaperDesign",
    "Passport",
    "Rendering",
    "SelfDescription",
    "Share",
    "SharedCertificate",
    "SittingTrace",
    "SkillParameters",
    "SkillState",
    "Snapshot",
    "StatusList",
    "WitnessedLog",
]
