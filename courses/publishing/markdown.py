"""Markdown to HTML that is safe to show: raw HTML stays text, links lead to http, https or mailto only. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from markdown_it import MarkdownIt

_SCHEMES = frozenset({"http", "https", "mailto"})


def _is_allowed(url: str) -> bool:
    """A link must name its scheme: a lesson is read in frontends at addresses that we don't know."""
    try:
        return urlsplit(url.strip()).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def _converter() -> MarkdownIt:
    converter = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    converter.validateLink = _is_allowed  # type: ignore[method-assign]
    # An image would be fetched from somebody else's server by every learner, who would be seen there.
    converter.disable("image")
    return converter


_CONVERTER = _converter()


def to_html(text: str) -> str:
    """Return the HTML of a Markdown text. What is not allowed is shown as the text it was."""
    return str(_CONVERTER.render(text))
