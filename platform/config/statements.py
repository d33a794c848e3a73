"""SQL of the checks of an installation: the database answers, reference data are loaded, tables have their columns."""

from __future__ import annotations

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


def ping() -> None:
    """Ask the database for an answer.

    Raises:
        django.db.Error: it gives none.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def is_reference_data_loaded() -> bool:
    """Whether there are member states, a framework, purposes and an issuer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM member_states_memberstate) AND EXISTS (SELECT FROM courses_framework) "
            "AND EXISTS (SELECT FROM privacy_purpose) AND EXISTS (SELECT FROM credentials_issuer)"
        )
        return bool(cursor.fetchone()[0])


def columns(database: BaseDatabaseWrapper) -> set[str]:
    """Return the columns of all tables in the current schema, each as `table.column`."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        return {name for (name,) in cursor.fetchall()}
