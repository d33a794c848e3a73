"""What consents, the ledger of disclosures and the audit log hold of people."""

from __future__ import annotations

from common.personal_data import ACCOUNT_LIVES, ALWAYS, Basis, Erasure, Seen, Table, Use

_PROOF = Use("accountability", Basis.LEGAL_DUTY, ACCOUNT_LIVES, (Seen.LEARNER,), Erasure.DELETED)

TABLES = (
    Table("privacy.Purpose", none="code per_agency needed_to_learn"),
    Table("privacy.PurposeText", none="id purpose version language title body machine_drafted"),
    Table(
        "privacy.PurposeTextReview",
        Use("accountability", Basis.PUBLIC_OFFICE, ALWAYS, (Seen.STAFF,), Erasure.NOT_CONCERNED),
        personal="reviewer",
        pseudonymous="recorded_by",
        none="id text recorded_at",
        of_others="reviewer recorded_by",
    ),
    Table(
        "privacy.ConsentRecord",
        _PROOF,
        subject="user",
        personal="purpose agency given",
        pseudonymous="user record_id",
        none="ordinal text_version text_language channel recorded_at",
    ),
    # How much was told of how many; of whom stands in `Disclosure`.
    Table("privacy.Pull", none="id agency client_id purpose operation fields row_count request_id at"),
    Table("privacy.Disclosure", _PROOF, subject="user", personal="pull", pseudonymous="user", none="id"),
    Table(
        "privacy.AuditEntry",
        Use("accountability", Basis.LEGAL_DUTY, ALWAYS, (Seen.STAFF,), Erasure.KEPT_AS_PROOF),
        pseudonymous="actor subject_id detail",
        none="id at action subject_kind request_id",
    ),
)
