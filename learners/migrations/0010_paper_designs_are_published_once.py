"""A published design of certificates never changes and is never deleted."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION learners_refuse_design_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published design never changes' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER paper_design_is_published_once
    BEFORE UPDATE OR DELETE ON learners_paperdesign FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION learners_refuse_design_change();

-- Pages and pictures are compressed already.
ALTER TABLE learners_rendering ALTER COLUMN body SET STORAGE EXTERNAL;
"""
BACKWARD = """
ALTER TABLE learners_rendering ALTER COLUMN body SET STORAGE EXTENDED;
DROP TRIGGER paper_design_is_published_once ON learners_paperdesign;
DROP FUNCTION learners_refuse_design_change();
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0009_paper")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
