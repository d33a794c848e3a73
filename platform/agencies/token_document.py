"""What the agencies' document says of the token endpoint, which speaks OAuth's own form (RFC 6749)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from common.schemas import Keywords, schema_of


class TokenInput(TypedDict):
    grant_type: Literal["client_credentials"]
    client_id: str
    client_secret: str
    scope: NotRequired[Annotated[str, Keywords("Separated by spaces; all that the client may have, if left out.")]]


class TokenOutput(TypedDict):
    access_token: str
    expires_in: Annotated[int, Keywords("Seconds.")]
    token_type: Literal["Bearer"]
    scope: Annotated[str, Keywords("Separated by spaces.")]


class TokenError(TypedDict):
    error: Annotated[str, Keywords("A code of RFC 6749, section 5.2.")]
    error_description: NotRequired[str]


def token_document() -> Mapping[str, Any]:
    """Return the path and its schemas."""
    schemas = {"TokenInput": TokenInput, "TokenOutput": TokenOutput, "TokenError": TokenError}
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/TokenError"}}}
    return {
        "paths": {
            "/agency/oauth/token": {
                "post": {
                    "operationId": "create_token",
                    "tags": ["Token"],
                    "summary": "An access token for the client's id and secret",
                    "description": "OAuth 2 client credentials. The id and secret may come by HTTP Basic instead.",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/TokenInput"}}
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "A token.",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenOutput"}}},
                        },
                        "400": {"description": "The request is not one for a token.", "content": refused},
                        "413": {"description": "The request is too large.", "content": refused},
                        "401": {"description": "The client is not known, or its secret is wrong.", "content": refused},
                    },
                }
            }
        },
        "schemas": {name: schema_of(kind) for name, kind in schemas.items()},
    }
