"""Recognises a local database that another checkout made, mostly an earlier one.

Migrations are kept short by folding them, so that a database from before a fold gets to the tree's tables by no migration.
The developer is told; the database is neither repaired nor deleted: what is in it may be somebody's work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.db import ProgrammingError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader

from config import statements


@contextmanager
def explain_if_stale(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Migrate the database inside.

    Raises:
        CommandError: it has migrations of ours that the tree does not have, they fail on it, or it lacks columns after them.
    """
    loader = MigrationLoader(connection)
    ours = _labels_of_ours()
    before = [key for key in loader.applied_migrations if key[0] in ours]
    if gone := [key for key in before if key not in loader.disk_migrations]:
        raise _stale(f"not in the tree: {_some('.'.join(key) for key in gone)}")
    try:
        yield
    except (InconsistentMigrationHistory, ProgrammingError) as error:
        # On a new database the error is in the migrations.
        if not before:
            raise
        raise _stale(str(error).strip().splitlines()[0]) from error
    # A column that was folded into a migration which the database has already is not made any more, without any error.
    if before and (missing := _missing_columns(connection, loader)):
        raise _stale(f"not in it: {_some(missing)}")


def _stale(reason: str) -> CommandError:
    remedy = "let DATABASE_URL name an empty one"
    if "EMBEDDED_DATABASE" in os.environ:
        remedy = "`make clean` deletes it with all local data"
    return CommandError(
        f"another checkout made this database, and its migrations do not lead here ({reason}): {remedy}"
    )


def _labels_of_ours() -> set[str]:
    roots = (settings.BASE_DIR, settings.BASE_DIR / "platform")
    return {config.label for config in apps.get_app_configs() if Path(config.path).parent in roots}


def _missing_columns(connection: BaseDatabaseWrapper, loader: MigrationLoader) -> set[str]:
    """Return the columns that the migrations make (not the models, which may be ahead) and the database does not have."""
    made = [model for model in loader.project_state().apps.get_models(include_auto_created=True) if model._meta.managed]
    return {
        f"{model._meta.db_table}.{field.column}" for model in made for field in model._meta.local_concrete_fields
    } - statements.columns(connection)


def _some(names: Iterable[str]) -> str:
    first, *others = sorted(names)
    return f"{first} and {len(others)} more" if others else first
