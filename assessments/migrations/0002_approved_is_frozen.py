from django.db import migrations

FREEZE = """
CREATE FUNCTION assessments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'revision % is approved and frozen: make a new revision', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER approved_is_frozen BEFORE UPDATE OR DELETE ON assessments_itemrevision
    FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) EXECUTE FUNCTION assessments_refuse_change();
"""
THAW = """
DROP TRIGGER approved_is_frozen ON assessments_itemrevision;
DROP FUNCTION assessments_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_initial")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
