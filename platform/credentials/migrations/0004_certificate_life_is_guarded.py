"""A certificate's status follows credentials.certificates.rules.TRANSITIONS; requests that people decide are decided once.

Keys, status lists and rotations are written by the role skills_issuer alone: whoever could add a key could publish one of
their own in the DID document.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION credentials_check_certificate_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('active', 'suspended'), ('active', 'revoked'), ('active', 'superseded'),
        ('suspended', 'active'), ('suspended', 'revoked')
    ) THEN
        RAISE EXCEPTION 'a certificate does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'superseded'
        AND NOT EXISTS (SELECT FROM credentials_certificate WHERE predecessor_id = NEW.id) THEN
        RAISE EXCEPTION 'a certificate is superseded by its successor' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER certificate_status_follows BEFORE UPDATE OF status ON credentials_certificate
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION credentials_check_certificate_status();

CREATE FUNCTION credentials_require_standing_predecessor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Most batches have no correction in them: they look at nothing else.
    IF NOT EXISTS (SELECT FROM written WHERE predecessor_id IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM written JOIN credentials_certificate before ON before.id = written.predecessor_id
        WHERE before.status <> 'active' OR written.valid_until > before.valid_until
    ) THEN
        RAISE EXCEPTION 'a correction replaces an active certificate and is valid no longer than it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER certificate_replaces_an_active_one AFTER INSERT ON credentials_certificate
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION credentials_require_standing_predecessor();

CREATE TRIGGER correction_is_asked_once
    BEFORE UPDATE OF id, certificate_id, learner_id, legal_name, reason, asked_by, asked_at
    ON credentials_certificatecorrection FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER correction_is_decided_once BEFORE UPDATE ON credentials_certificatecorrection
    FOR EACH ROW WHEN (OLD.approved IS NOT NULL)
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER correction_is_kept BEFORE DELETE ON credentials_certificatecorrection
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('what was certified is not deleted', 'learner_id');
CREATE TRIGGER bulk_revocation_is_asked_once
    BEFORE UPDATE OF id, certificates, reason, member_state_id, requested_by, requested_at
    ON credentials_bulkrevocation FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER bulk_revocation_is_approved_once BEFORE UPDATE OF approved_by, approved_at ON credentials_bulkrevocation
    FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL)
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER bulk_revocation_is_kept BEFORE DELETE ON credentials_bulkrevocation
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER key_rotation_is_prepared_once
    BEFORE UPDATE OF id, issuer_id, did, multikey, planned_from, prepared_by, prepared_at
    ON credentials_keyrotation FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER key_rotation_is_approved_once BEFORE UPDATE ON credentials_keyrotation
    FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL)
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER key_rotation_is_kept BEFORE DELETE ON credentials_keyrotation
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
-- A key that was closed stays closed, at the instant at which it was.
CREATE TRIGGER issuer_key_stays_closed BEFORE UPDATE OF valid_until ON credentials_issuerkey
    FOR EACH ROW WHEN (OLD.valid_until IS NOT NULL)
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');

GRANT SELECT, INSERT, UPDATE ON credentials_issuerkey, credentials_statuslist, credentials_keyrotation TO skills_issuer;
REVOKE INSERT, UPDATE, DELETE ON credentials_issuerkey, credentials_statuslist, credentials_keyrotation FROM skills_app;
"""
BACKWARD = """
GRANT INSERT, UPDATE, DELETE ON credentials_issuerkey, credentials_statuslist, credentials_keyrotation TO skills_app;
REVOKE SELECT, INSERT, UPDATE ON credentials_issuerkey, credentials_statuslist, credentials_keyrotation FROM skills_issuer;
DROP TRIGGER issuer_key_stays_closed ON credentials_issuerkey;
DROP TRIGGER key_rotation_is_kept ON credentials_keyrotation;
DROP TRIGGER key_rotation_is_approved_once ON credentials_keyrotation;
DROP TRIGGER key_rotation_is_prepared_once ON credentials_keyrotation;
DROP TRIGGER bulk_revocation_is_kept ON credentials_bulkrevocation;
DROP TRIGGER bulk_revocation_is_approved_once ON credentials_bulkrevocation;
DROP TRIGGER bulk_revocation_is_asked_once ON credentials_bulkrevocation;
DROP TRIGGER correction_is_kept ON credentials_certificatecorrection;
DROP TRIGGER correction_is_decided_once ON credentials_certificatecorrection;
DROP TRIGGER correction_is_asked_once ON credentials_certificatecorrection;
DROP TRIGGER certificate_replaces_an_active_one ON credentials_certificate;
DROP FUNCTION credentials_require_standing_predecessor();
DROP TRIGGER certificate_status_follows ON credentials_certificate;
DROP FUNCTION credentials_check_certificate_status();
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0003_transparency_is_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
