"""A person starts the platform on a machine of their own, with what may be wrong there."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from config.local import processes, supervisor
from config.local.postgres import Postgres
from config.local.redis import Redis


def _command(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}}
    path = f"{processes.ROOT}{os.pathsep}{processes.ROOT / 'platform'}"
    return subprocess.run(
        [sys.executable, *command],
        cwd=processes.ROOT,
        env={**kept, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (("manage.py", "migrate"), "postgresql://app:hidden-word@127.0.0.1:1/skills"),
        (("manage.py", "check"), "mysql://app:hidden-word@127.0.0.1/skills"),
        (("-m", "config.local", "demo"), "postgresql://app:hidden-word@127.0.0.1:1/skills"),
    ],
)
def test_a_wrong_database_url_fails_soon_with_one_clear_line(command: tuple[str, ...], url: str) -> None:
    started = time.monotonic()
    done = _command(*command, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0")
    assert time.monotonic() - started < 60
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(said) == 1, done.stderr
    assert said[0].startswith("error: ")
    assert "DATABASE_URL" in said[0]
    assert "hidden-word" not in done.stdout + done.stderr


def test_services_take_free_ports_and_leave_nothing_behind() -> None:
    first, second = Redis("side"), Redis("side")
    first.start()
    second.start()
    assert first.port != second.port
    folders = [first.folder, second.folder]
    first.stop()
    second.stop()
    assert not any(folder.exists() for folder in folders)


def test_postgresql_comes_back_after_a_kill_on_its_port_with_its_data() -> None:
    import psycopg

    postgres = Postgres("side", temporary=True)
    try:
        postgres.start()
        with psycopg.connect(postgres.url("skills_owner")) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        port = postgres.port
        postgres.kill()
        postgres.start()
        assert postgres.port == port
        with psycopg.connect(postgres.url("skills_app")) as connection:
            (owner,) = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'").fetchone() or (
                "",
            )
            assert owner == "skills_owner"
            (is_superuser,) = connection.execute(
                "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone() or (True,)
            assert not is_superuser
    finally:
        postgres.stop()
    assert not postgres.folder.exists()


def test_a_child_dies_with_its_parent(tmp_path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux can tie a child to its parent's life")
    code = (
        "import sys, time; from pathlib import Path; from config.local import processes\n"
        f"child = processes.spawn(['sleep', '60'], log=Path({str(tmp_path / 'log')!r}))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    path = f"{processes.ROOT}{os.pathsep}{processes.ROOT / 'platform'}"
    parent = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(50):
        try:
            with open(f"/proc/{child}/stat") as status:
                if status.read().rsplit(")", 1)[1].split()[0] == "Z":
                    break
        except FileNotFoundError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the child outlived its parent")


def test_a_worker_that_ends_is_started_again_and_an_ended_web_server_is_reported(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(processes, "STATE", tmp_path)
    monkeypatch.setattr(supervisor, "STATE", tmp_path)
    platform = supervisor.Platform("watched", quiet=True)
    platform.environment = dict(os.environ)
    try:
        for name in ("web", "worker", "beat"):
            platform.start(name, ["sleep", "60"])
        ended = platform._watched["worker"]
        ended.kill()
        ended.wait()
        assert platform.watch(subprocess.Popen(["sleep", "1"])) == 0
        assert platform._watched["worker"].pid != ended.pid
        assert platform._watched["worker"].poll() is None

        platform._watched["web"].kill()
        platform._watched["web"].wait()
        with pytest.raises(processes.LocalServiceError, match="web ended"):
            platform.watch()
    finally:
        platform._undo.close()
    assert all(process.poll() is not None for process in platform._watched.values())


def test_a_worker_that_ends_again_and_again_is_not_started_for_ever(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "STATE", tmp_path)
    platform = supervisor.Platform("watched", quiet=True)
    platform.environment = dict(os.environ)
    try:
        for name, command in (("web", ["sleep", "60"]), ("worker", ["false"]), ("beat", ["sleep", "60"])):
            platform.start(name, command)
        with pytest.raises(processes.LocalServiceError, match="worker ended with 1"):
            platform.watch()
    finally:
        platform._undo.close()
