"""The cards as ready bytes, per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assessments.cards.loading import SOURCE_LANGUAGE, Card, cards
from common.conditional import etag_of
from common.languages import lookup
from common.rendering import to_json


@dataclass(frozen=True)
class CardDocument:
    language: str
    body: bytes
    etag: str


def list_document(wanted: Sequence[str]) -> CardDocument:
    """Every rule with title, summary and version, in the first of the `wanted` languages there is, else in English."""
    languages = sorted({language for card in cards().values() for language in card.languages})
    return _list(lookup(wanted, languages) or SOURCE_LANGUAGE)


def card_document(rule: str, wanted: Sequence[str]) -> CardDocument | None:
    """The whole card of a rule, likewise; None when there is no such rule."""
    card = cards().get(rule)
    return None if card is None else _card(rule, lookup(wanted, card.languages) or SOURCE_LANGUAGE)


@lru_cache(maxsize=64)
def _list(language: str) -> CardDocument:
    return _document(
        language, {"items": [_brief(card, language) for card in cards().values()], "next": None}
    )  # fmt: skip


@lru_cache(maxsize=256)
def _card(rule: str, language: str) -> CardDocument:
    card = cards()[rule]
    return _document(
        language,
        {
            **_brief(card, language),
            "appeal": _text(card.appeal, language),
            "language": SOURCE_LANGUAGE,
            "purpose": card.purpose,
            "inputs": card.inputs,
            "not_used": card.not_used,
            "decides": card.decides,
            "does_not_decide": card.does_not_decide,
            "people": card.people,
            "limits": card.limits,
            "data_kept": card.data_kept,
            "sources": card.sources,
        },
    )


def _brief(card: Card, language: str) -> dict[str, Any]:
    return {
        "rule": card.rule,
        "version": card.version,
        "title": _text(card.title, language),
        "summary": _text(card.summary, language),
    }


def _text(texts: Mapping[str, str], language: str) -> dict[str, Any]:
    found = language if language in texts else SOURCE_LANGUAGE
    return {"text": texts[found], "language": found, "machine_drafted": found != SOURCE_LANGUAGE}


def _document(language: str, content: Any) -> CardDocument:
    body = to_json(content)
    return CardDocument(language, body, etag_of(body))
