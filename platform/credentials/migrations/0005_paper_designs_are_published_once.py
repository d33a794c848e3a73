"""A published design of certificates never changes and is never deleted."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER paper_design_is_published_once
    BEFORE UPDATE OR DELETE ON credentials_paperdesign FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION privacy_refuse_change('a published design never changes');

-- Pages and pictures are compressed already.
ALTER TABLE credentials_rendering ALTER COLUMN body SET STORAGE EXTERNAL;
"""
BACKWARD = """
ALTER TABLE credentials_rendering ALTER COLUMN body SET STORAGE EXTENDED;
DROP TRIGGER paper_design_is_published_once ON credentials_paperdesign;
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0004_certificate_life_is_guarded")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
