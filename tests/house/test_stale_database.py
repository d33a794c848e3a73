"""A person comes back to a checkout after months: the local database is from before, and its migrations were folded since."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory

from config.local import supervisor
from config.local.processes import LocalServiceError
from config.stale_database import explain_if_stale

GONE = "INSERT INTO django_migrations (app, name, applied) VALUES ('learners', '0099_folded_since', now())"


@pytest.fixture
def set_up(settings: Any, tmp_path: Path) -> Any:
    settings.SETTINGS_MODULE = "config.settings.development"
    return lambda: call_command("set_up_local", accounts=tmp_path / "sign-ins.json")


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        (GONE, r"not in the tree: learners\.0099_folded_since\)"),
        (
            "DELETE FROM django_migrations WHERE app = 'learners' AND name LIKE '0001%'",
            "is applied before its dependency",
        ),
        ("DELETE FROM django_migrations WHERE app = 'assessments' AND name >= '0003'", "already exists"),
        ("ALTER TABLE credentials_share DROP COLUMN salt", r"not in it: credentials_share\.salt\)"),
        ("DROP TABLE credentials_sharedcertificate", r"not in it: credentials_sharedcertificate\.\w+ and \d more\)"),
    ],
)
@pytest.mark.django_db
def test_a_database_of_an_earlier_checkout_is_reported_in_one_sentence(
    since: str, reason: str, set_up: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMBEDDED_DATABASE", "1")
    _run(since)
    with pytest.raises(CommandError, match=reason) as caught:
        set_up()
    assert "`make clean` deletes it" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "sign-ins.json").exists()


@pytest.mark.django_db
def test_a_database_that_somebody_named_is_not_for_make_clean(set_up: Any) -> None:
    _run(GONE)
    with pytest.raises(CommandError, match="let DATABASE_URL name an empty one"):
        set_up()


@pytest.mark.django_db
def test_the_database_of_this_checkout_is_set_up_again(set_up: Any, tmp_path: Path) -> None:
    # What a library's release took away is not ours to judge.
    _run("INSERT INTO django_migrations (app, name, applied) VALUES ('allauth_gone', '0001_initial', now())")
    set_up()
    assert (tmp_path / "sign-ins.json").exists()


@pytest.mark.parametrize("error", [ProgrammingError("syntax error"), InconsistentMigrationHistory("never")])
@pytest.mark.django_db
def test_a_failure_on_a_new_database_is_the_migrations_own(error: Exception) -> None:
    _run("DELETE FROM django_migrations")
    with pytest.raises(type(error)), explain_if_stale(connection):
        raise error


def test_the_launcher_passes_on_what_a_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STATE", tmp_path)
    platform = supervisor.Platform("demo", quiet=True)
    # It refuses other settings than those of development: in one sentence, too.
    platform.environment = dict(os.environ)
    with pytest.raises(LocalServiceError, match=r"^the demo's accounts are for development settings only$"):
        platform.manage("set_up_local", "--accounts", str(tmp_path / "sign-ins.json"))
