"""What people decided about a level is written once: no UPDATE, and a DELETE only while that learner is erased.

What was computed until now becomes the computed level.
"""

from __future__ import annotations

from django.db import migrations

TABLES = ("learners_leveldecision", "learners_assessorverdict")

FORWARD = """
UPDATE learners_skillstate SET computed_level = level;
CREATE FUNCTION learners_refuse_decision_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.learner_id::text = current_setting('privacy.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
""" + "".join(
    f"CREATE TRIGGER decision_is_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION learners_refuse_decision_change();\n"
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER decision_is_append_only ON {table};\n" for table in TABLES)
    + "DROP FUNCTION learners_refuse_decision_change();"
)


class Migration(migrations.Migration):
    dependencies = [("learners", "0003_certificates_are_written_once")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
