"""Evidence is written once: no UPDATE, and a DELETE only while the transaction erases that learner (privacy.erasing)."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION learners_refuse_evidence_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.learner_id::text = current_setting('privacy.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'evidence is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER evidence_is_append_only BEFORE UPDATE OR DELETE ON learners_evidence
    FOR EACH ROW EXECUTE FUNCTION learners_refuse_evidence_change();
"""
BACKWARD = """
DROP TRIGGER evidence_is_append_only ON learners_evidence;
DROP FUNCTION learners_refuse_evidence_change();
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
