"""Everything other apps may know about credentials, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from credentials.certificates.approvals import REGIONAL
from credentials.certificates.awarding import decide_awards
from credentials.certificates.bulk_revocation import revoke_approved
from credentials.certificates.corrections import supersede_corrected
from credentials.certificates.issuers import load_issuers
from credentials.certificates.issuing import issue_certificates
from credentials.certificates.loading import load_achievement
from credentials.certificates.quizzes import note_passed_quizzes
from credentials.certificates.reconciliation import last_counts as certificate_differences
from credentials.certificates.renewal import renew_awards
from credentials.certificates.selectors import (
    AchievementProgress,
    HeldCertificate,
    achievement_progress,
    certificates_for_progress,
    newest_certificate,
    newest_of_learner,
)
from credentials.certificates.status_publishing import publish_changed as publish_status_lists
from credentials.paper.fonts import unprintable_character
from credentials.presentations.certificate_jwts import sign_certificate_jwts
from credentials.presentations.passports import sign_passports
from credentials.transparency.services import log_certificates

__all__ = [
    "REGIONAL",
    "AchievementProgress",
    "HeldCertificate",
    "achievement_progress",
    "certificate_differences",
    "certificates_for_progress",
    "decide_awards",
    "issue_certificates",
    "load_achievement",
    "load_issuers",
    "log_certificates",
    "newest_certificate",
    "newest_of_learner",
    "note_passed_quizzes",
    "publish_status_lists",
    "renew_awards",
    "revoke_approved",
    "sign_certificate_jwts",
    "sign_passports",
    "supersede_corrected",
    "unprintable_character",
]
