"""The admin of credentials: reviewers decide by steps, looks of certificates are edited, all else is only looked at."""

from credentials.admin.achievements import AchievementAdmin, AchievementVersionAdmin
from credentials.admin.certificate_decisions import (
    BulkRevocationAdmin,
    CertificateCorrectionAdmin,
    IssuerAdmin,
    IssuerKeyAdmin,
    KeyRotationAdmin,
    StatusListAdmin,
)
from credentials.admin.certificates import AwardAdmin, CertificateAdmin
from credentials.admin.paper import PaperDesignAdmin
from credentials.admin.transparency import LogCheckpointAdmin, LogForkAdmin, WitnessedLogAdmin

__all__ = [
    "AchievementAdmin",
    "AchievementVersionAdmin",
    "AwardAdmin",
    "BulkRevocationAdmin",
    "CertificateAdmin",
    "CertificateCorrectionAdmin",
    "IssuerAdmin",
    "IssuerKeyAdmin",
    "KeyRotationAdmin",
    "LogCheckpointAdmin",
    "LogForkAdmin",
    "PaperDesignAdmin",
    "StatusListAdmin",
    "WitnessedLogAdmin",
]
