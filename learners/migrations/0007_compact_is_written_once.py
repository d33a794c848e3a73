"""A compact certificate is written with its certificate and never again."""

from __future__ import annotations

from django.db import migrations

COLUMNS = """id, public_code, award_id, learner_id, predecessor_id, key_id, status_list_id, status_index,
    credential, valid_from, valid_until, issued_at"""
TRIGGER = """
DROP TRIGGER certificate_is_written_once ON learners_certificate;
CREATE TRIGGER certificate_is_written_once BEFORE UPDATE OF {columns}
    ON learners_certificate FOR EACH STATEMENT EXECUTE FUNCTION learners_refuse_certificate_change();
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0006_compact_certificates")]
    operations = [
        migrations.RunSQL(TRIGGER.format(columns=f"{COLUMNS}, compact"), TRIGGER.format(columns=COLUMNS)),
    ]
