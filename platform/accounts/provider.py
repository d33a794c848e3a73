"""Signing in with an account that a person has elsewhere, by OpenID Connect (docs/decisions/0017).

allauth finds this module by its name, and in it `provider_classes`.
"""

from __future__ import annotations

from typing import Any

import jwt
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest

# Of the algorithms for ID tokens those whose keys are a provider's alone: a public key is no secret to sign with.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class OpenIDProvider(OpenIDConnectProvider):
    """allauth's generic provider, which takes an ID token; stricter where a token or a provider is not as it has to be."""

    # The server sends nobody anywhere: an app asks the provider itself and hands over what it gets.
    supports_redirect = False

    def verify_token(self, request: HttpRequest, token: dict[str, Any]) -> SocialLogin:
        """Return whose ID token this is (OpenID Connect Core 1.0, 3.1.3.7).

        Raises:
            django.core.exceptions.ValidationError: invalid_token, or provider_unavailable when the provider does not answer
                or is not the one that is configured.
        """
        try:
            configuration = self.get_oauth2_adapter(request).openid_config
            with get_adapter().get_requests_session() as session:
                answer = session.get(configuration["jwks_uri"])
                answer.raise_for_status()
                keys = answer.json()
        except (requests.RequestException, LookupError, TypeError) as error:
            raise get_adapter().validation_error("provider_unavailable") from error
        issuer = self.app.settings["server_url"]
        # Discovery 1.0, 4.3: another issuer's document must not be used.
        if configuration.get("issuer") != issuer:
            raise get_adapter().validation_error("provider_unavailable")
        try:
            claims = _verified(token.get("id_token"), keys, issuer=issuer, client_id=self.app.client_id)
            jwtkit.verify_jti(claims)
        except (jwt.PyJWTError, OAuth2Error) as error:
            raise get_adapter().validation_error("invalid_token") from error
        return self.sociallogin_from_response(request, claims)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the claims: nothing. A name, a birthday or a picture is not what we asked for."""
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """What a new account begins with: an address that the provider has confirmed. The person chooses the user name."""
        confirmed = self.extract_email_addresses(data)
        return {"email": confirmed[0].email} if confirmed else {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address, if the provider says that it has confirmed it; else none, for anybody can state any address."""
        email = data.get("email")
        if not isinstance(email, str) or data.get("email_verified") is not True:
            return []
        return [EmailAddress(email=email, verified=True, primary=True)]


def _verified(id_token: Any, keys: Any, *, issuer: str, client_id: str) -> dict[str, Any]:
    """Return the claims of an ID token that one of the keys (a JWK set) has signed.

    allauth's own check takes the algorithm that the token names, and fails where a token names no key: it need not, when
    its issuer has only one (OpenID Connect Core 1.0, 10.1).

    Raises:
        jwt.PyJWTError: it is none, of another issuer or for another client, over, or without an end.
    """
    if not isinstance(id_token, str) or not isinstance(keys, dict):
        raise jwt.InvalidTokenError("not a token")
    key_id = jwt.get_unverified_header(id_token).get("kid")
    usable = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in (None, "sig")]
    named = [key for key in usable if key_id is None or key.key_id == key_id]
    if len(named) != 1:
        raise jwt.InvalidKeyError("no such key")
    claims: dict[str, Any] = jwt.decode(
        id_token,
        named[0],
        algorithms=_ALGORITHMS,
        issuer=issuer,
        audience=client_id,
        options={"require": ["exp", "iat", "sub"]},
    )
    if claims.get("azp", client_id) != client_id:
        raise jwt.InvalidAudienceError("for another client")
    return claims


provider_classes = [OpenIDProvider]
