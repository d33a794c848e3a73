"""Reads a certificate's code, and the token of a shared link, as people give them: typed, copied from paper, pasted as a link.

One way for every address and form. Codes are 26 characters of Crockford's base 32 (`common.ids.public_code`), in which `o`, `i`
and `l` are read as the digits they look like (https://www.crockford.com/base32.html); tokens are 32 of RFC 4648's base 32.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http.request import validate_host

LENGTH: Final = 26
ALPHABET: Final = "0-9a-hjkmnp-tv-z"
CODE: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_TOKEN: Final = re.compile(r"[a-z2-7]{32}")
# A link that somebody pastes may be wrapped in another one, with a query of its own.
_MOST: Final = 4096
_ENCODED_TWICE: Final = 2
# What is misread in Crockford's base 32; the dotless i is what a Turkish keyboard has for I.
_LOOKALIKES: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "ı": "1"})
# Dashes that Unicode does not count as punctuation: minus signs, and the long vowel mark that a kana keyboard types.
_DASHES: Final = frozenset("\u2212\u207b\u208b\u2796\u30fc\uff70\u2043")
_SEPARATORS: Final = frozenset({"Pd", "Pc", "Zs", "Zl", "Zp", "Cc", "Cf", "Mn"})
_LINK: Final = re.compile(
    r"(?:https?://(?P<host>[^\s/?#\\]+)(?:/[^\s?#]*?)?|(?<![\w/.@:-])(?P<bare>[\w.-]+(?::\d+)?)?)"
    r"/+(?P<kind>verify|shared)(?:/+(?P<q>q/+)?(?P<part>[^\s/?#&]+)|/*\?(?:[^\s#]*&)?code=(?P<code>[^\s&#]+))",
    re.IGNORECASE,
)


class NotACode(ValueError):
    """A text is no code, whatever there is in our records.

    count: how many letters and digits there are in it. stranger: the first that stands in no code, if their number is right.
    host: the other site that a link leads to.
    """

    def __init__(self, *, count: int = 0, stranger: str = "", host: str = "") -> None:
        super().__init__(f"{count} characters" if not host else f"a link to {host}")
        self.count, self.stranger, self.host = count, stranger, host


class Link(NamedTuple):
    """A link to one of our pages.

    kind: `verify`, `q` (what a QR code holds) or `shared`. part: what follows it, as it stands there.
    """

    kind: str
    part: str


def read_code(given: str) -> str:
    """Return the code in a text that holds nothing else but what surrounds a code: spaces, dashes, punctuation, a label.

    Raises:
        NotACode: there is no code in it.
    """
    return _read(given, _as_code, CODE)


def read_token(given: str) -> str | None:
    """Return the token of a shared link; None if the text is none. A zero is read as the letter o: the alphabet has no zero."""
    try:
        return _read(given, _as_token, _TOKEN)
    except NotACode:
        return None


def links_in(given: str, *, is_ours: Callable[[str], bool]) -> Link | None:
    """Return the first link to our pages that a text holds, also inside another link; None if there is no link to such a page.

    Args:
        is_ours: tells of a host name, without port, whether it is this site's.

    Raises:
        NotACode: the only such link leads to another site.
    """
    other = ""
    for text in _decoded(given[:_MOST]):
        for found in _LINK.finditer(unicodedata.normalize("NFKC", text)):
            # What stands before an @ is a user name, made to look like a site.
            host = re.sub(r":\d*$", "", (found["host"] or found["bare"] or "").rpartition("@")[2]).lower()
            if host and not is_ours(host):
                other = other or host
                continue
            kind = "q" if found["q"] else found["kind"].lower()
            if kind == "shared" and not found["part"]:
                continue
            return Link(kind, found["part"] or found["code"])
    if other:
        raise NotACode(host=other)
    return None


def is_ours(host: str) -> bool:
    """Whether a host name is this site's: the public one, or one of those it answers under."""
    return host == urlsplit(settings.PUBLIC_BASE_URL).hostname or validate_host(host, settings.ALLOWED_HOSTS)


def link_in(given: str) -> Link:
    """Return where a code or a link leads to: a certificate's page, a scanned one's, or what a learner shares.

    Raises:
        NotACode: it leads to none, or to another site.
    """
    link = links_in(given, is_ours=is_ours)
    if link is None or link.kind == "verify":
        return Link("verify", read_code(given if link is None else link.part))
    return link


def _read(given: str, as_written: Callable[[str], str], form: re.Pattern[str]) -> str:
    texts = list(_decoded(given[:_MOST]))
    for text in texts:
        # The whole of it; else the one line that is a code, or what follows a label.
        found = {candidate for part in (text, *text.splitlines()) if form.fullmatch(candidate := as_written(part))}
        found |= {candidate for part in re.split("[:：=]", text)[-1:] if form.fullmatch(candidate := as_written(part))}
        if len(found) == 1:
            return found.pop()
    kept = as_written(texts[0])
    count = sum(character.isalnum() for character in kept)
    stranger = next((character for character in kept if not re.match(f"[{ALPHABET}]", character)), "")
    raise NotACode(count=count, stranger=stranger if count == LENGTH else "")


def _decoded(text: str) -> Iterator[str]:
    """The text, and the same without percent-encoding; what was pasted from an address may be encoded twice."""
    yield text
    for _ in range(_ENCODED_TWICE):
        if (plain := unquote(text)) == text:
            return
        text = plain
        yield text


def _as_code(text: str) -> str:
    return folded(text).translate(_LOOKALIKES)


def _as_token(text: str) -> str:
    return folded(text).replace("0", "o")


def folded(text: str) -> str:
    """Return the text in small letters (NFKC) and digits of one script, without separators and without what stands around it."""
    kept = [
        _digit(character)
        # A capital İ has its dot as a mark of its own once it is small.
        for character in unicodedata.normalize("NFKC", text).lower()
        if character not in _DASHES and unicodedata.category(character) not in _SEPARATORS
    ]
    first = next((at for at, character in enumerate(kept) if character.isalnum()), len(kept))
    last = next((at for at in range(len(kept), first, -1) if kept[at - 1].isalnum()), first)
    return "".join(kept[first:last])


def _digit(character: str) -> str:
    """The digit of any script as the one of ASCII: a Thai or Burmese keyboard types its own."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
