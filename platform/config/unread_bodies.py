"""What becomes of a connection whose request was answered before its body was read: refused early, or nobody's address.

A server that closes such a connection without a word leaves the caller to find out at the next request on it, and what still
arrives for a closed connection may destroy the answer on its way (RFC 9112, sections 9.3 and 9.6). granian closes so. Here the
rest of a body of ordinary size is read and the connection stays; before a longer one the answer says `Connection: close`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

_PIECE: Final = 64 * 1024
StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class _Counted:
    """`wsgi.input` that knows how much of it was read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.taken = 0
        self.is_at_end = False

    def read(self, size: int = -1) -> bytes:
        return self._count(self._stream.read(size) if size >= 0 else self._stream.read(), size)

    def readline(self, size: int = -1) -> bytes:
        return self._count(self._stream.readline(size) if size >= 0 else self._stream.readline(), size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def _count(self, got: bytes, size: int) -> bytes:
        self.taken += len(got)
        self.is_at_end = self.is_at_end or (not got and size != 0)
        return got


def reads_the_rest(application: Application, *, at_most: int) -> Application:
    """Wrap a WSGI application so that no answer leaves a body behind.

    Args:
        at_most: bytes of a body that are read after the answer is known, as many as of any request; of a longer one none.
    """

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = _Counted(environ["wsgi.input"])
        environ["wsgi.input"] = body

        def started(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
            if _leaves_some(environ, body, at_most) and not any(name.lower() == "connection" for name, _ in headers):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *args)

        return application(environ, started)

    return wrapped


def _leaves_some(environ: dict[str, Any], body: _Counted, at_most: int) -> bool:
    """Read what is left of the body, if it is not too much; return whether something of it is left."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    is_chunked = "HTTP_TRANSFER_ENCODING" in environ
    length = int(declared) if declared.isdecimal() else 0
    if not is_chunked and (length == 0 or body.taken >= length):
        return False
    if length - body.taken > at_most:
        return True
    left = at_most if is_chunked else length - body.taken
    try:
        while left > 0 and not body.is_at_end:
            left -= len(body.read(min(_PIECE, left)))
    except OSError:
        return True
    return is_chunked and not body.is_at_end
