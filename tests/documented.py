"""Every answer that a test gets from Django's test client is held against the committed OpenAPI documents.

An answer differs from its document by a path, method, status or media type that is not there, a body that its schema does
not take, or a header that is missing or not documented. A member that the schema does not name is a difference too:
objects are taken as closed unless they say otherwise.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from common.errors import ProblemMiddleware
from common.openapi import RELIED_ON

ROOT = Path(__file__).parents[1]
SNAPSHOTS = ROOT / "docs" / "api"
AUDIENCES = ("learners", "agencies", "everybody")
# Answered, and no part of an interface.
UNDOCUMENTED = {
    "api/docs": "the document as a page",
    "agency/docs": "the document as a page",
    "verify/docs": "the document as a page",
    "api/openapi.yaml": "the document itself",
    "agency/openapi.yaml": "the document itself",
    "verify/openapi.yaml": "the document itself",
    "VERIFY/Q/<str:payload>": "a QR code's form of /verify/q/{payload}",
}
_PREFIX = "#/components/schemas/"
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
# Not the interface's: preflights are answered before it, and OPTIONS describes a view.
_APP, _BROWSER = "/auth/app/v1/", "/auth/browser/v1/"
_METHODS_OF_HTTP = {"OPTIONS", "TRACE", "CONNECT"}
_COMBINED = ("allOf", "oneOf", "anyOf")


class Difference(AssertionError):
    """An answer that is not as it is documented."""


def load() -> dict[str, dict[str, Any]]:
    """Return the committed documents by audience."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {name: yaml.load((SNAPSHOTS / f"{name}.yaml").read_text("utf-8"), loader) for name in AUDIENCES}


def closed(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return `schema` with all that it refers to, standing alone, in which objects have no other members than those named."""
    defined: dict[str, Any] = {}
    wanted: list[str] = []

    def name_of(reference: str, is_open: bool) -> str:
        name = reference.removeprefix(_PREFIX) + ("~open" if is_open else "")
        if name not in defined and name not in wanted:
            wanted.append(name)
        return "#/$defs/" + name.replace("~", "~0")

    def close(given: Any, *, is_open: bool = False) -> Any:
        """Args: is_open: members may be added, for the schema is one part of several."""
        if not isinstance(given, dict):
            return given
        made = {key: value for key, value in given.items() if key not in ("discriminator", "example", "examples")}
        if "$ref" in made:
            made["$ref"] = name_of(made["$ref"], is_open)
        for key in ("properties", "patternProperties"):
            if key in made:
                made[key] = {name: close(value) for name, value in made[key].items()}
        for key in ("items", "additionalProperties"):
            made |= {key: close(made[key])} if key in made else {}
        if "prefixItems" in made:
            made["prefixItems"] = [close(value) for value in made["prefixItems"]]
        is_split = "allOf" in made
        for key in _COMBINED:
            if key in made:
                made[key] = [close(value, is_open=is_open or is_split) for value in made[key]]
        if is_open:
            return made
        if is_split:
            made.setdefault("unevaluatedProperties", False)
        elif "properties" in made:
            made.setdefault("additionalProperties", False)
        return made

    whole = close(schema)
    while wanted:
        name = wanted.pop()
        defined[name] = None
        bare = name.removesuffix("~open")
        defined[name] = close(document["components"]["schemas"][bare], is_open=name != bare)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "$defs": defined}


class Documents:
    """The documents, each schema compiled when it is needed first.

    Args:
        documents: by audience, as `load` gives them.
    """

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._operations: dict[tuple[str, str], tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        for document in documents.values():
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    self._operations[path, method.upper()] = (document, operation)
        self._paths = {path for path, _ in self._operations}
        self._validators: dict[tuple[str, str, str, str], Any] = {}

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Path, method and operation of all."""
        for (path, method), (_, operation) in self._operations.items():
            yield path, method, operation

    def check(self, *, method: str, path: str, response: HttpResponse) -> str | None:
        """Hold an answer against the documents.

        Returns:
            The operation's id; None for an answer that is no part of an interface.

        Raises:
            Difference: it is not as documented.
        """
        if method in _METHODS_OF_HTTP:
            return None
        template = _template(path)
        # The same operations as for an app, with a cookie instead of tokens: the document says so in words.
        by_cookie = template is not None and template.startswith(_BROWSER)
        if template is not None and by_cookie:
            template = _APP + template.removeprefix(_BROWSER)
        if template is None or template not in self._paths:
            self._outside(method, path, response)
            return None
        if (method, response.status_code) == ("HEAD", 405):
            return None
        known = self._operations.get((template, "GET" if method == "HEAD" else method))
        where = f"{method} {template} -> {response.status_code}"
        if known is None:
            if response.status_code not in (401, 405, 400):
                raise Difference(f"{where}: the method is not documented")
            return None
        document, operation = known
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            if response.status_code == 500 and _code(response) == "internal":
                return None  # a test planted a defect
            raise Difference(f"{where}: the status is not documented; {response.content[:300]!r}")
        self._check_headers(where, answer, response)
        media_type = response.get("Content-Type", "").partition(";")[0].strip()
        documented = answer.get("content", {})
        if not documented or method == "HEAD" or response.status_code == 304:
            if response.content:
                raise Difference(f"{where}: a body where none is documented; {response.content[:200]!r}")
            return str(operation["operationId"])
        if media_type not in documented:
            raise Difference(f"{where}: {media_type} is not documented, only {', '.join(documented)}")
        if _is_json(media_type):
            key = (template, method, str(response.status_code), media_type)
            if key not in self._validators:
                schema = closed(document, documented[media_type].get("schema", {}))
                self._validators[key] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            body = json.loads(response.content)
            errors = [_told(error) for error in self._validators[key].iter_errors(body)]
            if errors:
                raise Difference(f"{where}, {media_type}:\n" + "\n".join(errors[:8]) + f"\n{str(body)[:1500]}")
            if by_cookie and not body.get("meta", {}).keys().isdisjoint(
                ("access_token", "refresh_token", "session_token")
            ):
                raise Difference(f"{where}: a token where there is a cookie")
        # Examples are those of an app.
        return None if by_cookie else str(operation["operationId"])

    @staticmethod
    def _check_headers(where: str, answer: Mapping[str, Any], response: HttpResponse) -> None:
        documented = answer.get("headers", {})
        for name, header in documented.items():
            if header.get("required") and not response.has_header(name):
                raise Difference(f"{where}: the header {name} is missing")
        for name in RELIED_ON:
            if response.has_header(name) and name not in documented:
                raise Difference(f"{where}: the header {name} is not documented")

    @staticmethod
    def _outside(method: str, path: str, response: HttpResponse) -> None:
        """What no operation answers: a refusal, or an answer that is no part of an interface."""
        if not path.startswith(ProblemMiddleware.PREFIXES) or response.status_code in (301, 302, 400, 404, 405, 500):
            return
        route = _route(path) or ""
        # A pattern (credentials.api.urls.AS_WRITTEN) is a documented address as people write it.
        if route not in UNDOCUMENTED and not route.startswith("^"):
            raise Difference(f"{method} {path} -> {response.status_code}: the path is not documented")


def _code(response: HttpResponse) -> Any:
    return json.loads(response.content).get("code") if "json" in response.get("Content-Type", "") else None


def _told(error: Any) -> str:
    return f"  {'/'.join(map(str, error.instance_path)) or '(the whole)'}: {error.message[:400]}"


@lru_cache(maxsize=4096)
def _route_of(path: str) -> str | None:
    try:
        return str(resolve(path).route)
    except Resolver404:
        return None


def _route(path: str) -> str | None:
    return _route_of(path) if len(path) < 500 else None


def _template(path: str) -> str | None:
    """The path as documents write it: `/api/v1/me/attempts/{attempt_id}`."""
    route = _route(path)
    return None if route is None else "/" + _CONVERTER.sub(r"{\1}", route)


@cache
def documents() -> Documents:
    """The committed documents."""
    return Documents(load())


_is_off = False


@contextmanager
def unchecked() -> Iterator[None]:
    """Answers within are not held against the documents."""
    global _is_off
    before, _is_off = _is_off, True
    try:
        yield
    finally:
        _is_off = before


def install() -> Callable[[], None]:
    """Have every answer of every test client checked from now on; call what is returned to undo it."""
    original = Client.request

    def request(self: Client, **environ: Any) -> Any:
        response = original(self, **environ)
        # A body is known to be JSON or not without being read twice; streams are not part of any interface.
        if not _is_off and not getattr(response, "streaming", False):
            path = str(environ.get("PATH_INFO", "/")).encode("latin-1").decode("utf-8", "replace")
            method = str(environ.get("REQUEST_METHOD", "GET"))
            try:
                operation_id = documents().check(method=method, path=path, response=response)
            except Difference as difference:
                if _LISTING is None:
                    raise
                operation_id = None
                with open(_LISTING, "a", encoding="utf-8") as listed:
                    listed.write(f"{difference}\n\0\n")
            if operation_id is not None and _COLLECTING:
                _collect(operation_id, environ, response)
        return response

    Client.request = request  # type: ignore[method-assign]

    def undo() -> None:
        Client.request = original  # type: ignore[method-assign]

    return undo


_COLLECTING = os.environ.get("COLLECT_EXAMPLES")
# A file to list all differences in, instead of failing at the first.
_LISTING = os.environ.get("LIST_DIFFERENCES")


def _collect(operation_id: str, environ: Mapping[str, Any], response: HttpResponse) -> None:
    """Keep the first answers of each operation for `make examples`."""
    if not 200 <= response.status_code < 300 or environ["REQUEST_METHOD"] == "HEAD":
        return
    folder = Path(str(_COLLECTING))
    folder.mkdir(parents=True, exist_ok=True)
    if _is_json(response.get("Content-Type", "").partition(";")[0]):
        body = response.content
        name = f"{operation_id}.{len(body):08d}.{os.getpid()}.json"
        if len(list(folder.glob(f"{operation_id}.*"))) < 12:
            record = {
                "operation": operation_id,
                "status": response.status_code,
                "media_type": response["Content-Type"].partition(";")[0],
                "body": json.loads(body),
            }
            (folder / name).write_text(json.dumps(record, ensure_ascii=False))


def answers_json(operation: Mapping[str, Any]) -> bool:
    """Whether a success of the operation has a JSON body, of which an example can be shown."""
    return any(
        str(status).startswith("2") and any(_is_json(media_type) for media_type in answer.get("content", {}))
        for status, answer in operation["responses"].items()
    )


def _is_json(media_type: str) -> bool:
    return media_type.endswith("json") or media_type == "application/vc"


def altered(documents: Mapping[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return a copy of the documents after `change`."""
    changed = copy.deepcopy(dict(documents))
    change(changed)
    return changed
