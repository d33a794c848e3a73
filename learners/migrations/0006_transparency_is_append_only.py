"""The log only grows: entries, checkpoints and cosignatures are written once, a tile's hashes stay and get successors.

The log is written by the role of workers alone; a web process can only read it and what it cosigned.

A link goes only while the transaction erases that certificate's learner (privacy.erasing); what we witnessed never shrinks.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER log_entry_is_written_once BEFORE UPDATE OR DELETE ON learners_logentry
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_checkpoint_is_written_once BEFORE UPDATE OR DELETE ON learners_logcheckpoint
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_cosignature_is_written_once BEFORE UPDATE OR DELETE ON learners_logcosignature
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_fork_is_written_once BEFORE UPDATE OR DELETE ON learners_logfork
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_tile_is_kept BEFORE DELETE ON learners_logtile
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER log_tile_only_grows BEFORE UPDATE ON learners_logtile
    FOR EACH ROW WHEN (
        OLD.level <> NEW.level OR OLD.place <> NEW.place OR length(NEW.hashes) > 8192
        OR substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) IS DISTINCT FROM OLD.hashes
    ) EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER witnessed_log_is_kept BEFORE DELETE ON learners_witnessedlog
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');
CREATE TRIGGER witnessed_log_only_grows BEFORE UPDATE ON learners_witnessedlog
    FOR EACH ROW WHEN (
        OLD.witness <> NEW.witness OR OLD.origin <> NEW.origin OR NEW.size < OLD.size
        OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
    ) EXECUTE FUNCTION privacy_refuse_change('the transparency log is append-only');

CREATE FUNCTION learners_refuse_log_link_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM learners_certificate
        WHERE id = OLD.certificate_id AND learner_id::text = current_setting('privacy.erasing', true)
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what links a certificate to the log goes with its learner only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER log_link_is_written_once BEFORE UPDATE OR DELETE ON learners_loglink
    FOR EACH ROW EXECUTE FUNCTION learners_refuse_log_link_change();

REVOKE INSERT, UPDATE, DELETE ON learners_logentry, learners_logtile, learners_logcheckpoint FROM skills_app;
REVOKE INSERT, UPDATE ON learners_loglink FROM skills_app;
GRANT INSERT ON learners_logentry, learners_loglink, learners_logcheckpoint TO skills_worker;
GRANT INSERT, UPDATE ON learners_logtile TO skills_worker;
"""
BACKWARD = """
REVOKE INSERT, UPDATE ON learners_logentry, learners_loglink, learners_logcheckpoint, learners_logtile FROM skills_worker;
GRANT INSERT, UPDATE, DELETE ON learners_logentry, learners_logtile, learners_logcheckpoint TO skills_app;
GRANT INSERT, UPDATE ON learners_loglink TO skills_app;
DROP TRIGGER log_link_is_written_once ON learners_loglink;
DROP FUNCTION learners_refuse_log_link_change();
DROP TRIGGER witnessed_log_only_grows ON learners_witnessedlog;
DROP TRIGGER witnessed_log_is_kept ON learners_witnessedlog;
DROP TRIGGER log_tile_only_grows ON learners_logtile;
DROP TRIGGER log_tile_is_kept ON learners_logtile;
DROP TRIGGER log_fork_is_written_once ON learners_logfork;
DROP TRIGGER log_cosignature_is_written_once ON learners_logcosignature;
DROP TRIGGER log_checkpoint_is_written_once ON learners_logcheckpoint;
DROP TRIGGER log_entry_is_written_once ON learners_logentry;
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0005_learners_of_evidence")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
