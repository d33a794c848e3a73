"""What staff may put on paper: pictures without anything else in them, texts without code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.paper import images, rules
from credentials.paper.images import PictureRefused
from credentials.paper.rules import TextRefused
from tests.credentials.certificates.pictures import SVG, chunk, png


def test_a_picture_is_kept_and_nothing_else() -> None:
    told = chunk(b"tEXt", b"Author\0Citra") + chunk(b"eXIf", b"where it was taken")
    kept = images.harmless(png(more=told))
    assert kept == png()
    assert images.harmless(kept) == kept
    kept = images.harmless(SVG)
    assert images.harmless(kept) == kept
    assert b'fill="#a4123f"' in kept
    drawn = images.harmless(
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:i="urn:i" onload="alert(1)" i:x="1">'
        b'<metadata><i:a>Citra</i:a><script>1</script></metadata><title>t</title><i:g><path d="M0 0"/></i:g>'
        b'<path d="M1 1" onclick="x()" fill="url(#g)"/></svg>'
    )
    assert drawn == b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 1" fill="url(#g)"></path></svg>'


_OPEN = b'<svg xmlns="http://www.w3.org/2000/svg">'


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (b"", "neither"),
        (b"GIF89a", "neither"),
        (b"<html/>", "neither"),
        (b"<svg/>", "neither"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "neither"),
        (b"x" * (images.MAX_BYTES + 1), "larger"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + _OPEN + b"</svg>", "document type"),
        (b'<?xml-stylesheet href="x"?>' + _OPEN + b"</svg>", "document type"),
        (_OPEN + b"<script>alert(1)</script></svg>", "script"),
        (_OPEN + b"<style>a{}</style></svg>", "style"),
        (_OPEN + b"<image href='http://x'/></svg>", "image"),
        (_OPEN + b"<use href='#a'/></svg>", "use"),
        (_OPEN + b"<text>A</text></svg>", "paths"),
        (_OPEN + b"<foreignObject/></svg>", "foreignObject"),
        (_OPEN + b"<path fill='url(http://x/a)'/></svg>", "outside"),
        (_OPEN + b"<path style='fill:url(http://x)'/></svg>", "outside"),
        (_OPEN + b"<path fill='url(\"#a\")'/></svg>", "outside"),
        (_OPEN + b"<path d='&#60;a'/></svg>", "outside"),
        (_OPEN + b"<g>" * 40 + b"</g>" * 40 + b"</svg>", "many"),
        (_OPEN + b"<g/>" * 4000 + b"</svg>", "many"),
        (png(2001, 1), "2000"),
        (png(0, 1, rows=b""), "2000"),
        (png(depth=16), "8 bits"),
        (png(interlaced=1), "8 bits"),
        (png(rows=b"\0"), "damaged"),
        (png(rows=b"\0" * 10_000_000), "damaged"),
        (png()[:-6], "damaged"),
        (png()[:40] + b"!" + png()[41:], "damaged"),
        (png(more=chunk(b"EVIL", b"")), "kind"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
)
def test_what_is_more_than_a_picture_is_refused(picture: bytes, reason: str) -> None:
    with pytest.raises(PictureRefused, match=reason):
        images.harmless(picture)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_damage_is_refused_or_harmless(noise: bytes, at: int) -> None:
    for good in (png(), SVG):
        damaged = good[:at] + noise + good[at + len(noise) :]
        try:
            kept = images.harmless(damaged)
        except PictureRefused:
            continue
        assert images.harmless(kept) == kept


def test_a_statement_has_the_placeholders_that_there_are() -> None:
    rules.require_statement("{name} has {achievement}, {issued_on} to {valid_until}, {issuer}")
    for wrong in ("{password}", "{name.__class__}", "{", "}", "{{name}}", "{name!r}", "{}"):
        with pytest.raises(TextRefused):
            rules.require_statement(wrong)


@given(st.text(), st.text())
def test_what_is_filled_in_stays_what_it_is(name: str, achievement: str) -> None:
    told = rules.filled("{name}|{achievement}", {"name": name, "achievement": achievement})
    assert told == f"{name}|{achievement}"


def test_a_colour_can_be_read_on_paper() -> None:
    rules.require_accent("#8a1538")
    assert rules.contrast_to_white("#000000") == pytest.approx(21)
    for wrong in ("#ffff00", "#FFFFFF", "red", "#12345", "#1b2a41;", 'rgb("#fff")', ""):
        with pytest.raises(TextRefused):
            rules.require_accent(wrong)


def test_names_in_jawi_begin_at_the_right() -> None:
    assert rules.runs_right_to_left("محمد (علي)")
    assert rules.runs_right_to_left("(12) ڤڠيرن Ali")
    assert not rules.runs_right_to_left("Ali محمد")
    assert not rules.runs_right_to_left("123")


@given(st.text(alphabet=st.sampled_from("aW é̂முத்กั愛م "), max_size=200))
def test_places_to_break_change_no_letter(name: str) -> None:
    given_places = rules.breakable(name)
    assert given_places.replace(rules.ZERO_WIDTH_SPACE, "") == name
    assert rules.breakable("a" * 200).count(rules.ZERO_WIDTH_SPACE) == 19
