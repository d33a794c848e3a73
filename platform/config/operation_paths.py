"""What the document for everybody says of plain views: health, and what a problem's code means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from common.errors import NotFound
from common.openapi import problem_response
from common.schemas import Keywords, schema_of


class Liveness(TypedDict):
    status: Literal["ok"]


class Readiness(TypedDict):
    status: Literal["ok", "degraded", "unavailable"]
    database: NotRequired[Literal["ok", "down"]]
    redis: NotRequired[Literal["ok", "down"]]
    migrations: NotRequired[Literal["ok", "missing"]]
    outbox_lag_s: NotRequired[Annotated[float, Keywords("Age of the oldest event that waits.")]]
    outbox_waiting: NotRequired[bool]
    certificates: NotRequired[
        Annotated[
            dict[str, int] | None,
            Keywords("What the last look within the hour found amiss; null: nobody looked."),
        ]
    ]


class ProblemExplanation(TypedDict):
    code: str
    status: int
    title: str
    description: str


def _answer(description: str, name: str) -> Mapping[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def document() -> Mapping[str, Any]:
    """Return the paths and their schemas."""
    return {
        "paths": {
            "/livez": {
                "get": {
                    "operationId": "read_liveness",
                    "tags": ["Operation"],
                    "summary": "Whether the process answers",
                    "responses": {"200": _answer("It answers.", "Liveness")},
                }
            },
            "/readyz": {
                "get": {
                    "operationId": "read_readiness",
                    "tags": ["Operation"],
                    "summary": "Whether requests can be served",
                    "description": (
                        "`degraded` still serves: wake-ups come late, or the outbox is behind; nothing is lost. Everybody is "
                        "told `status` alone; the operator's monitoring sends its token as `Authorization: Bearer` and gets "
                        "the rest."
                    ),
                    "responses": {
                        "200": _answer("Requests can be served.", "Readiness"),
                        "503": _answer("They cannot.", "Readiness"),
                    },
                }
            },
            "/problems/{code}": {
                "get": {
                    "operationId": "explain_problem",
                    "tags": ["Operation"],
                    "summary": "What a problem's code means; its `type` leads here",
                    "parameters": [
                        {
                            "name": "code",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
                        }
                    ],
                    "responses": {
                        "200": _answer("What it means.", "ProblemExplanation"),
                        "404": problem_response([NotFound]),
                    },
                }
            },
        },
        "schemas": {
            "Liveness": schema_of(Liveness),
            "Readiness": schema_of(Readiness),
            "ProblemExplanation": schema_of(ProblemExplanation),
        },
    }
