"""Which OpenID Connect providers learners may sign in with, as operators write them: OPENID_PROVIDERS."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from django.core.exceptions import ImproperlyConfigured


class _Provider(msgspec.Struct, forbid_unknown_fields=True):
    """One provider: `issuer` is where its discovery document is found (OpenID Connect Discovery 1.0, section 4)."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,29}$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    issuer: str
    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=190)]


def openid_providers(text: str, *, plain_http: bool = False) -> dict[str, Any]:
    """Return django-allauth's SOCIALACCOUNT_PROVIDERS of a JSON list of providers; empty for an empty text.

    Args:
        text: `[{"id": "moh", "name": "Ministry", "issuer": "https://id.example.org", "client_id": "skills-app"}]`.
        plain_http: an issuer without TLS is taken, as on a development machine.

    Raises:
        ImproperlyConfigured: it is no such list.
    """
    if not text.strip():
        return {}
    try:
        providers = msgspec.json.decode(text, type=list[_Provider])
    except msgspec.DecodeError as error:
        raise ImproperlyConfigured(f"OPENID_PROVIDERS: {error}") from error
    for provider in providers:
        parts = urlsplit(provider.issuer)
        if parts.scheme not in (("https", "http") if plain_http else ("https",)) or not parts.netloc or parts.query:
            raise ImproperlyConfigured(f"OPENID_PROVIDERS: the issuer of {provider.id} is no https:// address")
    if len({provider.id for provider in providers}) < len(providers):
        raise ImproperlyConfigured("OPENID_PROVIDERS: two providers have the same id")
    apps = [
        {
            "provider_id": provider.id,
            "name": provider.name,
            "client_id": provider.client_id,
            "settings": {"server_url": provider.issuer},
        }
        for provider in providers
    ]
    return {"openid_connect": {"APPS": apps}} if apps else {}
