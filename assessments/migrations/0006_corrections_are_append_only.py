"""A correction is written once, and goes only while the transaction erases its learner (privacy.erasing).

And room is left beside each drawn item for its answer, so that the answer is written into the same page and no index
needs to learn of it.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION assessments_refuse_correction_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.learner_id::text = current_setting('privacy.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'corrections are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER correction_is_append_only BEFORE UPDATE OR DELETE ON assessments_scorecorrection
    FOR EACH ROW EXECUTE FUNCTION assessments_refuse_correction_change();
ALTER TABLE assessments_attemptitem SET (fillfactor = 50);
"""
BACKWARD = """
ALTER TABLE assessments_attemptitem RESET (fillfactor);
DROP TRIGGER correction_is_append_only ON assessments_scorecorrection;
DROP FUNCTION assessments_refuse_correction_change();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0005_appeals_are_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
