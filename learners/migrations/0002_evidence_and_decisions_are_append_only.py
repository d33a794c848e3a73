"""Evidence, and what people decided about a level, is written once, and goes while its learner is erased."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER evidence_is_append_only BEFORE UPDATE OR DELETE ON learners_evidence
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('evidence is append-only', 'learner_id');
CREATE TRIGGER decision_is_append_only BEFORE UPDATE OR DELETE ON learners_leveldecision
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('learners_leveldecision is append-only', 'learner_id');
CREATE TRIGGER decision_is_append_only BEFORE UPDATE OR DELETE ON learners_assessorverdict
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('learners_assessorverdict is append-only', 'learner_id');
"""
BACKWARD = """
DROP TRIGGER decision_is_append_only ON learners_assessorverdict;
DROP TRIGGER decision_is_append_only ON learners_leveldecision;
DROP TRIGGER evidence_is_append_only ON learners_evidence;
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0001_initial"), ("privacy", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
