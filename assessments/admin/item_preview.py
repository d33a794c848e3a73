"""How a revision looks, in every language, with its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from assessments.items.kinds import KINDS
from assessments.items.models import ItemRevision

_LIST = '<ul style="margin:.5em 0 .5em 1.5em">{}</ul>'


def preview(revision: ItemRevision) -> SafeString:
    """Show a revision in every language, with its key."""
    kind = KINDS[revision.kind]
    texts = format_html_join(
        "",
        '<section lang="{}" style="margin-bottom:1.5em"><p><b>{}</b></p><p style="white-space:pre-wrap">{}</p>{}{}'
        "<p>{}</p><p><i>{}</i></p></section>",
        (
            (
                language,
                language,
                text.get("prompt", ""),
                _part(text),
                _listed(text.get("options", ())),
                text.get("unit", ""),
                text.get("feedback", ""),
            )
            for language, text in revision.content.items()
        ),
    )
    return format_html(
        '<p>{}, key:</p><p style="white-space:pre-wrap;margin-bottom:1em"><b>{}</b></p>{}',
        kind.label,
        kind.key_text(revision.key),
        texts,
    )


def _listed(options: Any) -> SafeString:
    entries = format_html_join("", "<li><b>{}</b> {}</li>", ((option["id"], option["text"]) for option in options))
    return format_html(_LIST, entries)


def _part(text: Mapping[str, Any]) -> SafeString | str:
    """What only one kind has, as a learner would meet it."""
    if "left" in text:
        return _listed(text["left"])
    if "gaps" in text:
        return format_html_join(
            "",
            "<p><b>{}</b></p>{}",
            ((gap["id"], _listed(gap["options"]) if "options" in gap else "to type in") for gap in text["gaps"]),
        )
    if "picture" in text:
        return _picture(text["picture"])
    if "limits" in text:
        return format_html(
            "<p>{} characters, {} files at most</p>", text["limits"]["characters"], text["limits"]["files"]
        )
    return ""


def _picture(picture: Mapping[str, Any]) -> SafeString:
    """The picture with its regions drawn over it, and their labels, which a keyboard goes through, below."""
    boxes = format_html_join(
        "",
        '<span style="position:absolute;left:{}%;top:{}%;width:{}%;height:{}%;outline:2px solid #b91c1c;color:#b91c1c;'
        'font-weight:700;padding-left:.2em">{}</span>',
        ((*(round(share * 100, 2) for share in region["box"]), region["id"]) for region in picture["regions"]),
    )
    return format_html(
        '<div style="position:relative;max-width:40rem;min-height:4rem">'
        '<img src="{}" alt="{}" referrerpolicy="no-referrer" style="display:block;width:100%">{}</div><p>{}</p>{}',
        picture["address"],
        picture["alt"],
        boxes,
        picture["alt"],
        _listed({"id": region["id"], "text": region["label"]} for region in picture["regions"]),
    )
