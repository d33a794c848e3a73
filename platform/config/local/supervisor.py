"""One foreground process that starts every part, watches them, and stops them all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from config.local import processes
from config.local.postgres import Postgres
from config.local.processes import ROOT, STATE, LocalServiceError
from config.local.redis import Redis

# sys.executable is the environment's own python, so that every part runs what the lock installed.
PYTHON = sys.executable
# Gossip, mingle and heartbeats between workers serve nothing here, and closing gossip's queue after a lost connection can
# end a worker (an AttributeError in kombu's Redis transport).
WORKER_OPTIONS = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
_MAX_RESTARTS = 5
_COMMAND_ERROR = "CommandError: "


class Platform:
    """PostgreSQL, Redis, web, worker and beat of one kind of run; a context manager that leaves nothing running.

    Args:
        name: `demo` or `development`; each has its own data folder.
        quiet: say nothing of the progress.
    """

    def __init__(self, name: str, *, quiet: bool = False) -> None:
        self.name = name
        self.folder = STATE / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.quiet = quiet
        self.port = 0
        self.environment: dict[str, str] = {}
        self._undo = contextlib.ExitStack()
        self._watched: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, list[str]] = {}

    def __enter__(self) -> Platform:
        if os.environ.get("DATABASE_URL"):
            self._check_given_database(os.environ["DATABASE_URL"])
        with contextlib.ExitStack() as undo:
            undo.enter_context(self._only_one())
            self._start_services(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.say("stopping")
        self._undo.close()

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    def say(self, text: str) -> None:
        if not self.quiet:
            print(f"· {text}", flush=True)

    @contextlib.contextmanager
    def _only_one(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LocalServiceError(f"'make {self.name}' is already running in this folder") from None
            yield

    def _start_services(self, undo: contextlib.ExitStack) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.development"),
            "LOCAL_STATE": str(self.folder),
            "STATIC_ROOT": str(self.folder / "static"),
        }
        if not os.environ.get("DATABASE_URL"):
            self.say("PostgreSQL (embedded)")
            postgres = Postgres(f"{self.name}-postgresql")
            undo.callback(postgres.stop)
            postgres.start()
            environment["DATABASE_URL"] = postgres.url("skills_app")
            environment["DATABASE_WORKER_URL"] = postgres.url("skills_worker")
            environment["DATABASE_OWNER_URL"] = postgres.url("skills_owner")
            environment["EMBEDDED_DATABASE"] = "1"
        if not os.environ.get("REDIS_URL"):
            self.say("Redis (embedded)")
            redis = Redis(self.name)
            undo.callback(redis.stop)
            redis.start()
            environment["REDIS_URL"] = redis.url
        self.port = self._web_port()
        environment.setdefault("PUBLIC_BASE_URL", self.base_url)
        self.environment = environment

    @staticmethod
    def _check_given_database(url: str) -> None:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise LocalServiceError(f"DATABASE_URL: no connection: {reason}") from None

    def _web_port(self) -> int:
        """The port of the last run when it is free: certificates of earlier runs name it in their issuer's DID."""
        remembered = self.folder / "web-port"
        try:
            preferred = int(os.environ.get("PORT") or remembered.read_text())
        except (OSError, ValueError):
            preferred = 8000
        port = processes.free_port(preferred)
        remembered.write_text(str(port))
        return port

    def manage(self, *arguments: str) -> None:
        """Run one management command to its end.

        Raises:
            LocalServiceError: it failed; the message is the command's own if it has one, else ends with what it printed.
        """
        done = subprocess.run(
            [PYTHON, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            # A command's own words are for people; anything else needs the command's name.
            if _COMMAND_ERROR in said:
                raise LocalServiceError(said.rpartition(_COMMAND_ERROR)[2])
            raise LocalServiceError(f"manage.py {arguments[0]} failed:\n{said[-2000:]}")

    def prepare(self) -> Path:
        """Migrate, load what the platform starts from, collect the static files; return the file of the sign-ins."""
        static = Path(self.environment["STATIC_ROOT"])
        collecting = None
        if not static.exists():
            collecting = subprocess.Popen(
                [PYTHON, str(ROOT / "manage.py"), "collectstatic", "--noinput", "-v0"],
                env=self.environment,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
            )
        self.say("migrations, member states, framework, purposes, starter course, demo accounts")
        accounts = self.folder / "sign-ins.json"
        self.manage("set_up_local", "--accounts", str(accounts))
        if collecting is not None and collecting.wait() != 0:
            raise LocalServiceError("collectstatic failed")
        return accounts

    def start(self, name: str, command: Sequence[str], **more: str) -> subprocess.Popen[bytes]:
        """Start one watched part; its output goes to `<folder>/<name>.log`."""
        self.say(name)
        self._commands[name] = list(command)
        # The owner's password is for migrations: a part that had it could step around row-level security.
        of_others = ("DATABASE_OWNER_URL", "DATABASE_WORKER_URL")
        environment = {k: v for k, v in {**self.environment, **more}.items() if k not in of_others}
        process = processes.spawn(command, log=self.log(name), env=environment)
        self._watched[name] = process
        self._undo.callback(processes.stop, process)
        return process

    def log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    def start_web(self, *, reload: bool = False) -> None:
        """granian as in production; with `reload` Django's own server, which restarts at a change of the code."""
        if reload:
            command = [PYTHON, "manage.py", "runserver", f"127.0.0.1:{self.port}"]
        else:
            command = [
                PYTHON,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--workers",
                "2",
                "--blocking-threads",
                "2",
                "--no-ws",
                "--log-level",
                "warning",
                "--static-path-route",
                "/static",
                "--static-path-mount",
                self.environment["STATIC_ROOT"],
                "config.wsgi:application",
            ]
        self.start("web", command)

    def start_jobs(self, *, reload: bool = False) -> None:
        """Worker and beat; with `reload` the worker restarts at a change of the code."""
        worker = [PYTHON, "-m", "celery", "-A", "config", "worker", *WORKER_OPTIONS, "--concurrency", "2"]
        if reload:
            folders = ["platform", "courses", "learners", "assessments"]
            worker = [PYTHON, "-m", "watchfiles", "--filter", "python", " ".join(worker), *folders]
        as_worker = self.environment.get("DATABASE_WORKER_URL", self.environment["DATABASE_URL"])
        self.start("worker", worker, DATABASE_URL=as_worker)
        schedule = str(self.folder / "beat-schedule")
        self.start(
            "beat", [PYTHON, "-m", "celery", "-A", "config", "beat", "--schedule", schedule, "--loglevel", "INFO"]
        )

    def await_web(self, *, within_s: float = 40) -> None:
        """Wait until /readyz answers 200.

        Raises:
            LocalServiceError: it did not in time, or a part died; the message ends with its log.
        """
        deadline = time.monotonic() + within_s
        while True:
            self.raise_if_dead()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            if time.monotonic() > deadline:
                raise LocalServiceError(f"the web server is not ready:\n{processes.tail(self.log('web'))}")
            time.sleep(0.1)

    def raise_if_dead(self) -> None:
        """Raise LocalServiceError when a watched part has ended by itself."""
        for name, process in self._watched.items():
            if process.poll() is not None:
                raise LocalServiceError(f"{name} ended with {process.returncode}:\n{processes.tail(self.log(name))}")

    def watch(self, foreground: subprocess.Popen[bytes] | None = None) -> int:
        """Watch until `foreground` ends, and return its exit code; without it until Ctrl-C or SIGTERM.

        A worker or beat that ends is started again, as an orchestrator would: nothing is lost meanwhile, only late.

        Raises:
            LocalServiceError: the web server ended, or a part ends again and again.
        """
        restarts = 0
        while foreground is None or foreground.poll() is None:
            for name in ("worker", "beat"):
                process = self._watched[name]
                if process.poll() is not None and restarts < _MAX_RESTARTS:
                    restarts += 1
                    self.say(f"{name} ended with {process.returncode}; starting it again (log: {self.log(name)})")
                    self.start(name, self._commands[name])
            self.raise_if_dead()
            time.sleep(0.2)
        return foreground.returncode


def interrupt_on_terminate() -> None:
    """Let SIGTERM end the run as Ctrl-C does, so that every part is stopped."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # A shell that starts us in the background has SIGINT ignored; asked by name, we listen all the same.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
