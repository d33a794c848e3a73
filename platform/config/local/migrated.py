"""The migrated database that test processes start from: made once for all migrations as they are, then only copied.

It is a stopped cluster in a folder. To copy it takes a fifth of a second, to migrate an empty database many times as long.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.local import processes
from config.local.postgres import DATABASE, Postgres
from config.local.processes import LocalServiceError

# As Django names it, so that nothing has to know whether the database was copied or made.
TEST_DATABASE = f"test_{DATABASE}"
# The privileges that roles.sql gives in production, so that what migrations revoke is revoked in tests too.
PRIVILEGES = """
GRANT USAGE ON SCHEMA public TO skills_app, skills_issuer;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO skills_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO skills_app;
"""
_APPS = ("learners", "courses", "assessments", "platform")
# Besides migrations: which apps there are, the roles, and how a cluster and this template are made.
_BESIDES = (
    "platform/config/settings/base.py",
    "platform/config/settings/test.py",
    "platform/config/local/roles.sql",
    "platform/config/local/postgres.py",
    "platform/config/local/migrated.py",
)
_UNUSED_FOR_S = 7 * 86400
_IMPORT = re.compile(r"^(?:import ([\w.]+)|from ([\w.]+) import)", re.MULTILINE)


def fingerprint(root: Path = processes.ROOT, packages: Path | None = None) -> str:
    """Return a name for everything that decides what a migrated database looks like.

    Args:
        root: the checkout whose migrations are read, with the project's modules that they import.
        packages: the folder of installed packages. Of these the versions count: of PostgreSQL, of Django, and of every
            app with migrations of its own.
    """
    found = hashlib.sha256()
    for path in sorted({*_migrations(root), *(root / name for name in _BESIDES)}):
        if path.exists():
            found.update(f"{path.relative_to(root)}\0".encode())
            found.update(path.read_bytes())
    packages = packages or Path(psycopg.__file__).parents[1]
    found.update("\n".join(sorted(path.name for path in packages.glob("*.dist-info"))).encode())
    return found.hexdigest()[:16]


def _migrations(root: Path) -> Iterator[Path]:
    for app in _APPS:
        for path in (root / app).glob("**/migrations/*.py"):
            yield path
            for names in _IMPORT.findall(path.read_text()):
                module = "".join(names).replace(".", "/")
                for source in (root, root / "platform"):
                    yield from (source / f"{module}.py", source / module / "__init__.py")


def migrated_cluster() -> Path:
    """Return the folder of a stopped cluster whose test database is migrated; make it if there is none.

    Processes that ask at the same time get the same one, and the second waits for the first. One that is killed on the
    way leaves nothing that another process would take for complete. What was not used for a week is removed.

    Raises:
        LocalServiceError: the migrations fail; the message ends with what they said.
    """
    owner = processes.database_owner()
    home = owner.home if owner.is_other else processes.STATE
    home.mkdir(parents=True, exist_ok=True)
    kept = home / f"migrated-{fingerprint()}"
    with _alone(home / "migrated.lock"):
        if not kept.exists():
            _tidy(home)
            _make(kept)
        os.utime(kept)
    return kept


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """The system lets go of the lock when its holder dies, however that happens."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _tidy(home: Path) -> None:
    # Who makes one holds the lock, as we do: any other half-made one is a killed process's.
    for folder in home.glob("migrating-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in home.glob("migrated-*"):
        if time.time() - folder.stat().st_mtime > _UNUSED_FOR_S:
            shutil.rmtree(folder, ignore_errors=True)


def _make(kept: Path) -> None:
    server = Postgres("migrating", temporary=True)
    try:
        server.start()
        with psycopg.connect(server.url("skills_owner"), autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {TEST_DATABASE}")
        with psycopg.connect(server.url("skills_owner", TEST_DATABASE), autocommit=True) as owner:
            owner.execute(PRIVILEGES)
        _migrate(server.url("skills_owner", TEST_DATABASE))
        server.stop_and_keep(kept)
    finally:
        server.stop()


def _migrate(url: str) -> None:
    """Run the migrations in a process of their own: settings are just being read in this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEST_SERVICES_")}
    environment |= {
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": f"{processes.ROOT}{os.pathsep}{processes.ROOT / 'platform'}",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=processes.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalServiceError(
            f"the test database cannot be migrated:\n{(done.stderr or done.stdout).strip()[-2000:]}"
        )
