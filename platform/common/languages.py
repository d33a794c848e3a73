"""Choosing a language for content: RFC 4647 lookup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation.trans_real import parse_accept_lang_header


def canonical(tag: str) -> str:
    """Return a BCP 47 tag in its conventional case: `zh-hans` -> `zh-Hans`, `MS-ARAB` -> `ms-Arab`, `pt-br` -> `pt-BR`."""
    first, *rest = tag.replace("_", "-").split("-")
    parts = [first.lower()]
    for part in rest:
        parts.append(part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower())
    return "-".join(parts)


def lookup(wanted: Iterable[str], available: Sequence[str]) -> str | None:
    """Return the first of `available` that RFC 4647 lookup finds for the priority list `wanted`; None if nothing does.

    Each range is shortened from the end until a tag matches. A single-letter subtag goes together with what follows it.
    """
    by_key = {tag.lower(): tag for tag in available}
    for tag in wanted:
        parts = tag.replace("_", "-").lower().split("-")
        while parts:
            found = by_key.get("-".join(parts))
            if found is not None:
                return found
            parts.pop()
            if parts and len(parts[-1]) == 1:
                parts.pop()
    return None


def choose(accept_language: str, preferred: Sequence[str], available: Sequence[str], default: str) -> str:
    """Return the language to answer in: the header's, then the learner's languages, then the content's default."""
    header = [tag for tag, quality in parse_accept_lang_header(accept_language) if quality > 0 and tag != "*"]
    return lookup(header, available) or lookup(preferred, available) or default
