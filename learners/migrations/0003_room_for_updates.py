"""States are rewritten at every sitting: with room on their page an update touches no index (PostgreSQL's HOT)."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
ALTER TABLE learners_skillstate SET (fillfactor = 60);
ALTER TABLE learners_ability SET (fillfactor = 60);
"""
BACKWARD = """
ALTER TABLE learners_skillstate RESET (fillfactor);
ALTER TABLE learners_ability RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0002_evidence_and_decisions_are_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
