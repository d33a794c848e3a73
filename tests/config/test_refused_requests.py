"""What scanners and broken clients send leaves one line of JSON in the log, without a traceback, and a right answer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent

from common.errors import problem_handler
from config.local import processes
from config.unread_bodies import reads_the_rest

CSRF = "csrftoken=" + "a" * 32
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": CSRF}
LIMIT = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE


class Web(NamedTuple):
    """The real web server, and the file that it logs to."""

    port: int
    log: Path

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, list[dict[str, Any]]]:
        """The answer's status and body, and what stands in the log since: every line must be JSON."""
        before = self.log.stat().st_size
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        lines: list[bytes] = []
        for _ in range(50):
            lines = self.log.read_bytes()[before:].splitlines()
            if any(b'"message": "request"' in line for line in lines):
                break
            time.sleep(0.02)
        return answer.status, content, [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """As in production; no answer here needs a database."""
    folder = tmp_path_factory.mktemp("web")
    found = Web(processes.free_port(), folder / "log")
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "PYTHONPATH": f"{processes.ROOT}:{processes.ROOT / 'platform'}",
        "PATH": str(Path(sys.executable).parent),
        "LOCAL_STATE": str(folder),
        "DEBUG": "false",
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(found.port), "--workers", "1"]
    command += ["--blocking-threads", "2", "--no-ws", "--log-level", "error", "config.wsgi:application"]
    with found.log.open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=processes.ROOT, stdout=log, stderr=log)
        try:
            _await(found.port, process)
            yield found
        finally:
            process.terminate()
            process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the web server did not come up")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a_b", "[::1", "x" * 300, "localhost:x"])
def test_a_host_that_is_not_ours_leaves_one_line(web: Web, host: str) -> None:
    for path in ("/api/v1/member-states", "/", "/admin/login/", "/livez"):
        status, _, lines = web.ask("GET", path, Host=host, Origin="https://evil.example")
        assert status == 400
        assert [(line["level"], line["message"], line["status"]) for line in lines] == [("INFO", "request", 400)]
        assert "evil" not in str(lines)
        assert "Traceback" not in str(lines)


@pytest.mark.parametrize("path", ["/auth/app/v1/auth/signup", "/agency/oauth/token", "/admin/login/"])
def test_a_body_above_the_limit_is_413_and_no_error_of_ours(web: Web, path: str) -> None:
    kind = "application/json" if path.startswith("/auth/") else "application/x-www-form-urlencoded"
    status, content, lines = web.ask("POST", path, b"a=" + b"x" * LIMIT, **{"Content-Type": kind, "Cookie": CSRF})
    assert status == 413
    assert lines[-1]["status"] == 413
    assert {line["level"] for line in lines} == {"INFO"}
    assert "Traceback" not in str(lines)
    if path.startswith("/auth/"):
        assert json.loads(content)["code"] == "body_too_large"


def test_too_many_fields_are_a_bad_request_and_no_error_of_ours(web: Web) -> None:
    body = "&".join(f"f{number}=" for number in range(1100)).encode()
    status, _, lines = web.ask("POST", "/admin/login/", body, **FORM)
    assert status == 400
    assert {line["level"] for line in lines} == {"INFO"}
    assert "Traceback" not in str(lines)


def test_what_django_finds_suspicious_is_a_problem_where_machines_call() -> None:
    for error in (SuspiciousOperation("a secret"), TooManyFieldsSent("a secret")):
        answer = problem_handler(error, {})
        assert answer is not None
        assert (answer.status_code, b"secret" in answer.content) == (400, False)


def _app(reads: int, close: bool = False) -> Any:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(reads)
        start_response("401 Unauthorized", [("Content-Length", "2"), *([("Connection", "close")] if close else [])])
        return [b"no"]

    return application


class _Body:
    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        size = self.left if size < 0 else min(size, self.left)
        self.left -= size
        return b"x" * size

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)


@pytest.mark.parametrize(
    ("environ", "sent", "reads", "left", "closes"),
    [
        ({"CONTENT_LENGTH": "100"}, 100, 0, 0, False),
        ({"CONTENT_LENGTH": "100"}, 100, 40, 0, False),
        ({"CONTENT_LENGTH": "100"}, 100, 100, 0, False),
        ({"CONTENT_LENGTH": ""}, 0, 0, 0, False),
        ({"CONTENT_LENGTH": "1000"}, 1000, 0, 0, False),
        ({"CONTENT_LENGTH": "1001"}, 1001, 0, 1001, True),
        ({"CONTENT_LENGTH": "1001"}, 1001, 1, 0, False),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 300, 0, 0, False),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 5000, 0, 4000, True),
    ],
)
def test_the_rest_of_a_body_is_read_or_the_connection_is_said_to_close(
    environ: dict[str, str], sent: int, reads: int, left: int, closes: bool
) -> None:
    body, started = _Body(sent), []
    reads_the_rest(_app(reads), at_most=1000)({**environ, "wsgi.input": body}, lambda *given: started.append(given))
    assert body.left == left
    assert (("Connection", "close") in started[0][1]) is closes


def _exchange(connection: socket.socket, method: str, path: str, size: int) -> tuple[int, dict[str, str], bytes]:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    connection.sendall(head.encode())
    try:
        connection.sendall(b"x" * size)
    except OSError:
        assert size > LIMIT, "a body of ordinary size is taken whole"
    answer = connection.makefile("rb")
    status = int(answer.readline().split()[1])
    headers = {}
    while line := answer.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    assert "content-length" in headers, headers
    return status, headers, answer.read(int(headers["content-length"]))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/api/v1/me/profile", 401), ("PUT", "/api/nothing", 404), ("PUT", "/livez", 403)],
)
def test_a_connection_lives_on_after_an_answer_before_its_body(web: Web, method: str, path: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        for size in (0, 10, 300_000, LIMIT, 10):
            got, headers, body = _exchange(connection, method, path, size)
            assert (got, headers.get("connection", "keep-alive")) == (status, "keep-alive"), size
            assert body
        assert _exchange(connection, "GET", "/livez", 0)[0] == 200


def test_before_a_body_that_is_too_long_the_answer_says_that_the_connection_ends(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        status, headers, body = _exchange(connection, "PUT", "/api/v1/me/profile", 8 * LIMIT)
        assert (status, headers["connection"]) == (401, "close")
        assert json.loads(body)["code"] == "unauthenticated"
    client = HTTPConnection("127.0.0.1", web.port, timeout=10)
    client.request("GET", "/livez")
    assert client.getresponse().status == 200
    client.close()
