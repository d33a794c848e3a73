"""A certificate changes in its status only and never once it is revoked or superseded; an award and a key's identity
never change. A DELETE is allowed only while the transaction erases that learner (privacy_refuse_change).

Awards and certificates are inserted by the role skills_issuer alone, which workers may take (config/local/roles.sql).
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER certificate_is_written_once
    BEFORE UPDATE OF id, public_code, award_id, learner_id, predecessor_id, key_id, status_list_id, status_index,
        credential, compact, valid_from, valid_until, issued_at
    ON credentials_certificate FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
CREATE TRIGGER certificate_stays_withdrawn
    BEFORE UPDATE OF status, status_reason, status_changed_at
    ON credentials_certificate FOR EACH ROW WHEN (OLD.status IN ('revoked', 'superseded'))
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
CREATE TRIGGER award_is_written_once
    BEFORE UPDATE ON credentials_award FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
CREATE TRIGGER issuer_key_keeps_its_identity
    BEFORE UPDATE OF id, issuer_id, did, multikey, valid_from
    ON credentials_issuerkey FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
CREATE TRIGGER issuer_key_stays BEFORE DELETE ON credentials_issuerkey
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
CREATE TRIGGER status_list_keeps_its_places
    BEFORE UPDATE OF id, issuer_id, number, secret
    ON credentials_statuslist FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
CREATE TRIGGER status_list_hands_out_once
    BEFORE UPDATE OF used ON credentials_statuslist FOR EACH ROW WHEN (NEW.used < OLD.used)
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');

CREATE TRIGGER certificate_is_kept BEFORE DELETE ON credentials_certificate
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('what was certified is not deleted', 'learner_id');
CREATE TRIGGER award_is_kept BEFORE DELETE ON credentials_award
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('what was certified is not deleted', 'learner_id');

CREATE FUNCTION credentials_require_award() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written LEFT JOIN credentials_award award
            ON award.id = written.award_id AND award.learner_id = written.learner_id
        WHERE award.id IS NULL
    ) OR EXISTS (
        SELECT FROM written JOIN credentials_certificate before ON before.id = written.predecessor_id
        WHERE before.award_id <> written.award_id
    ) THEN
        RAISE EXCEPTION 'a certificate needs an award of its learner' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER certificate_has_its_award AFTER INSERT ON credentials_certificate
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION credentials_require_award();

-- A signed credential is read far more often than it is stored, and hardly compresses.
ALTER TABLE credentials_certificate ALTER COLUMN credential SET STORAGE EXTERNAL;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skills_issuer') THEN
        RAISE EXCEPTION 'the role skills_issuer is missing: run platform/config/local/roles.sql as the administrator';
    END IF;
END
$$;
GRANT SELECT, INSERT ON credentials_award, credentials_certificate TO skills_issuer;
REVOKE INSERT ON credentials_award, credentials_certificate FROM skills_app;
"""
BACKWARD = """
GRANT INSERT ON credentials_award, credentials_certificate TO skills_app;
REVOKE SELECT, INSERT ON credentials_award, credentials_certificate FROM skills_issuer;
ALTER TABLE credentials_certificate ALTER COLUMN credential SET STORAGE EXTENDED;
DROP TRIGGER certificate_has_its_award ON credentials_certificate;
DROP FUNCTION credentials_require_award();
DROP TRIGGER award_is_kept ON credentials_award;
DROP TRIGGER certificate_is_kept ON credentials_certificate;
DROP TRIGGER status_list_hands_out_once ON credentials_statuslist;
DROP TRIGGER status_list_keeps_its_places ON credentials_statuslist;
DROP TRIGGER issuer_key_stays ON credentials_issuerkey;
DROP TRIGGER issuer_key_keeps_its_identity ON credentials_issuerkey;
DROP TRIGGER award_is_written_once ON credentials_award;
DROP TRIGGER certificate_stays_withdrawn ON credentials_certificate;
DROP TRIGGER certificate_is_written_once ON credentials_certificate;
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0001_initial"), ("privacy", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
