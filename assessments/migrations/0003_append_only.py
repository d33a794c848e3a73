"""Marks, corrections, steps and decisions of appeals, and reports of fairness are written once (privacy_refuse_change).

Whoever does not like a report cannot mend it; what is about a learner goes only while the transaction erases that learner.
And room is left beside each drawn item for its answer, so that the answer is written into the same page and no index
needs to learn of it.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER marks_are_append_only BEFORE UPDATE OR DELETE ON assessments_mark
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('marks are append-only', 'learner_id');
CREATE TRIGGER correction_is_append_only BEFORE UPDATE OR DELETE ON assessments_scorecorrection
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('corrections are append-only', 'learner_id');
CREATE TRIGGER report_is_kept BEFORE UPDATE OR DELETE ON assessments_fairnessreport
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('assessments_fairnessreport is append-only');
CREATE TRIGGER report_is_kept BEFORE UPDATE OR DELETE ON assessments_fairnessgroup
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('assessments_fairnessgroup is append-only');
CREATE TRIGGER appeal_steps_are_append_only BEFORE UPDATE OR DELETE ON assessments_appealstep
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('what happened to an appeal is append-only', 'learner_id');
CREATE TRIGGER appeal_decisions_are_append_only BEFORE UPDATE OR DELETE ON assessments_appealdecision
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('what happened to an appeal is append-only', 'learner_id');
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

ALTER TABLE assessments_attemptitem SET (fillfactor = 50);
"""
BACKWARD = """
ALTER TABLE assessments_attemptitem RESET (fillfactor);
DROP TRIGGER what_an_appeal_says_is_kept ON assessments_appeal;
DROP TRIGGER appeal_decisions_are_append_only ON assessments_appealdecision;
DROP TRIGGER appeal_steps_are_append_only ON assessments_appealstep;
DROP FUNCTION assessments_keep_appeal();
DROP TRIGGER report_is_kept ON assessments_fairnessgroup;
DROP TRIGGER report_is_kept ON assessments_fairnessreport;
DROP TRIGGER correction_is_append_only ON assessments_scorecorrection;
DROP TRIGGER marks_are_append_only ON assessments_mark;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0002_approved_is_frozen"), ("privacy", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
