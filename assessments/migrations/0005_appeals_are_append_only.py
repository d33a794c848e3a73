"""Steps and decisions of appeals are written once: no UPDATE, and a DELETE only while that learner is erased."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION assessments_refuse_appeal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.learner_id::text = current_setting('privacy.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what happened to an appeal is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER appeal_steps_are_append_only BEFORE UPDATE OR DELETE ON assessments_appealstep
    FOR EACH ROW EXECUTE FUNCTION assessments_refuse_appeal_change();
CREATE TRIGGER appeal_decisions_are_append_only BEFORE UPDATE OR DELETE ON assessments_appealdecision
    FOR EACH ROW EXECUTE FUNCTION assessments_refuse_appeal_change();
CREATE FUNCTION assessments_keep_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.learner_id, OLD.subject, OLD.grounds, OLD.disputed, OLD.opened_at, OLD.due_at)
        IS DISTINCT FROM (NEW.learner_id, NEW.subject, NEW.grounds, NEW.disputed, NEW.opened_at, NEW.due_at)
        OR OLD.closed_at IS NOT NULL
    THEN
        RAISE EXCEPTION 'what an appeal says never changes, nor anything of a closed one'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER what_an_appeal_says_is_kept BEFORE UPDATE ON assessments_appeal
    FOR EACH ROW EXECUTE FUNCTION assessments_keep_appeal();
"""
BACKWARD = """
DROP TRIGGER what_an_appeal_says_is_kept ON assessments_appeal;
DROP TRIGGER appeal_decisions_are_append_only ON assessments_appealdecision;
DROP TRIGGER appeal_steps_are_append_only ON assessments_appealstep;
DROP FUNCTION assessments_keep_appeal();
DROP FUNCTION assessments_refuse_appeal_change();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_reports_are_kept")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
