"""The log only grows: entries, checkpoints and cosignatures are written once, a tile's hashes stay and get successors.

The log is written by the role of workers alone; a web process can only read it and what it cosigned.

A link goes only while the transaction erases that certificate's learner (privacy.erasing); what we witnessed never shrinks.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER log_entry_is_written_once BEFORE UPDATE OR DELETE ON credentials_logentry
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_checkpoint_is_written_once BEFORE UPDATE OR DELETE ON credentials_logcheckpoint
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_cosignature_is_written_once BEFORE UPDATE OR DELETE ON credentials_logcosignature
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_fork_is_written_once BEFORE UPDATE OR DELETE ON credentials_logfork
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_tile_is_kept BEFORE DELETE ON credentials_logtile
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_tile_only_grows BEFORE UPDATE ON credentials_logtile
    FOR EACH ROW WHEN (
        OLD.level <> NEW.level OR OLD.index <> NEW.index OR length(NEW.hashes) > 8192
        OR substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) IS DISTINCT FROM OLD.hashes
    ) EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER witnessed_log_is_kept BEFORE DELETE ON credentials_witnessedlog
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER witnessed_log_only_grows BEFORE UPDATE ON credentials_witnessedlog
    FOR EACH ROW WHEN (
        OLD.witness <> NEW.witness OR OLD.origin <> NEW.origin OR NEW.size < OLD.size
        OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
    ) EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');

CREATE FUNCTION credentials_refuse_log_link_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM credentials_certificate
        WHERE id = OLD.certificate_id AND learner_id::text = current_setting('privacy.erasing', true)
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what links a certificate to the log goes with its learner only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER log_link_is_written_once BEFORE UPDATE OR DELETE ON credentials_loglink
    FOR EACH ROW EXECUTE FUNCTION credentials_refuse_log_link_change();

REVOKE INSERT, UPDATE, DELETE ON credentials_logentry, credentials_logtile, credentials_logcheckpoint FROM skills_app;
REVOKE INSERT, UPDATE ON credentials_loglink FROM skills_app;
GRANT INSERT ON credentials_logentry, credentials_loglink, credentials_logcheckpoint TO skills_worker;
GRANT INSERT, UPDATE ON credentials_logtile TO skills_worker;
"""
BACKWARD = """
REVOKE INSERT, UPDATE ON credentials_logentry, credentials_loglink, credentials_logcheckpoint, credentials_logtile FROM skills_worker;
GRANT INSERT, UPDATE, DELETE ON credentials_logentry, credentials_logtile, credentials_logcheckpoint TO skills_app;
GRANT INSERT, UPDATE ON credentials_loglink TO skills_app;
DROP TRIGGER log_link_is_written_once ON credentials_loglink;
DROP FUNCTION credentials_refuse_log_link_change();
DROP TRIGGER witnessed_log_only_grows ON credentials_witnessedlog;
DROP TRIGGER witnessed_log_is_kept ON credentials_witnessedlog;
DROP TRIGGER log_tile_only_grows ON credentials_logtile;
DROP TRIGGER log_tile_is_kept ON credentials_logtile;
DROP TRIGGER log_fork_is_written_once ON credentials_logfork;
DROP TRIGGER log_cosignature_is_written_once ON credentials_logcosignature;
DROP TRIGGER log_checkpoint_is_written_once ON credentials_logcheckpoint;
DROP TRIGGER log_entry_is_written_once ON credentials_logentry;
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0002_certificates_are_written_once")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
