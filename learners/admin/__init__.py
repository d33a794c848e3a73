"""The admin of learners: what staff of a member state may look at, and nothing that could be edited; assessors judge."""

from learners.admin.assessors import LevelAssessmentAdmin
from learners.admin.certificate_decisions import (
    BulkRevocationAdmin,
    CertificateCorrectionAdmin,
    IssuerAdmin,
    IssuerKeyAdmin,
    KeyRotationAdmin,
    StatusListAdmin,
)
from learners.admin.certificates import AchievementAdmin, AwardAdmin, CertificateAdmin
from learners.admin.cohorts import CohortAdmin, CohortMemberAdmin
from learners.admin.decisions import LevelDecisionAdmin, LevelFreezeAdmin
from learners.admin.learners import EnrolmentAdmin, LearnerAdmin
from learners.admin.mastery import EvidenceAdmin, LevelChangeAdmin, SkillStateAdmin
from learners.admin.paper import PaperDesignAdmin
from learners.admin.transparency import LogCheckpointAdmin, LogForkAdmin, WitnessedLogAdmin

__all__ = [
    "AchievementAdmin",
    "AwardAdmin",
    "BulkRevocationAdmin",
    "CertificateAdmin",
    "CertificateCorrectionAdmin",
    "CohortAdmin",
    "CohortMemberAdmin",
    "EnrolmentAdmin",
    "EvidenceAdmin",
    "IssuerAdmin",
    "IssuerKeyAdmin",
    "KeyRotationAdmin",
    "LearnerAdmin",
    "LevelAssessmentAdmin",
    "LevelChangeAdmin",
    "LevelDecisionAdmin",
    "LevelFreezeAdmin",
    "LogCheckpointAdmin",
    "LogForkAdmin",
    "PaperDesignAdmin",
    "SkillStateAdmin",
    "StatusListAdmin",
    "WitnessedLogAdmin",
]
