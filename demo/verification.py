"""Checking a certificate as a stranger: from the credential's text and the issuer's published key, by a library not ours."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx
from openbadgeslib.ob3.ldp import OB3LdpVerifier


def verify_from_published_key(http: httpx.Client, certificate_url: str) -> tuple[str, str]:
    """Fetch a credential and its issuer's DID document, and check the signature; return (issuer's DID, what was certified).

    Raises:
        openbadgeslib.errors.LibOpenBadgesException: it does not verify.
    """
    answer = http.get(urlsplit(certificate_url).path, headers={"Accept": "application/vc"})
    answer.raise_for_status()
    credential = json.loads(answer.text)
    issuer = credential["issuer"]["id"]

    def fetch(url: str) -> bytes:
        # did:web is read over https; a demonstration on this machine has no certificate for localhost.
        parts = urlsplit(url)
        if parts.hostname == "localhost":
            url = parts._replace(scheme="http").geturl()
        document = http.get(url)
        document.raise_for_status()
        return document.content

    OB3LdpVerifier(issuer_did=issuer).verify(answer.text, download=fetch)
    return issuer, credential["credentialSubject"]["achievement"]["name"]
