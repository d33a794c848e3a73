"""Every model of the app, for one migration history."""

from credentials.certificates.lifecycle_models import (
    BulkRevocation,
    CertificateCorrection,
    ExpiryReminder,
    KeyRotation,
    KeyRotationApproval,
)
from credentials.certificates.models import (
    Achievement,
    AchievementVersion,
    Approval,
    Award,
    Certificate,
    Issuer,
    IssuerKey,
    PassedQuiz,
    StatusList,
)
from credentials.paper.models import PaperDesign, Rendering
from credentials.presentations.models import CertificateJwt, Passport
from credentials.sharing.models import Share, SharedCertificate
from credentials.transparency.models import (
    LogCheckpoint,
    LogCosignature,
    LogEntry,
    LogFork,
    LogLink,
    LogTile,
    WitnessedLog,
)

__all__ = [
    "Achievement",
    "AchievementVersion",
    "Approval",
    "Award",
    "BulkRevocation",
    "Certificate",
    "CertificateCorrection",
    "CertificateJwt",
    "ExpiryReminder",
    "Issuer",
    "IssuerKey",
    "KeyRotation",
    "KeyRotationApproval",
    "LogCheckpoint",
    "LogCosignature",
    "LogEntry",
    "LogFork",
    "LogLink",
    "LogTile",
    "PaperDesign",
    "PassedQuiz",
    "Passport",
    "Rendering",
    "Share",
    "SharedCertificate",
    "StatusList",
    "WitnessedLog",
]
