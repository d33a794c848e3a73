"""The admin of learners: what staff of a member state may look at, and nothing that could be edited; assessors judge."""

from learners.admin.assessors import LevelAssessmentAdmin
from learners.admin.cohorts import CohortAdmin, CohortMemberAdmin
from learners.admin.decisions import LevelDecisionAdmin, LevelFreezeAdmin
from learners.admin.learners import EnrolmentAdmin, LearnerAdmin
from learners.admin.mastery import EvidenceAdmin, LevelChangeAdmin, SkillStateAdmin

__all__ = [
    "CohortAdmin",
    "CohortMemberAdmin",
    "EnrolmentAdmin",
    "EvidenceAdmin",
    "LearnerAdmin",
    "LevelAssessmentAdmin",
    "LevelChangeAdmin",
    "LevelDecisionAdmin",
    "LevelFreezeAdmin",
    "SkillStateAdmin",
]
