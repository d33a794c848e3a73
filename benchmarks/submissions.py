"""Submitting an attempt of ten questions: CPU of the request and its PostgreSQL backend, beside a bare answer with the
same authentication, and beside PostgreSQL alone running the same statements."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.measure import Figure, Spent
from config.urls import urlpatterns as product
from config.wsgi import application
from tests.load.sitters import Sitter, seat

ROUNDS, EACH = 50, 20
# Others under way beside them: of a table of a few pages PostgreSQL would rather read all than look in the index.
IDLE = 2000


class _Bare(APIView):
    """What any call with a token and a body pays before it does anything."""

    def put(self, request: Request) -> Response:
        return Response({"read": len(request.data)})


# The bare answer first: no route is tried before its own.
urlpatterns = [path("bare", _Bare.as_view()), *product]


def _environ(target: str, token: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": target,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_ACCEPT_LANGUAGE": "ja",
    }


def run() -> list[Figure]:
    """Submit attempts of 1,000 learners through the whole WSGI stack, each once, with real access tokens."""
    sitters = seat(ROUNDS * EACH + 60 + IDLE)[: ROUNDS * EACH + 60]
    bodies = {sitter.attempt_id: orjson.dumps(sitter.answers(right=7)) for sitter in sitters}
    tokens = {sitter.attempt_id: sitter.token() for sitter in sitters}
    # Connections are kept, as in production.
    connection.close()
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = 600
    logging.getLogger("requests").setLevel(logging.WARNING)
    try:
        with override_settings(ROOT_URLCONF="benchmarks.submissions"):

            def call(target: str, sitter: Sitter) -> None:
                statuses: list[str] = []
                answer = application(
                    _environ(target, tokens[sitter.attempt_id], bodies[sitter.attempt_id]),
                    lambda status, headers, *_: statuses.append(status),
                )
                body = b"".join(answer)
                answer.close()
                if not statuses[0].startswith("200"):
                    raise RuntimeError(f"{target}: {statuses[0]} {body[:300]!r}")

            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            warm, measured = sitters[:59], sitters[60:]
            for sitter in warm:
                call(sitter.path, sitter)
                call("/bare", sitter)
            with CaptureQueriesContext(connection) as captured:
                call(sitters[59].path, sitters[59])
            statements = len([captured_query for captured_query in captured.captured_queries if captured_query["sql"]])
            backend = connection.connection.info.backend_pid
            ours, bare, alone = Spent(backend), Spent(backend), Spent(backend)
            for number in range(ROUNDS):
                part = measured[number * EACH : (number + 1) * EACH]
                bare.measure([partial(call, "/bare", sitter) for sitter in part])
                ours.measure([partial(call, sitter.path, sitter) for sitter in part])
                alone.measure([_round_trips(statements)] * EACH)
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = kept
        logging.getLogger("requests").setLevel(logging.NOTSET)
    figure, limit, trips = ours.per_call(), bare.per_call(), alone.per_call()
    name = "PUT a submission of ten answers, CPU per request (limit set: 3 ms)"
    return [
        Figure(
            name,
            f"{figure * 1000:.2f} ms",
            "bare answer with the same token and body",
            f"{limit * 1000:.2f} ms",
            figure / limit,
        ),
        Figure(
            name,
            f"{figure * 1000:.2f} ms",
            f"{statements} empty statements by the driver alone",
            f"{trips * 1000:.2f} ms",
            figure / trips,
        ),
    ]


def _round_trips(statements: int) -> Callable[[], object]:
    def go() -> None:
        for _ in range(statements):
            connection.connection.pgconn.exec_(b"SELECT 1")

    return go
