"""The platform's own processes on the test database: a real web server, a real worker, a real beat."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.local import processes
from config.local.supervisor import WORKER_OPTIONS

ROOT = processes.ROOT


class Parts:
    """Starts, kills and stops parts; each part's output is a file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.port = processes.free_port()
        database = connection.settings_dict
        url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": url,
            "REDIS_URL": settings.REDIS_URL,
            "ISSUER_KEY_DIR": settings.ISSUER_KEY_DIR,
            "LOG_KEY_FILE": settings.LOG_KEY_FILE,
            "PUBLIC_BASE_URL": f"http://localhost:{self.port}",
        }

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        process = processes.spawn(
            [sys.executable, "-m", *command], log=self.folder / f"{name}.log", env=self.environment
        )
        self.running[name] = process
        return process

    def start_web(self) -> None:
        self.start(
            "web",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--workers",
            "1",
            "--blocking-threads",
            "4",
            "--no-ws",
            "--log-level",
            "warning",
            "config.wsgi:application",
        )
        self.wait(self._answers, "the web server")

    def start_worker(self, *, app: str = "config", concurrency: int = 2, name: str = "worker") -> None:
        self.start(name, "celery", "-A", app, "worker", *WORKER_OPTIONS, "--concurrency", str(concurrency))

    def start_beat(self) -> None:
        schedule = str(self.folder / "beat-schedule")
        self.start("beat", "celery", "-A", "config", "beat", "--schedule", schedule, "--loglevel", "INFO")

    def kill(self, name: str) -> None:
        """SIGKILL to a part and all its children: no chance to put anything in order."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        """By force: each test has waited for what it wants to see, and a worker takes seconds to end by itself."""
        for name in list(self.running):
            self.kill(name)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def wait(self, condition: Callable[[], bool], what: str, *, within_s: float = 60) -> None:
        """Wait until `condition()`; fails with the parts' logs when it does not come true."""
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(f"--- {log.name}\n{processes.tail(log, 30)}" for log in self.folder.glob("*.log"))
                raise AssertionError(f"waited {within_s:.0f} s in vain for {what}\n{logs}")
            time.sleep(0.05)


@contextmanager
def parts(folder: Path) -> Iterator[Parts]:
    """Parts that are all gone afterwards."""
    started = Parts(folder)
    try:
        yield started
    finally:
        started.stop_all()
