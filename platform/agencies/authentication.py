"""Agencies' machines: access tokens by OAuth 2 client credentials, and who stands behind one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from oauth2_provider.models import AccessToken
from oauth2_provider.settings import oauth2_settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from agencies.errors import InsufficientScope
from common import clock

_REALM = 'Bearer realm="ai-skills"'


@dataclass(frozen=True)
class AgencyClient:
    """The machine that called. Its state is the agency's registration, never a parameter; None for a regional body."""

    client_id: str
    agency_id: UUID
    state: str | None
    scopes: frozenset[str]

    is_authenticated = True
    is_active = True
    is_staff = False

    @property
    def pk(self) -> str:
        return self.client_id


class AgencyTokenAuthentication(BaseAuthentication):
    """Resolves `Authorization: Bearer …` to an active client of an active agency, in one query.

    Only the token's hash is stored, so a stolen database holds no token. Whoever is deactivated is out at once.
    """

    def authenticate(self, request: Request) -> tuple[AgencyClient, AgencyClient] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise self._refused(request)
        found = (
            AccessToken.objects.filter(
                token_checksum=hashlib.sha256(parts[1]).hexdigest(),
                expires__gt=clock.now(),
                application__apiclient__active=True,
                application__apiclient__agency__active=True,
            )
            .values_list(
                "application__client_id",
                "application__apiclient__agency_id",
                "application__apiclient__agency__member_state_id",
                "scope",
            )
            .first()
        )
        if found is None:
            raise self._refused(request)
        client_id, agency_id, state, scope = found
        client = AgencyClient(client_id, agency_id, state, frozenset(scope.split()))
        return client, client

    def authenticate_header(self, request: Request) -> str:
        # RFC 6750, section 3.1: the error is named only where a token came.
        refused = getattr(request, "token_was_refused", False)
        return f'{_REALM}, error="invalid_token"' if refused else _REALM

    def _refused(self, request: Request) -> AuthenticationFailed:
        request.token_was_refused = True  # type: ignore[attr-defined]
        return AuthenticationFailed()


def agency_client(request: Request) -> AgencyClient:
    """Return the client behind a request that passed `HasScopes`."""
    client: object = request.auth
    if not isinstance(client, AgencyClient):
        raise TypeError("the view does not authenticate agencies")
    return client


class HasScopes(BasePermission):
    """The caller is an agency's client whose token was issued for the view's `required_scopes`; nobody else passes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        client = request.auth
        if not isinstance(client, AgencyClient):
            return False
        if not client.scopes >= set(view.required_scopes):
            raise InsufficientScope(required_scopes=sorted(view.required_scopes))
        return True


class AgencyTokenScheme(OpenApiAuthenticationExtension):
    """Tells the OpenAPI document where and for which scopes agencies get their tokens."""

    target_class = "agencies.authentication.AgencyTokenAuthentication"
    name = "agency"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[Any]]:
        return {self.name: list(getattr(auto_schema.view, "required_scopes", ()))}

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "oauth2",
            "description": "For agencies' machines. The client's id and secret are handed over at registration.",
            "flows": {
                "clientCredentials": {"tokenUrl": "/agency/oauth/token", "scopes": dict(oauth2_settings.SCOPES)},
            },
        }
