"""JSON-LD to canonical N-Quads, with contexts that are shipped and never fetched.

A proof by `eddsa-rdfc-2022` covers the RDF statements a document expands to. Whatever would be lost on the way there
would be unsigned without anybody's notice, so it is refused: a member no context defines, a type or an id that is no IRI.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from openbadgeslib.ob3.clr import CLR_CONTEXT_URL, bundled_clr_contexts
from openbadgeslib.ob3.contexts import load_context
from pyld import jsonld
from pyld.canon import URDNA2015

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
OB_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CONTEXTS = (VC_CONTEXT, OB_CONTEXT)
# Of records that hold credentials; in a credential of ours it does not stand.
CLR_CONTEXT = CLR_CONTEXT_URL

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]*")
# What is relative is resolved against this, and thereby found out.
_NOWHERE = "https://relative.invalid/"
_lock = threading.Lock()
_resolved: dict[str, Any] = {}
_scoped: dict[tuple[Any, ...], tuple[Any, Any]] = {}
_MAX_SCOPED = 512  # the shipped contexts make about forty


def instant(at: datetime) -> str:
    """An instant as xsd:dateTime in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class NotLinkedData(ValueError):
    """The document holds something that its proof would not cover; the message names it."""


def _serve(url: str, options: Any = None) -> dict[str, Any]:
    if url not in (*CONTEXTS, CLR_CONTEXT):
        raise NotLinkedData(f"context {url} is not one of those shipped")
    context = bundled_clr_contexts()[url] if url == CLR_CONTEXT else load_context(url)
    # `static` lets pyld keep the processed context over calls.
    return {"contextUrl": None, "documentUrl": url, "document": context, "tag": "static"}


class _Processor(jsonld.JsonLdProcessor):
    """Makes a term's or a type's own context once, where pyld makes it anew at every node."""

    def _process_context(
        self,
        active_ctx: Any,
        local_ctx: Any,
        options: Any,
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: Any = None,
    ) -> Any:
        given = (override_protected, propagate, validate_scoped)
        make = super()._process_context
        # A context that stands in a document is none of a term's or a type's, and is not kept.
        if cycles is not None or given == (False, True, True) or "_uuid" not in active_ctx:
            return make(active_ctx, local_ctx, options, *given, cycles)
        key = (active_ctx["_uuid"], id(local_ctx), *given)
        if key not in _scoped:
            if len(_scoped) >= _MAX_SCOPED:
                _scoped.clear()
            # The local one is kept as well: while it is, nothing else has its id.
            _scoped[key] = (make(active_ctx, local_ctx, options, *given), local_ctx)
        return _scoped[key][0]


class _OfExpanded(jsonld.JsonLdProcessor):
    """Takes a document for expanded, where pyld would expand it once more on the way to RDF."""

    def expand(self, input_: Any, options: Any) -> Any:
        return input_


def _refuse(member: str | None) -> None:
    raise NotLinkedData(f"no context defines the member {member!r}")


def canonical_quads(document: Mapping[str, Any]) -> str:
    """Return the canonical N-Quads (RDFC-1.0, SHA-256) of a JSON-LD document.

    Raises:
        NotLinkedData: a part of it would not be among them, or it names a context that is not shipped.
    """
    # pyld's caches are not safe for threads, and it is pure Python: a lock costs nothing that the GIL does not.
    with _lock:
        try:
            processor = _Processor(on_property_dropped=_refuse)
            options = {
                "documentLoader": _serve,
                "contextResolver": jsonld.ContextResolver(_resolved, _serve),
                "base": _NOWHERE,
                "processingMode": "json-ld-1.1",
            }
            expanded = processor.expand(document, options)
            _check(expanded, top=True)
            dataset = _OfExpanded().to_rdf(expanded, {**options, "produceGeneralizedRdf": False})
            return str(URDNA2015().main(dataset, {"format": "application/n-quads"}))
        except jsonld.JsonLdError as error:
            _forget()
            cause: BaseException | None = error
            while cause is not None:
                if isinstance(cause, NotLinkedData):
                    raise cause from None
                cause = cause.__cause__
            raise NotLinkedData(f"not JSON-LD: {error.type}") from error
        except BaseException:
            _forget()
            raise


def _forget() -> None:
    _resolved.clear()
    _scoped.clear()


def digest(document: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical N-Quads.

    Raises:
        NotLinkedData: see `canonical_quads`.
    """
    return hashlib.sha256(canonical_quads(document).encode()).digest()


def _check(value: Any, *, top: bool = False) -> None:
    """Walk the expanded form for what the conversion to RDF would drop."""
    if isinstance(value, list):
        for entry in value:
            _check(entry)
        if top and len(value) != 1:
            raise NotLinkedData("the document is not one node")
        return
    if "@value" in value:
        return
    for keyword in ("@list", "@reverse", "@included", "@index"):
        if keyword in value:
            raise NotLinkedData(f"{keyword} is not used here")
    for iri in [*([value["@id"]] if "@id" in value else []), *value.get("@type", [])]:
        if not _IRI.fullmatch(iri) or iri.startswith(_NOWHERE):
            raise NotLinkedData(f"{iri!r} is no absolute IRI")
    for key, entry in value.items():
        if key in ("@id", "@type"):
            continue
        if key != "@graph" and not _IRI.fullmatch(key):
            raise NotLinkedData(f"the property {key!r} is no absolute IRI")
        _check(entry)
