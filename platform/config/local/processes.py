"""Child processes that never outlive us, and folders that are ours alone."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import pwd
import secrets
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
STATE = ROOT / ".local"

_PR_SET_PDEATHSIG = 1


class LocalServiceError(RuntimeError):
    """A local part cannot run; the message is the one line a person needs."""


@dataclass(frozen=True)
class Owner:
    """Who runs the database: ourselves, or, when we are root, an unprivileged user PostgreSQL accepts."""

    uid: int
    gid: int
    home: Path

    @property
    def is_other(self) -> bool:
        return self.uid != os.getuid()


def database_owner() -> Owner:
    """Return the user PostgreSQL runs as; it refuses to run as root.

    Raises:
        LocalServiceError: we are root and the machine knows no unprivileged user.
    """
    if os.getuid() != 0:
        return Owner(os.getuid(), os.getgid(), STATE)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Owner(entry.pw_uid, entry.pw_gid, _root_owned_folder())
    raise LocalServiceError("running as root, and there is no user 'postgres' or 'nobody' to run PostgreSQL as")


def _root_owned_folder() -> Path:
    """A folder below /var/tmp for this checkout, made by root and open to search only.

    The checkout itself may lie where no other user may enter, and its modes are not ours to change.
    """
    name = "ai-skills-" + hashlib.sha256(os.fsencode(ROOT) + _instance()).hexdigest()[:12]
    lasting = Path("/var/tmp")  # noqa: S108 (the folder made in it is checked below)
    base = lasting if lasting.is_dir() else Path(tempfile.gettempdir())
    folder = base / name
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o711)
        folder.chmod(0o711)
    status = folder.lstat()
    # Somebody else could have made the name first: a link or a foreign folder is never used.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
        raise LocalServiceError(f"{folder} exists and is not root's alone; remove it or set DATABASE_URL")
    return folder


def _instance() -> bytes:
    """A random mark of this checkout: one made anew at the same path does not inherit the old one's databases."""
    STATE.mkdir(parents=True, exist_ok=True)
    mark = STATE / "instance"
    if not mark.exists():
        with tempfile.NamedTemporaryFile(dir=STATE) as draft:
            draft.write(secrets.token_bytes(16))
            draft.flush()
            # A link appears whole, and of two processes that start at a time the second keeps the first one's.
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, mark)
    return mark.read_bytes()


def free_port(preferred: int | None = None) -> int:
    """Return `preferred` when it is free on the loopback address, else a port the system picks."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalServiceError("no free TCP port on 127.0.0.1")


def _die_with_parent(stop_signal: int) -> Callable[[], None] | None:
    """Ask Linux to stop the child when we die, even by SIGKILL; other systems have no such call."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def set_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, stop_signal)

    return set_signal


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    owner: Owner | None = None,
    stop_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, output appended to `log`; it dies when we die."""
    as_user: dict[str, Any] = {}
    if owner is not None and owner.is_other:
        as_user = {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=str(owner.home) if owner is not None and owner.is_other else str(ROOT),
            start_new_session=True,
            preexec_fn=_die_with_parent(stop_signal),  # noqa: PLW1509 (spawned from the main thread before others start)
            **as_user,
        )


def stop(process: subprocess.Popen[bytes], *, how: int = signal.SIGTERM, patience: float = 10.0) -> None:
    """Stop a child and its group: politely, and after `patience` seconds for good."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def tail(log: Path, lines: int = 12) -> str:
    """Return the last `lines` of a log, for the message of an error."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
