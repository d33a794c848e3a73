"""JSON logs: one object a line, with the id of the request that caused it, also inside jobs."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

import psycopg
from django.db import Error as DatabaseError
from pythonjsonlogger.json import JsonFormatter as _JsonFormatter

from common.requests import request_id

# Of Django's loggers `django.security.<exception>`.
_TOO_MUCH = (".RequestDataTooBig", ".TooManyFieldsSent", ".TooManyFilesSent")


class RequestIdFilter(logging.Filter):
    """Adds the current request id to every record; of a request that Django logs it keeps the route, not the path."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        if record.name.startswith("django.security."):
            # A caller's doing and not a defect: no traceback, and no ERROR that would wake somebody.
            level = logging.INFO if record.name.endswith(_TOO_MUCH) else logging.WARNING
            record.levelno, record.levelname = level, logging.getLevelName(level)
            record.exc_info = record.exc_text = None
            record.refused = record.name.removeprefix("django.security.")
        request = record.__dict__.pop("request", None)
        if request is not None:
            # Message and request hold path and query, and so ids and whatever a person typed.
            match = getattr(request, "resolver_match", None)
            record.route = match.route if match else ""
            record.msg, record.args = "request refused or failed", ()
        return True


class JsonFormatter(_JsonFormatter):
    """Time, level, logger, message, request id and what the call gave as `extra`."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}{request_id}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )

    def formatException(  # noqa: N802 (logging's name)
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Return the traceback without the text of a database's error: it quotes rows, and so people."""
        parts: list[str] = []
        error = ei[1]
        while error is not None and len(parts) < 10:
            text = "".join(traceback.format_tb(error.__traceback__)) + _without_rows(error)
            parts.append(text)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\ncaused:\n".join(reversed(parts))


def _without_rows(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, DatabaseError | psycopg.Error):
        state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
        return f"{name} (SQLSTATE {state})"
    return f"{name}: {error}"
