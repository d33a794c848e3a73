"""Choosing a language, everywhere the same way: RFC 4647 lookup first, then what CLDR says of languages and scripts.

Decision 0073.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation.trans_real import parse_accept_lang_header
from langcodes import Language, tag_distance
from langcodes.data_dicts import LIKELY_SUBTAGS

# RFC 5646, section 2.1: language with extended languages, script, region. What follows names no other language.
_TAG = re.compile(r"([a-z]{2,3})((?:-[a-z]{3}){0,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-.*)?", re.IGNORECASE)
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})
# CLDR's languageMatching: 10 among varieties of one macrolanguage, 20 where schools teach both (Javanese and Indonesian),
# 30 and more where nothing better is known. Up to 5 more for the region.
_READABLE, _VARIETY = 25, 15
_HAN = {"Hans", "Hant"}


class _Written(NamedTuple):
    """A language and the script that it is written in (ISO 639, ISO 15924); `base` is what CLDR is asked by."""

    language: str
    base: str
    script: str


def canonical(tag: str) -> str:
    """Return a BCP 47 tag in its conventional case: `zh-hans` -> `zh-Hans`, `MS-ARAB` -> `ms-Arab`, `pt-br` -> `pt-BR`."""
    first, *rest = tag.replace("_", "-").split("-")
    parts = [first.lower()]
    for part in rest:
        parts.append(part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower())
    return "-".join(parts)


def lookup(wanted: Iterable[str], available: Sequence[str]) -> str | None:
    """Return the one of `available` that suits the priority list `wanted` best, spelt as there; None if nothing does.

    First what was asked for, anywhere in the list (`same_language`); then a language that its readers can read too; then
    Chinese in the other kind of characters: `zh-TW, en` is answered in English before simplified Chinese.
    """
    return _lookup(tuple(wanted), tuple(available))


def same_language(wanted: Iterable[str], available: Sequence[str]) -> str | None:
    """Return the first of `available` that is a language of the priority list `wanted` in the same script, or None.

    A tag finds another by RFC 4647 lookup (section 3.4: shortened from the end until one matches), or as the same language
    by CLDR's aliases and likely subtags: `tl` is `fil`, `in` is `id`, `zh-CN` is `zh-Hans`.
    """
    return _same_language(tuple(wanted), tuple(available))


def shortened(tag: str) -> list[str]:
    """Return the tag and every tag that RFC 4647 lookup shortens it to, in lower case.

    A single-letter subtag goes together with what follows it.
    """
    parts = tag.replace("_", "-").lower().split("-")
    tried = []
    while parts:
        tried.append("-".join(parts))
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()
    return tried


def accepted(accept_language: str) -> list[str]:
    """Return the tags of the header `Accept-Language`, best first, without those that it refuses (`q=0`) and `*`."""
    return [tag for tag, quality in parse_accept_lang_header(accept_language) if quality > 0 and tag != "*"]


def choose(accept_language: str, preferred: Sequence[str], available: Sequence[str], default: str) -> str:
    """Return the language to answer in: the header's, then the learner's languages, then the content's default."""
    return _choose(accept_language, tuple(preferred), tuple(available), default)


@lru_cache(maxsize=4096)
def _choose(accept_language: str, preferred: tuple[str, ...], available: tuple[str, ...], default: str) -> str:
    return lookup([*accepted(accept_language), *preferred], available) or default


@lru_cache(maxsize=4096)
def _lookup(wanted: tuple[str, ...], available: tuple[str, ...]) -> str | None:
    found = _same_language(wanted, available)
    if found is not None:
        return found
    offered = [(tag, written) for tag in available if (written := _written(tag))]
    asked = [written for tag in wanted if (written := _written(tag))]
    for in_other_characters, most in ((False, _READABLE), (True, _VARIETY)):
        for reader in asked:
            near = [
                (distance, position)
                for position, (_, text) in enumerate(offered)
                if ({reader.script, text.script} == _HAN if in_other_characters else reader.script == text.script)
                and (distance := _distance(reader, text)) <= most
            ]
            if near:
                return offered[min(near)[1]][0]
    return None


@lru_cache(maxsize=4096)
def _same_language(wanted: tuple[str, ...], available: tuple[str, ...]) -> str | None:
    by_key = {tag.lower(): tag for tag in reversed(available)}
    for tag in wanted:
        found = next((by_key[step] for step in shortened(tag) if step in by_key), None)
        if found is not None:
            return found
        asked = _written(tag)
        for other in available if asked else ():
            offered = _written(other)
            if offered and asked and (offered.language, offered.script) == (asked.language, asked.script):
                return other
    return None


@lru_cache(maxsize=4096)
def _written(tag: str) -> _Written | None:
    """What the tag says, with what CLDR adds to it; None when it names no language."""
    found = _TAG.fullmatch(tag.replace("_", "-"))
    if found is None or found[1].lower() in _NO_LANGUAGE:
        return None
    language, extended, script, region = (part.lower() if part else "" for part in found.groups())
    # An extended language is a language of its own: `zh-yue` is `yue` (RFC 5646, section 4.5).
    language = extended.rpartition("-")[2] or language
    # langcodes keeps whatever it was asked, so it is asked for languages only, with a region where that decides the script.
    with_region = f"{language}-{region.upper()}"
    likely = Language.get(with_region if with_region in LIKELY_SUBTAGS else language).maximize()
    base = likely.prefer_macrolanguage().language or language
    return _Written(base, language, script.title() or likely.script or "")


def _distance(reader: _Written, text: _Written) -> int:
    """How far apart the languages are by CLDR, whatever they are written in: 0 for one language, 80 and more for strangers."""
    return tag_distance(f"{reader.base}-Latn", f"{text.base}-Latn") if reader.language != text.language else 0
