"""Marks are given once: no UPDATE, and a DELETE only while the transaction erases that learner (privacy.erasing)."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION assessments_refuse_mark_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.learner_id::text = current_setting('privacy.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'marks are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER marks_are_append_only BEFORE UPDATE OR DELETE ON assessments_mark
    FOR EACH ROW EXECUTE FUNCTION assessments_refuse_mark_change();
"""
BACKWARD = """
DROP TRIGGER marks_are_append_only ON assessments_mark;
DROP FUNCTION assessments_refuse_mark_change();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0002_approved_is_frozen")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
