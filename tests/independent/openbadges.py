"""openbadgeslib as a verifier: its own judgement of a credential, with the web from files.

It verifies lists of status as VC-JWT only, so the proof of a list with Data Integrity is checked by its own
`verify_data_integrity_proof` when the list is fetched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.did import resolve_verification_method
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof


class _Web:
    def __init__(self, folder: Path, pages: dict[str, str], issuer: str) -> None:
        self._folder, self._pages, self._issuer = folder, pages, issuer

    def __call__(self, url: str) -> bytes:
        if url not in self._pages:
            raise LookupError("not found")
        raw = (self._folder / self._pages[url]).read_bytes()
        if "/status/" in url:
            self._check_list(json.loads(raw))
        return raw

    def _check_list(self, document: dict[str, Any]) -> None:
        method = document["proof"][0]["verificationMethod"]
        if document["issuer"] != self._issuer or method.partition("#")[0] != self._issuer:
            raise LookupError("the list is of another issuer")
        verify_data_integrity_proof(document, resolve_verification_method(method, self))


def judge(folder: Path, manifest: dict[str, Any], text: str) -> tuple[str, str]:
    """The verdict and what the library said."""
    try:
        issuer = json.loads(text)["issuer"]["id"]
        web = _Web(folder, manifest["web"], issuer)
        # Anchored to nobody: method and issuer must belong together, and whom to trust is the caller's to say.
        OB3LdpVerifier().verify(text, check_status=True, verify_status_list=False, download=web)
    except LibOpenBadgesException as error:
        return _verdict(str(error)), str(error)[:200]
    if issuer not in manifest["trusted"]:
        return "unknown issuer", ""
    return "valid", ""


def _verdict(message: str) -> str:
    for sign, verdict in {
        "Credential has expired": "expired",
        "status 'revocation' is set": "revoked",
        "status 'suspension' is set": "suspended",
        "status list": "undetermined",
        "statusPurpose": "undetermined",
    }.items():
        if sign in message:
            return verdict
    return "rejected"
