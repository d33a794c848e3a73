"""What every installation starts from: the register of states, the framework, the purposes, staff roles. May run again."""

from __future__ import annotations


def load() -> None:
    """Load or refresh the reference data; each part is idempotent and one transaction."""
    from accounts.public import ensure_roles
    from agencies.public import load_agencies
    from courses.public import load_framework
    from credentials.public import load_issuers
    from member_states.public import load_register
    from privacy.public import load_purposes

    load_register()
    load_framework()
    load_purposes()
    load_agencies()
    load_issuers()
    ensure_roles()


def is_loaded() -> bool:
    """Whether the reference data are there, by one query."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM member_states_memberstate) AND EXISTS (SELECT FROM courses_framework) "
            "AND EXISTS (SELECT FROM privacy_purpose) AND EXISTS (SELECT FROM credentials_issuer)"
        )
        return bool(cursor.fetchone()[0])
