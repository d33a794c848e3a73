"""The log's key, the witness's key, and the keys of others: what the settings name, read once per process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from credentials.certificates.signer import create_key_file, read_key_file
from credentials.transparency.notes import LOG, WITNESS, Cosigner, NotANote, NoteSigner, Verifier


def log_signer() -> NoteSigner:
    """What signs this installation's checkpoints.

    Raises:
        ImproperlyConfigured: there is no key and none may be made.
    """
    if not settings.LOG_KEY_FILE:
        raise ImproperlyConfigured("LOG_KEY_FILE must name the transparency log's key")
    return _log_signer(settings.LOG_ORIGIN, settings.LOG_KEY_FILE, settings.LOG_KEY_PASSWORD, settings.LOG_KEY_CREATE)


@lru_cache(maxsize=4)
def _log_signer(origin: str, file: str, password: str, create: bool) -> NoteSigner:
    return NoteSigner(origin, _key(file, password, create, what="the log's key", variable="LOG_KEY_PASSWORD"))


def cosigner() -> Cosigner | None:
    """What cosigns other logs' checkpoints; None where this installation is no witness.

    Raises:
        ImproperlyConfigured: the key cannot be read, or is the log's too: who signs cannot vouch for themselves.
    """
    if not settings.WITNESS_KEY_FILE:
        return None
    if settings.WITNESS_KEY_FILE == settings.LOG_KEY_FILE:
        raise ImproperlyConfigured("WITNESS_KEY_FILE must name another key than LOG_KEY_FILE")
    return _cosigner(
        settings.WITNESS_NAME, settings.WITNESS_KEY_FILE, settings.WITNESS_KEY_PASSWORD, settings.WITNESS_KEY_CREATE
    )


@lru_cache(maxsize=8)
def _cosigner(name: str, file: str, password: str, create: bool) -> Cosigner:
    key = _key(file, password, create, what="the witness's key", variable="WITNESS_KEY_PASSWORD")
    return Cosigner(name, key)


def _key(file: str, password: str, create: bool, *, what: str, variable: str) -> Ed25519PrivateKey:
    if create:
        create_key_file(Path(file), password=password)
    return read_key_file(Path(file), password=password, what=what, variable=variable)


def witnesses() -> list[tuple[Verifier, str]]:
    """The witnesses that we ask, each with the address below which it takes checkpoints (LOG_WITNESSES).

    Raises:
        ImproperlyConfigured: an entry is not `<verifier key> <http address>`.
    """
    found = []
    for entry in settings.LOG_WITNESSES:
        parts = entry.split()
        if len(parts) != 2 or urlsplit(parts[1]).scheme not in ("http", "https"):
            raise ImproperlyConfigured("LOG_WITNESSES lists `<verifier key> <http address>`, separated by commas")
        found.append((_verifier(parts[0], WITNESS, "LOG_WITNESSES"), parts[1].rstrip("/")))
    return found


def witnessed_logs() -> dict[str, list[Verifier]]:
    """The logs that we witness: the keys of each origin (WITNESSED_LOGS); a log's key has its origin as name.

    Raises:
        ImproperlyConfigured: an entry is no verifier key of a log.
    """
    found: dict[str, list[Verifier]] = {}
    for entry in settings.WITNESSED_LOGS:
        verifier = _verifier(entry.strip(), LOG, "WITNESSED_LOGS")
        found.setdefault(verifier.name, []).append(verifier)
    return found


@lru_cache(maxsize=256)
def _verifier(vkey: str, kind: int, setting: str) -> Verifier:
    try:
        verifier = Verifier.parse(vkey)
    except NotANote as error:
        raise ImproperlyConfigured(f"{setting}: {error}") from error
    if verifier.kind != kind:
        raise ImproperlyConfigured(f"{setting}: {verifier.name} is a key of another kind")
    return verifier
