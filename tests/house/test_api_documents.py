"""The OpenAPI documents keep to one style, are whole, and would fail if they said anything else than answers do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, get_type_hints

import jsonschema_rs
import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from openapi_spec_validator import OpenAPIV31SpecValidator

from agencies.feed.rules import FeedCursor
from agencies.feed.services import ProgressItem, Pulled
from common import errors
from common.openapi import TAGS, VERBS
from common.value_schemas import component_name
from config.api_documents import AUDIENCES
from credentials.api.verification import VerdictOutput
from credentials.certificates.renewal import RenewalView
from tests import documented
from tests.agencies.factories import make_agency, signed_in_machine
from tests.factories import make_learner, signed_in

DOCUMENTS = documented.load()
OPERATIONS = [
    pytest.param(name, path, method, operation, id=operation["operationId"])
    for name, document in DOCUMENTS.items()
    for path, item in document["paths"].items()
    for method, operation in item.items()
]
_NAME = re.compile(rf"({'|'.join(VERBS)})(_[a-z0-9]+)*")
# Names that say nothing, or that a generator of documents made up.
_BAD_ENUM = re.compile(
    r"(Null|Blank|Status|State|Kind|Type|Mode|Part|[0-9a-f]{3})Enum|.*(Input|Output)\w*Enum|.*[0-9a-f]{3}Enum"
)


def _each(kind: str) -> Iterator[tuple[str, str, Any]]:
    for name, document in DOCUMENTS.items():
        for component, schema in document["components"][kind].items():
            yield name, component, schema


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_whole(name: str) -> None:
    document = DOCUMENTS[name]
    assert document["openapi"].startswith("3.1")
    assert document["servers"]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_operations_are_named_in_one_style() -> None:
    names = [operation["operationId"] for *_, operation in (case.values for case in OPERATIONS)]
    assert [name for name in names if not _NAME.fullmatch(name)] == []
    assert len(names) == len(set(names))
    for name, _, _, operation in (case.values for case in OPERATIONS):
        assert len(operation["tags"]) == 1, operation["operationId"]
        assert operation["tags"][0] in AUDIENCES[str(name)].tags, operation["operationId"]
        assert operation.get("summary"), operation["operationId"]
    assert {tag for audience in AUDIENCES.values() for tag in audience.tags} == set(TAGS)
    for name, document in DOCUMENTS.items():
        used = {operation["tags"][0] for item in document["paths"].values() for operation in item.values()}
        assert used == {tag["name"] for tag in document["tags"]}, name


def test_components_have_names_that_speak() -> None:
    for name, component, schema in _each("schemas"):
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", component), (name, component)
        assert not _BAD_ENUM.fullmatch(component), (name, component)
        if "enum" in schema and component.endswith("Enum"):
            assert None not in schema["enum"]


def test_no_docstring_is_a_description() -> None:
    """Of internals nobody outside can know: modules, settings, Python's own words."""
    text = json.dumps(DOCUMENTS)
    for word in ("serializer", "Serializer", "settings.", "QuerySet", "docstring", "dataclass", "APIView"):
        assert word not in text, word


def test_every_refusal_names_its_codes() -> None:
    # Every module that declares an error is loaded with the routes.
    assert get_resolver().url_patterns
    by_code = errors.registered()
    for name, path, method, operation in (case.values for case in OPERATIONS):
        for status, answer in operation["responses"].items():
            schema = answer.get("content", {}).get(errors.PROBLEM_JSON, {}).get("schema")
            if schema is None:
                continue
            listed = schema.get("oneOf", [schema])
            for reference in listed:
                problem = DOCUMENTS[str(name)]["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
                (code,) = problem["properties"]["code"]["enum"]
                assert by_code[code].status == int(str(status)), (path, method, status)
                assert set(by_code[code].member_types) <= problem["properties"].keys()
            if len(listed) > 1:
                assert set(schema["discriminator"]["mapping"].values()) == {row["$ref"] for row in listed}
    assert all("Problem" in document["components"]["schemas"] for document in DOCUMENTS.values())


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/openapi.yaml", "/agency/openapi.yaml", "/verify/openapi.yaml"])
def test_each_is_served_with_its_server(path: str, settings: Any) -> None:
    answer = Client().get(path, headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    assert answer.json()["servers"] == [{"url": settings.PUBLIC_BASE_URL}]
    assert Client().get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 200, "YAML is another text"
    page = Client().get(path.replace("openapi.yaml", "docs"))
    assert page.status_code == 200
    script = Client().get(
        path.replace("openapi.yaml", "docs"), {"script": ""}
    )  # a page's policy lets no script stand in it
    assert path in script.content.decode()


def _answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    kind = headers.pop("content_type", "application/json")
    return HttpResponse(json.dumps(body), status=status, content_type=kind, headers=headers)


FEED = {"items": [], "next": "cursor", "more": False, "tombstones_until": None}
CERTIFICATE = {
    "id": "x",
    "achievement": "a",
    "achievement_version": 1,
    "edition_id": "01900000-0000-7000-8000-000000000000",
    "course_id": "01900000-0000-7000-8000-000000000001",
    "valid_from_month": "2026-01",
    "valid_until_month": None,
    "status": "suspended",
    "status_changed_month": "2026-02",
}
ENTRY = {
    "learner": "p",
    "withdrawn": False,
    "changed_month": "2026-02",
    "state": "TH",
    "enrolments": [],
    "skills": [],
    "certificates": [CERTIFICATE],
    "explanations": False,
}
RULES = {"items": [], "next": None}
VERDICT = {"verdict": "revoked", "changed_at": "2026-02-01T00:00:00Z", "valid_until": "2027-02-01T00:00:00Z"}
RENEWAL = {"state": "missing", "renewable_from": "2026-02-01T00:00:00Z", "missing": [{"kind": "completion"}]}
_ID = "01900000-0000-7000-8000-000000000000"
# Address -> an answer that is as documented.
TRUE: dict[str, Any] = {
    "/agency/v1/progress": {**FEED, "items": [ENTRY]},
    "/verify/code/status": VERDICT,
    f"/api/v1/me/certificates/{_ID}/renewal": RENEWAL,
}
# And the headers that always come with it.
HEADERS = {f"/api/v1/me/certificates/{_ID}/renewal": {"ETag": '"a"'}}


def _schema(documents: Any, name: str, component: str) -> Any:
    return documents[name]["components"]["schemas"][component]


def _more(name: str, component: str) -> Callable[[Any], None]:
    return lambda documents: _schema(documents, name, component)["required"].append("planted")


def _less(name: str, component: str, value: str) -> Callable[[Any], None]:
    return lambda documents: _schema(documents, name, component)["enum"].remove(value)


def _renamed(name: str, component: str, member: str) -> Callable[[Any], None]:
    def change(documents: Any) -> None:
        schema = _schema(documents, name, component)
        schema["properties"]["planted"] = schema["properties"].pop(member)
        schema["required"] = [entry for entry in schema["required"] if entry != member]

    return change


PLANTED = [
    ("/agency/v1/progress", _more("agencies", "ProgressCertificate")),
    ("/agency/v1/progress", _less("agencies", "CertificateStatusEnum", "suspended")),
    ("/agency/v1/progress", _renamed("agencies", "ProgressItem", "changed_month")),
    ("/verify/code/status", _more("everybody", "VerdictOutput")),
    ("/verify/code/status", _less("everybody", "VerdictEnum", "revoked")),
    ("/verify/code/status", _renamed("everybody", "VerdictOutput", "changed_at")),
    (f"/api/v1/me/certificates/{_ID}/renewal", _more("learners", "RenewalOutput")),
    (f"/api/v1/me/certificates/{_ID}/renewal", _less("learners", "RenewalStateEnum", "missing")),
    (f"/api/v1/me/certificates/{_ID}/renewal", _renamed("learners", "RenewalOutput", "missing")),
]


@pytest.mark.parametrize("path", TRUE)
def test_a_true_answer_is_found_true(path: str) -> None:
    documented.Documents(DOCUMENTS).check(
        method="GET", path=path, response=_answer(TRUE[path], **HEADERS.get(path, {}))
    )


@pytest.mark.parametrize(("path", "change"), PLANTED)
def test_a_planted_difference_is_found(path: str, change: Callable[[Any], None]) -> None:
    planted = documented.Documents(documented.altered(DOCUMENTS, change))
    with pytest.raises(documented.Difference):
        planted.check(method="GET", path=path, response=_answer(TRUE[path], **HEADERS.get(path, {})))


@pytest.mark.parametrize(
    ("response", "what"),
    [
        (_answer({**VERDICT, "planted": 1}), "planted"),
        (_answer({**VERDICT, "changed_at": "yesterday"}), "date-time"),
        (_answer(VERDICT, 201), "status"),
        (_answer(VERDICT, content_type="text/plain"), "text/plain"),
        (_answer(VERDICT, ETag='"1"'), "ETag"),
    ],
)
def test_what_an_answer_has_more_or_otherwise_is_found(response: HttpResponse, what: str) -> None:
    with pytest.raises(documented.Difference, match=what):
        documented.documents().check(method="GET", path="/verify/code/status", response=response)


def test_a_header_that_is_missing_is_found() -> None:
    with pytest.raises(documented.Difference, match="ETag is missing"):
        documented.documents().check(method="GET", path="/api/v1/scoring-rules", response=_answer(RULES))


@pytest.mark.django_db
def test_the_client_of_every_test_is_the_one_that_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    change = _renamed("learners", "PurposesOutput", "items")
    monkeypatch.setattr(documented, "documents", lambda: documented.Documents(documented.altered(DOCUMENTS, change)))
    with pytest.raises(documented.Difference, match="items"):
        Client().get("/api/v1/purposes")
    with documented.unchecked():
        assert Client().get("/api/v1/purposes").status_code == 200


# Of each document a class whose values are rendered as they are.
VALUE_CLASSES = {"learners": RenewalView, "agencies": ProgressItem, "everybody": VerdictOutput}


def test_components_among_those_planted_in_are_derived() -> None:
    """Else the planted differences above would say nothing of derived schemas."""
    for name, kind in VALUE_CLASSES.items():
        schema = DOCUMENTS[name]["components"]["schemas"][component_name(kind)]
        assert list(schema["properties"]) == list(get_type_hints(kind))


@pytest.mark.parametrize("name", VALUE_CLASSES)
def test_a_member_that_is_added_to_a_value_class_makes_its_snapshot_stale(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VALUE_CLASSES[name].__annotations__, "planted", "str")
    with pytest.raises(CommandError, match=rf"stale in docs/api: {name}\.yaml;"):
        call_command("write_api_documents", "--check")


@pytest.mark.django_db
def test_a_value_that_differs_from_its_annotation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    learner, agency = make_learner("JP"), make_agency("JP")
    certificate = SimpleNamespace(status_changed_at=None, valid_until=None, public_code="0" * 26)
    monkeypatch.setattr("credentials.api.verification.found", lambda code: (certificate, "planted"))
    with pytest.raises(documented.Difference, match=r"verdict: .*planted"):
        Client().get(f"/verify/{'0' * 26}/status", headers={"Accept": "application/json"})
    empty = {"learner": None, "enrolments": [], "skills": [], "certificates": [], "waiting": "planted"}
    monkeypatch.setattr("home.api.home", lambda **_: (empty, []))
    with pytest.raises(documented.Difference, match=r"waiting: .*planted"):
        signed_in(learner.user).get("/api/v1/home")
    item = ProgressItem("p", False, "planted", "JP", [], [], [], False)  # type: ignore[arg-type]
    monkeypatch.setattr("agencies.feed.services.pull", lambda **_: Pulled([item], FeedCursor("", 1, None), False))
    with pytest.raises(documented.Difference, match=r"changed_month: .*planted"):
        signed_in_machine(agency).pull()


@pytest.mark.parametrize(("name", "path", "method", "operation"), OPERATIONS)
def test_every_operation_has_a_valid_example(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    shown = 0
    for status, answer in operation["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            if "example" in content:
                shown += 1
                schema = documented.closed(DOCUMENTS[name], content.get("schema", {}))
                validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                assert [error.message for error in validator.iter_errors(content["example"])] == [], (
                    status,
                    media_type,
                )
    wanted = documented.answers_json(operation)
    assert shown == int(wanted)
