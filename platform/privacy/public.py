"""Everything other apps may know about privacy: consents, disclosures, the audit log; and how purposes are loaded."""

from privacy.audit.services import audit, audit_many, auditing
from privacy.consents.errors import ConsentMissing
from privacy.consents.selectors import (
    agencies_consented_to,
    consents,
    has_consent,
    require_consent,
    users_consenting_to,
    users_with_consent,
)
from privacy.disclosures.services import record_pull
from privacy.erasure import erasing
from privacy.loading import load_purposes
from privacy.purposes.selectors import language_awaiting_review

FAIRNESS_MONITORING = "fairness_monitoring"  # voluntary: self-descriptions, compared in groups
LEARNING_RECORDS = "learning_records"  # needed to learn
SHARE_EXPLANATIONS = "share_explanations"  # per agency, besides the following
SHARE_PROGRESS = "share_progress"  # per agency

__all__ = [
    "FAIRNESS_MONITORING",
    "LEARNING_RECORDS",
    "SHARE_EXPLANATIONS",
    "SHARE_PROGRESS",
    "ConsentMissing",
    "agencies_consented_to",
    "audit",
    "audit_many",
    "auditing",
    "consents",
    "erasing",
    "has_consent",
    "language_awaiting_review",
    "load_purposes",
    "record_pull",
    "require_consent",
    "users_consenting_to",
    "users_with_consent",
]
