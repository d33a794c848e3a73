"""The issuer's key: where it comes from, and what signs with it.

A `Signer` hides where the private key is; the one here reads a file. An adapter to a hardware module or a key service
needs these three members only.
"""

from __future__ import annotations

import os
import secrets
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import base58
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

REGIONAL = "regional"
# Multicodec's prefix of an Ed25519 public key, and multibase's letter for base58btc (W3C Controlled Identifiers, Multikey).
_ED25519_PUB = b"\xed\x01"
_BASE58BTC = "z"


class Signer(Protocol):
    """Signs as the issuer.

    did: the issuer's DID. multikey: the public key as Multikey (`z6Mk…`).
    """

    did: str
    multikey: str

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message`."""
        ...


def multikey_of(public_key: Ed25519PublicKey) -> str:
    """Return an Ed25519 public key as Multikey."""
    raw = public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return _BASE58BTC + str(base58.b58encode(_ED25519_PUB + raw).decode())


def public_key_of(multikey: str) -> Ed25519PublicKey:
    """Return the key that a Multikey text holds.

    Raises:
        ValueError: it is not one of Ed25519.
    """
    raw = base58.b58decode(multikey[1:]) if multikey.startswith(_BASE58BTC) else b""
    if len(raw) != 34 or not raw.startswith(_ED25519_PUB):
        raise ValueError("not an Ed25519 Multikey")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def did_of(base_url: str, slug: str = REGIONAL) -> str:
    """Return the did:web of an issuer of the site at `base_url` (W3C CCG did:web, section 3.1).

    The regional issuer is the site itself; that of a state stands below it, at `issuers:<slug>`.
    """
    parts = urlsplit(base_url)
    host = (parts.hostname or "") + (f"%3A{parts.port}" if parts.port else "")
    below = [] if slug == REGIONAL else ["issuers", slug]
    return ":".join(["did:web", host, *[segment for segment in parts.path.split("/") if segment], *below])


def did_document_path(did: str) -> str:
    """Return the path, on the site that a did:web names, of its DID document (W3C CCG did:web, section 3.2)."""
    # did:web:<host>, then the segments of the path; a port is within the host, percent-encoded.
    segments = did.split(":")[3:]
    return "/".join(["", *(segments or [".well-known"]), "did.json"])


def read_key_file(path: Path, *, password: str, what: str, variable: str) -> Ed25519PrivateKey:
    """Read an Ed25519 private key from a PEM file (PKCS#8, encrypted or not).

    Args:
        what: whose key it is, and variable: where its password comes from; for messages.

    Raises:
        ImproperlyConfigured: the file is missing, unreadable, or no such key. The message never quotes the file.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password.encode() if password else None)
    except OSError as error:
        raise ImproperlyConfigured(f"{what} {path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"{what} {path} is no PEM private key, or {variable} is not its password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"{what} {path} is not an Ed25519 key")
    return key


class FileSigner:
    """Signs with an Ed25519 key from a PEM file (PKCS#8, encrypted or not)."""

    def __init__(self, path: Path, *, password: str, did: str) -> None:
        """Read the key.

        Raises:
            ImproperlyConfigured: the file is missing, unreadable, or no such key. The message never quotes the file.
        """
        key = read_key_file(path, password=password, what="the issuer's key", variable="ISSUER_KEY_PASSWORD")
        self._key = key
        self.did = did
        self.multikey = multikey_of(key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def create_key_file(path: Path, *, password: str) -> None:
    """Make a new key at `path`, readable by its owner only. If the file is there or appears meanwhile, it is left alone."""
    if path.exists():
        return
    encryption = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        # A link appears whole or not at all, and fails where another process was first: its key is then everyone's.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


class KeyService(Protocol):
    """What a hardware module (PKCS#11) or a key management service offers: keys by label that never leave it."""

    def public_key(self, label: str) -> bytes:
        """Return the 32 raw bytes of the Ed25519 public key.

        Raises:
            KeyError: there is none of that label.
        """
        ...

    def sign(self, label: str, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature (PKCS#11: CKM_EDDSA)."""
        ...

    def create(self, label: str) -> None:
        """Make an Ed25519 key of that label; if there is one, it is left alone (PKCS#11: CKM_EC_EDWARDS_KEY_PAIR_GEN)."""
        ...

    def rename(self, label: str, to: str) -> None:
        """Give a key another label, instead of the key that had it, which is destroyed or put away.

        A second call after a first that went through changes nothing.
        """
        ...


class KeyServiceSigner:
    """Signs with a key that a `KeyService` keeps."""

    def __init__(self, service: KeyService, *, label: str, did: str) -> None:
        """Read the public key.

        Raises:
            ImproperlyConfigured: the service has no such key.
        """
        try:
            raw = service.public_key(label)
        except KeyError as error:
            raise ImproperlyConfigured(f"the key service has no key {label!r}") from error
        self._service, self._label = service, label
        self.did = did
        self.multikey = multikey_of(Ed25519PublicKey.from_public_bytes(raw))

    def sign(self, message: bytes) -> bytes:
        return self._service.sign(self._label, message)


def signer_for(slug: str) -> Signer:
    """The signer of an issuer, read once per process and setting.

    `ISSUER_KEY_SERVICE` names a callable without arguments that returns a `KeyService`, in which the key is labelled
    with the issuer's slug; without one the key is the file `<slug>.pem` of `ISSUER_KEY_DIR`.

    Raises:
        ImproperlyConfigured: there is no key and none may be made.
    """
    did = did_of(settings.PUBLIC_BASE_URL, slug)
    if settings.ISSUER_KEY_SERVICE:
        return KeyServiceSigner(_key_service(settings.ISSUER_KEY_SERVICE), label=slug, did=did)
    if not settings.ISSUER_KEY_DIR:
        raise ImproperlyConfigured("ISSUER_KEY_DIR must name the folder of the issuers' keys")
    return _file_signer(str(key_file(slug)), settings.ISSUER_KEY_PASSWORD, did, settings.ISSUER_KEY_CREATE)


def key_file(slug: str) -> Path:
    """Where the key of an issuer lies."""
    return Path(settings.ISSUER_KEY_DIR) / f"{slug}.pem"


def prepare_next(slug: str) -> str:
    """Make the issuer's next key, where there is none yet: `<slug>.next`; return it as Multikey.

    Raises:
        ImproperlyConfigured: it cannot be made or read.
    """
    label, did = f"{slug}.next", did_of(settings.PUBLIC_BASE_URL, slug)
    if settings.ISSUER_KEY_SERVICE:
        service = _key_service(settings.ISSUER_KEY_SERVICE)
        service.create(label)
        return KeyServiceSigner(service, label=label, did=did).multikey
    if not settings.ISSUER_KEY_DIR:
        raise ImproperlyConfigured("ISSUER_KEY_DIR must name the folder of the issuers' keys")
    create_key_file(key_file(label), password=settings.ISSUER_KEY_PASSWORD)
    return FileSigner(key_file(label), password=settings.ISSUER_KEY_PASSWORD, did=did).multikey


def next_key(slug: str) -> str | None:
    """The issuer's next key as Multikey; None when there is none, as after a switch."""
    label, did = f"{slug}.next", did_of(settings.PUBLIC_BASE_URL, slug)
    if settings.ISSUER_KEY_SERVICE:
        try:
            return KeyServiceSigner(_key_service(settings.ISSUER_KEY_SERVICE), label=label, did=did).multikey
        except ImproperlyConfigured:
            return None
    if not key_file(label).exists():
        return None
    return FileSigner(key_file(label), password=settings.ISSUER_KEY_PASSWORD, did=did).multikey


def switch_to_next(slug: str) -> None:
    """Replace the key that signs by the issuer's next key; a repeat changes nothing. The old private key is gone."""
    if settings.ISSUER_KEY_SERVICE:
        _key_service(settings.ISSUER_KEY_SERVICE).rename(f"{slug}.next", slug)
    elif key_file(f"{slug}.next").exists():
        # One step: at every instant there is one whole key.
        os.replace(key_file(f"{slug}.next"), key_file(slug))
    forget_keys()


def forget_keys() -> None:
    """Read keys anew at the next use: a file was replaced."""
    _file_signer.cache_clear()


@cache
def _key_service(dotted: str) -> KeyService:
    made: KeyService = import_string(dotted)()
    return made


@lru_cache(maxsize=64)
def _file_signer(file: str, password: str, did: str, create: bool) -> FileSigner:
    if create:
        create_key_file(Path(file), password=password)
    return FileSigner(Path(file), password=password, did=did)
