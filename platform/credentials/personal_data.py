"""What the tables of credentials hold of people: awards, certificates and their forms, links that show them, the log."""

from __future__ import annotations

from common.personal_data import ACCOUNT_LIVES, ALWAYS, Basis, Erasure, Retention, Seen, Table, Use
from credentials.paper.rendering_cache import RETENTION as RENDERINGS_KEPT
from credentials.sharing.services import KEPT_AFTER as SHARES_KEPT

_HELD = Use(
    "certificates",
    Basis.SERVICE,
    ACCOUNT_LIVES,
    (Seen.LEARNER, Seen.STAFF, Seen.AGENCIES, Seen.HOLDERS),
    Erasure.DELETED,
)
_OWN = Use("certificates", Basis.SERVICE, ACCOUNT_LIVES, (Seen.LEARNER,), Erasure.DELETED)
_CORRECTIONS = Use("certificates", Basis.SERVICE, ACCOUNT_LIVES, (Seen.LEARNER, Seen.STAFF), Erasure.DELETED)
_LINKS = Use(
    "certificates",
    Basis.SERVICE,
    Retention(until="after the link ended", for_=SHARES_KEPT),
    (Seen.LEARNER, Seen.HOLDERS),
    Erasure.DELETED,
)
# The ids of members of staff, who are no learners here.
_OFFICE = Use("accountability", Basis.PUBLIC_OFFICE, ALWAYS, (Seen.STAFF,), Erasure.NOT_CONCERNED)

TABLES = (
    Table("credentials.Issuer", none="slug member_state name active"),
    Table("credentials.IssuerKey", none="id issuer did multikey valid_from valid_until"),
    Table("credentials.Achievement", none="id course slug"),
    Table(
        "credentials.AchievementVersion",
        _OFFICE,
        pseudonymous="proposed_by",
        none="id achievement number criteria texts validity_days state proposed_at",
    ),
    Table(
        "credentials.Approval",
        _OFFICE,
        pseudonymous="approved_by ended_by",
        none="id achievement version authority approved_at ended_at",
    ),
    Table(
        "credentials.PassedQuiz",
        _OWN,
        subject="learner",
        pseudonymous="learner",
        learning="quiz_id passed_at",
        none="id",
    ),
    Table(
        "credentials.KeyRotation",
        _OFFICE,
        pseudonymous="approved_by",
        none="id issuer did multikey planned_from prepared_at approved_at",
    ),
    Table(
        "credentials.KeyRotationApproval",
        _OFFICE,
        pseudonymous="approved_by",
        none="id rotation approved_at",
    ),
    Table(
        "credentials.BulkRevocation",
        Use("certificates", Basis.LEGAL_DUTY, ALWAYS, (Seen.STAFF,), Erasure.KEPT_AS_PROOF),
        pseudonymous="certificates requested_by approved_by",
        none="id reason member_state requested_at approved_at done_at revoked",
    ),
    Table(
        "credentials.Award",
        _HELD,
        subject="learner",
        pseudonymous="id learner",
        learning="achievement version edition number decided_at facts",
        none="evidence_sha256",
    ),
    Table(
        "credentials.Certificate",
        _HELD,
        subject="learner",
        personal="credential compact",
        pseudonymous="id public_code learner award predecessor",
        learning="valid_from valid_until status status_reason status_changed_at issued_at",
        none="key status_list status_index",
    ),
    # A list of bits: whose place a bit is stands in the certificate.
    Table("credentials.StatusList", none="id issuer number secret used revocation suspension published_at"),
    Table(
        "credentials.CertificateCorrection",
        _CORRECTIONS,
        subject="learner",
        personal="legal_name reason",
        pseudonymous="id learner certificate asked_by decided_by",
        none="asked_at approved decided_at",
        of_others="decided_by",
    ),
    Table(
        "credentials.ExpiryReminder",
        _OWN,
        subject="certificate__learner",
        pseudonymous="certificate",
        none="id days due_at tries claimed_at sent_at",
    ),
    Table(
        "credentials.PaperDesign",
        Use("certificates", Basis.PUBLIC_OFFICE, ALWAYS, (Seen.EVERYBODY,), Erasure.NOT_CONCERNED),
        personal="signature texts",
        none="id issuer version accent logo created_at published_at",
        of_others="signature texts",
    ),
    Table(
        "credentials.Rendering",
        Use(
            "certificates",
            Basis.SERVICE,
            Retention(until="made again when it is asked for", for_=RENDERINGS_KEPT),
            (Seen.LEARNER, Seen.HOLDERS),
            Erasure.DELETED,
        ),
        subject="certificate__learner",
        personal="body",
        pseudonymous="certificate",
        none="sha256 made_at",
    ),
    Table(
        "credentials.CertificateJwt",
        _HELD,
        subject="certificate__learner",
        personal="token",
        pseudonymous="certificate",
        none="asked_at key signed_at",
    ),
    Table(
        "credentials.Passport",
        _OWN,
        subject="learner",
        personal="credential",
        pseudonymous="learner",
        none="asked_at wanted_sha256 content_sha256 key valid_until",
    ),
    Table(
        "credentials.Share",
        _LINKS,
        subject="learner",
        pseudonymous="id learner",
        personal="fields max_views views created_at expires_at revoked_at",
        none="token_sha256 salt",
    ),
    Table(
        "credentials.SharedCertificate",
        _LINKS,
        subject="share__learner",
        pseudonymous="share certificate",
        none="id position",
    ),
    Table(
        "credentials.LogEntry",
        Use("certificates", Basis.LEGAL_DUTY, ALWAYS, (Seen.EVERYBODY,), Erasure.KEPT),
        # A salted digest: it tells of whom it is only with the salt of its link, which goes.
        pseudonymous="leaf",
        none="index logged_at",
    ),
    Table(
        "credentials.LogLink",
        Use("certificates", Basis.LEGAL_DUTY, ACCOUNT_LIVES, (Seen.HOLDERS,), Erasure.DELETED),
        subject="certificate__learner",
        pseudonymous="entry certificate salt event_id",
        learning="status",
        none="kind",
    ),
    Table("credentials.LogTile", none="id level index hashes"),
    Table("credentials.LogCheckpoint", none="size root note verifier_key published_at"),
    Table("credentials.LogCosignature", none="id checkpoint witness line signed_at"),
    Table("credentials.WitnessedLog", none="id witness origin size root note cosigned_at"),
    Table("credentials.LogFork", none="id origin size kept refused seen_at"),
)
