"""The database that tests start from is made anew when anything changes that decides what it looks like, and only then."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from config.local import migrated, processes, session
from config.local.migrated import fingerprint, migrated_cluster
from config.local.postgres import Postgres

MIGRATION = "shelves/migrations/0001_initial.py"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one app, a module that its migration imports, another that it does not, and two packages."""
    monkeypatch.setattr(migrated, "_APPS", ("shelves", "platform"))
    root = tmp_path / "checkout"
    for name, text in {
        MIGRATION: "from shelves.kinds import KINDS\nimport common.ids\n",
        "shelves/kinds.py": "KINDS = ()\n",
        "shelves/services.py": "",
        "platform/common/ids.py": "",
        "platform/config/local/roles.sql": "CREATE ROLE reader;",
        "packages/django-5.2.8.dist-info/METADATA": "",
        "packages/library-1.0.dist-info/METADATA": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def _of(checkout: Path) -> str:
    return fingerprint(checkout, checkout / "packages")


@pytest.mark.parametrize(
    "name", [MIGRATION, "shelves/kinds.py", "platform/common/ids.py", "platform/config/local/roles.sql"]
)
def test_what_decides_the_schema_changes_the_name(checkout: Path, name: str) -> None:
    before = _of(checkout)
    assert _of(checkout) == before
    (checkout / name).write_text((checkout / name).read_text() + "\n# changed\n")
    assert _of(checkout) != before


def test_so_does_a_migration_more_one_renamed_and_another_release_of_a_library(checkout: Path) -> None:
    seen = {_of(checkout)}
    (checkout / "shelves/migrations/0002_more.py").write_text("")
    seen.add(_of(checkout))
    (checkout / "shelves/migrations/0002_more.py").rename(checkout / "shelves/migrations/0002_other.py")
    seen.add(_of(checkout))
    (checkout / "packages/library-1.0.dist-info").rename(checkout / "packages/library-1.1.dist-info")
    seen.add(_of(checkout))
    assert len(seen) == 4


def test_other_code_does_not(checkout: Path) -> None:
    before = _of(checkout)
    (checkout / "shelves/services.py").write_text("def lend(): ...\n")
    assert _of(checkout) == before


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where clusters are kept, with the one of an hour ago and one of last month; to make one takes no time."""
    monkeypatch.setattr(processes, "database_owner", lambda: processes.Owner(os.getuid() + 1, os.getgid(), tmp_path))
    monkeypatch.setattr(migrated, "fingerprint", lambda: "now")
    monkeypatch.setattr(migrated, "_make", lambda kept: kept.mkdir())
    for name, days in (("migrated-recent", 0), ("migrated-old", 30), ("migrating-killed", 0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, times=(time.time() - days * 86400,) * 2)
    return tmp_path


def test_the_same_is_found_again_and_what_is_of_no_use_goes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = migrated_cluster()
    assert kept == home / "migrated-now"
    assert {path.name for path in home.iterdir() if path.is_dir()} == {"migrated-now", "migrated-recent"}
    monkeypatch.setattr(migrated, "_make", lambda _: pytest.fail("it is there"))
    assert migrated_cluster() == kept


def test_one_that_could_not_be_finished_is_not_taken_for_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(kept: Path) -> None:
        (home / "migrating-halfway").mkdir()
        raise KeyboardInterrupt

    make = migrated._make
    monkeypatch.setattr(migrated, "_make", fails)
    with pytest.raises(KeyboardInterrupt):
        migrated_cluster()
    assert not (home / "migrated-now").exists()
    monkeypatch.setattr(migrated, "_make", make)
    assert migrated_cluster().exists()
    assert not (home / "migrating-halfway").exists()


@pytest.mark.django_db
def test_the_copy_has_every_migration_and_is_this_process_s_own() -> None:
    if session.postgres_of_this_process() is None:
        pytest.skip("DATABASE_URL names a server, where Django makes the database")
    call_command("migrate", "--check", verbosity=0)
    assert connection.settings_dict["NAME"] == migrated.TEST_DATABASE


def test_a_server_that_is_kept_appears_whole_and_starts_as_a_copy() -> None:
    first = Postgres("side", temporary=True)
    kept = first.folder.with_name(f"{first.folder.name}-kept")
    copy = None
    try:
        first.start()
        with psycopg.connect(first.url("skills_owner")) as owner:
            owner.execute("CREATE TABLE kept (n int)")
        first.stop_and_keep(kept)
        copy = Postgres("side", temporary=True, copy_of=kept)
        copy.start()
        with psycopg.connect(copy.url("skills_owner")) as owner:
            assert owner.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        first.stop()
        if copy is not None:
            copy.stop()
        shutil.rmtree(kept, ignore_errors=True)
