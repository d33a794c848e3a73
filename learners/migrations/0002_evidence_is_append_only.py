"""Evidence is written once: an UPDATE is refused whoever asks. A DELETE is allowed, for it goes with its learner."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION learners_refuse_evidence_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evidence is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER evidence_is_append_only BEFORE UPDATE ON learners_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION learners_refuse_evidence_change();
"""
BACKWARD = """
DROP TRIGGER evidence_is_append_only ON learners_evidence;
DROP FUNCTION learners_refuse_evidence_change();
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
