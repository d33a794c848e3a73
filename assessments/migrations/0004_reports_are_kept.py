"""A fairness report and its figures are written once: whoever does not like one cannot mend it."""

from __future__ import annotations

from django.db import migrations

TABLES = ("assessments_fairnessreport", "assessments_fairnessgroup")
FUNCTION = """
CREATE FUNCTION assessments_refuse_report_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
"""
FORWARD = FUNCTION + "\n".join(
    f"CREATE TRIGGER report_is_kept BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION assessments_refuse_report_change();"
    for table in TABLES
)
BACKWARD = "\n".join(f"DROP TRIGGER report_is_kept ON {table};" for table in TABLES) + (
    "DROP FUNCTION assessments_refuse_report_change();"
)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_marks_are_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
