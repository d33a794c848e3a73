"""The cards as ready bytes, per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, TypedDict

from assessments.cards.loading import SOURCE_LANGUAGE, Card, cards
from common.conditional import etag_of
from common.languages import lookup
from common.pagination import Page
from common.rendering import to_json
from common.schemas import Keywords


class CardText(TypedDict):
    """A text in the language wanted, or in the one it was written in."""

    text: str
    language: str
    machine_drafted: Annotated[bool, Keywords("Show a mark beside it: no person has reviewed it yet.")]


class ScoringRule(TypedDict):
    """A rule in a list."""

    rule: str
    version: Annotated[str, Keywords("Stands as rule or rule version beside what the rule computed.")]
    title: CardText
    summary: CardText


class ScoringRuleCard(ScoringRule):
    """A rule's whole card."""

    appeal: CardText
    language: Annotated[str, Keywords("Of the texts below.")]
    purpose: str
    inputs: Sequence[str]
    not_used: Sequence[str]
    decides: Sequence[str]
    does_not_decide: Sequence[str]
    people: Annotated[str, Keywords("What people do in it.")]
    claims: Annotated[
        Sequence[str],
        Keywords("What was measured of the rule, each with the simulated worlds or the data in which it was shown."),
    ]
    limits: Sequence[str]
    data_kept: str
    sources: Sequence[str]


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
    listed: Page[ScoringRule] = {"items": [_brief(card, language) for card in cards().values()], "next": None}
    return _document(language, listed)


@lru_cache(maxsize=256)
def _card(rule: str, language: str) -> CardDocument:
    card = cards()[rule]
    whole: ScoringRuleCard = {
        **_brief(card, language),
        "appeal": _text(card.appeal, language),
        "language": SOURCE_LANGUAGE,
        "purpose": card.purpose,
        "inputs": card.inputs,
        "not_used": card.not_used,
        "decides": card.decides,
        "does_not_decide": card.does_not_decide,
        "people": card.people,
        "claims": card.claims,
        "limits": card.limits,
        "data_kept": card.data_kept,
        "sources": card.sources,
    }
    return _document(language, whole)


def _brief(card: Card, language: str) -> ScoringRule:
    return {
        "rule": card.rule,
        "version": card.version,
        "title": _text(card.title, language),
        "summary": _text(card.summary, language),
    }


def _text(texts: Mapping[str, str], language: str) -> CardText:
    found = language if language in texts else SOURCE_LANGUAGE
    return {"text": texts[found], "language": found, "machine_drafted": found != SOURCE_LANGUAGE}


def _document(language: str, content: Page[ScoringRule] | ScoringRuleCard) -> CardDocument:
    body = to_json(content)
    return CardDocument(language, body, etag_of(body))
