"""First migrations of large apps: every table is made in its final form, at once."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation

# What the table of a model of the same migration already has when it is made in its final form.
_PARTS_OF_A_TABLE = (migrations.AddField, migrations.AddConstraint, migrations.AddIndex)


class CreatedAtOnce(migrations.Migration):
    """A migration that makes tables and nothing else, as makemigrations writes an app's first.

    Django draws all models that relate to a model anew before each operation on it, and nearly all here relate to the
    account: for 110 operations that takes ten times as long as PostgreSQL takes for the tables. Here the state is brought
    to the migration's end first, and every table is made from its final model. Foreign keys, and with them the order of
    the tables, are no matter: Django's PostgreSQL editor adds them when all tables are there.
    """

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        """Bring the state forward, then make the tables; return the state.

        Raises:
            TypeError: an operation does anything but make a table or add to one that is made here.
        """
        models = {one.name_lower for one in self.operations if isinstance(one, migrations.CreateModel)}
        others = [one.describe() for one in self.operations if not _makes_part_of(models, one)]
        if others:
            raise TypeError(f"{self} can make tables only: {others}")
        before = project_state.clone()
        # Without drawn models, operations change descriptions only; the next who asks for models has them all drawn once.
        project_state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, project_state)
        for operation in self.operations:
            if isinstance(operation, migrations.CreateModel):
                if collect_sql:
                    schema_editor.collected_sql += ["--", f"-- {operation.describe()}", "--"]
                operation.database_forwards(self.app_label, schema_editor, before, project_state)
        return project_state


def _makes_part_of(models: set[str], operation: Operation) -> bool:
    if isinstance(operation, migrations.CreateModel):
        return True
    return isinstance(operation, _PARTS_OF_A_TABLE) and operation.model_name_lower in models
