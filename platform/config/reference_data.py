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
    from config import statements

    return statements.is_reference_data_loaded()
