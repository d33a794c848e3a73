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
# Quotes and angle brackets end an address, in running text and in JSON or HTML without spaces.
_LINK: Final = re.compile(
    r"(?:https?://(?P<host>[^\s/?#\\\"'<>]+)(?:/[^\s?#\"'<>]*?)?|(?<![\w/.@:-])(?P<bare>[\w.-]+(?::\d+)?)?)"
    r"/+(?P<kind>verify|shared)"
    r"(?:/+(?P<q>q/+)?(?P<part>[^\s/?#&\"'<>]+)(?:/[^\s\"'<>]*)?|/*\?(?:[^\s#\"'<>]*&)?code=(?P<code>[^\s&#\"'<>]+))",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"https?://(?P<host>[^\s/?#\\\"'<>]+)(?P<rest>[^\s\"'<>]*)"
    r"|(?<![\w/.@:-])(?P<bare>(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?)(?P<bare_rest>/[^\s\"'<>]*)|(?P<own>/+verify/*$)",
    re.IGNORECASE | re.MULTILINE,
)
# How the files of a certificate are called.
_SUFFIX: Final = re.compile(r"\.(?:pdf|jsonl?d?|jwt|png|svg|html?)(?!\w)", re.IGNORECASE)
_LINE_BREAK: Final = re.compile(r"\s*[\r\n\u2028\u2029]+\s*")
# Letters with what joins them to one word in writing: an address and a number with a point are each one word.
_WORD: Final = re.compile(r"[^\W_]+(?:[./@+&%~#$\\?!*]+[^\W_]+)*")
_LABEL_LETTERS: Final = re.compile(r"[^\W\da-z_]{3,}")
_CODE_LETTERS: Final = re.compile("[0-9a-zı]+")
_DIGIT: Final = re.compile("[0-9]")
_MOST_WORDS: Final = 200
_MOST_PARTS: Final = 26
_FEW_PARTS: Final = 3
_LONG_PART: Final = 10
_LONG_NUMBER: Final = 6
# Half a code: of as much somebody meant it for one.
_MEANT: Final = 13
# "No.", before a code without a space.
_LABEL_POINT: Final = re.compile(r"(?<![\w./@-])[^\W\d_]+\.(?=[^\W_]{13})")


class NotACode(ValueError):
    """A text is no code, whatever there is in our records.

    count: how many letters and digits its likeliest part has. stranger: the first that stands in no code, if the number is right.
    host: the other site that a link leads to. several: it holds the codes of different certificates. own: it is the address of
    this site, or of its page for checking, without a code.
    """

    def __init__(
        self, *, count: int = 0, stranger: str = "", host: str = "", several: bool = False, own: bool = False
    ) -> None:
        super().__init__(
            f"a link to {host}" if host else "several" if several else "no code" if own else f"{count} characters"
        )
        self.count, self.stranger, self.host, self.several, self.own = count, stranger, host, several, own


class Link(NamedTuple):
    """A link to one of our pages.

    kind: `verify`, `q` (what a QR code holds) or `shared`. part: what follows it, as it stands there.
    """

    kind: str
    part: str


def read_code(given: str) -> str:
    """Return the one code in a text: alone, or with a label, other words, lines and links around it.

    Raises:
        NotACode: there is no code in it, or there are several.
    """
    texts = list(_decoded(given[:_MOST]))
    for text in texts:
        found = _codes_in(text)
        if len(found) > 1:
            raise NotACode(several=True)
        if found:
            return found.pop()
    raise _no_code(texts[0])


def read_token(given: str) -> str | None:
    """Return the token of a shared link; None if the text is none. A zero is read as the letter o: the alphabet has no zero."""
    for text in _decoded(given[:_MOST]):
        # The whole of it; else the one line that is a token, or what follows a label.
        parts = (text, *text.splitlines(), re.split("[:：=]", text)[-1])
        found = {token for part in parts if _TOKEN.fullmatch(token := folded(part).replace("0", "o"))}
        if len(found) == 1:
            return found.pop()
    return None


def links_in(given: str, *, is_ours: Callable[[str], bool]) -> Link | None:
    """Return the link to our pages that a text holds, also inside another link; None if there is no link to such a page.

    A link that is broken over two lines is put together again. Its part is the code where it holds one.

    Args:
        is_ours: tells of a host name, without port, whether it is this site's.

    Raises:
        NotACode: the only such link leads to another site, or there are links to several certificates.
    """
    links: list[Link] = []
    other = ""
    given = given[:_MOST]
    for text in dict.fromkeys((*_decoded(given), *_decoded(_LINE_BREAK.sub("", given)))):
        normal = unicodedata.normalize("NFKC", text)
        for found in _LINK.finditer(normal):
            host = _host(found["host"] or found["bare"] or "")
            if host and not is_ours(host):
                other = other or host
                continue
            kind = "q" if found["q"] else found["kind"].lower()
            if kind == "shared" and not found["part"]:
                continue
            part = found["part"] or found["code"]
            if kind == "verify":
                part = _begun(part, normal[found.end() :]) or part
            links.append(Link(kind, part))
        whole = {
            Link(link.kind, link.part if link.kind != "verify" else code)
            for link in links
            for code in (_codes_in(link.part) if link.kind == "verify" else {""})
        }
        if len(whole) > 1:
            raise NotACode(several=True)
        if whole:
            return whole.pop()
    if links:
        return links[0]
    if other:
        raise NotACode(host=other)
    return None


def _host(written: str) -> str:
    """The name of a site; what stands before an @ is a user name, made to look like a site."""
    return re.sub(r":\d*$", "", written.rpartition("@")[2]).lower()


def _begun(part: str, after: str) -> str:
    """The code that begins with the last part of a link and goes on behind a space or a line's end; empty if none does."""
    code = _as_code(part)
    for word in after.split(maxsplit=_FEW_PARTS)[:_FEW_PARTS]:
        if len(code) >= LENGTH:
            break
        code += _as_code(word)
    return code if CODE.fullmatch(code) else ""


def is_ours(host: str) -> bool:
    """Whether a host name is this site's: the public one, or one of those it answers under."""
    return host == urlsplit(settings.PUBLIC_BASE_URL).hostname or validate_host(host, settings.ALLOWED_HOSTS)


def link_in(given: str) -> Link:
    """Return where a code or a link leads to: a certificate's page, a scanned one's, or what a learner shares.

    Raises:
        NotACode: it leads to none, to another site, or to several certificates.
    """
    elsewhere: NotACode | None = None
    try:
        link = links_in(given, is_ours=is_ours)
    except NotACode as error:
        if error.several:
            raise
        link, elsewhere = None, error
    if link is not None and link.kind != "verify":
        return link
    without, addresses = _without_addresses(given[:_MOST])
    beside: set[str] = set()
    for text in _decoded(without):
        beside |= _codes_in(text)
    if link is not None:
        # A code beside the link is mostly the same.
        code = read_code(link.part) if not beside or _codes_in(link.part) else ""
        beside |= {code} if code else set()
    if len(beside) > 1:
        raise NotACode(several=True)
    if beside:
        return Link("verify", beside.pop())
    if len(_likeliest(without)) >= _MEANT:
        raise _no_code(without)
    if elsewhere is not None:
        raise elsewhere
    others = [host for host in addresses if not is_ours(host)]
    if others:
        raise NotACode(host=others[0])
    if addresses:
        raise NotACode(own=True)
    raise _no_code(without)


def _without_addresses(text: str) -> tuple[str, list[str]]:
    """The text without addresses of sites, of ours without the site's name; and the names, "" for an address without one."""
    hosts: list[str] = []

    def cut(found: re.Match[str]) -> str:
        host = _host(found["host"] or found["bare"] or "")
        if found["own"]:
            hosts.append(urlsplit(settings.PUBLIC_BASE_URL).hostname or "")
            return " "
        if not host or (found["bare"] and _SUFFIX.fullmatch("." + host.rpartition(".")[2])):
            return found[0]
        hosts.append(host)
        return " " + re.sub(r"[/?&#=]", " ", found["rest"] or found["bare_rest"] or "") if is_ours(host) else " "

    return _ADDRESS.sub(cut, unicodedata.normalize("NFKC", text)), hosts


def _codes_in(text: str) -> set[str]:
    """The different codes in a text.

    The whole of it may be one, and so may be a line with a digit, or what follows a label. Among other words a code is one word,
    or several: in groups of one length, or in few parts. Where two readings share a word, the one with more digits
    goes first, then the later: labels stand before codes.
    """
    if CODE.fullmatch(code := _as_code(_SUFFIX.sub("", text))):
        return {code}
    words: list[str] = []
    lines: set[tuple[int, int]] = set()
    for line in text.splitlines():
        for labelled in re.split("[:：=]", line):
            start = len(words)
            words += [word.strip(_CODE_LETTERS.sub("", word)) for word in _words(labelled)]
            lines.add((start, len(words)))
    words = words[:_MOST_WORDS]
    readings = []
    for start in range(len(words)):
        length = 0
        for end in range(start + 1, min(start + _MOST_PARTS, len(words)) + 1):
            length += len(words[end - 1])
            if length >= LENGTH:
                parts = words[start:end]
                code = "".join(parts).translate(_LOOKALIKES)
                without_digits = sum(not _DIGIT.search(part) for part in parts)
                if CODE.fullmatch(code) and _is_one(parts, alone=(start, end) in lines):
                    readings.append((len(parts) > 1, without_digits, -start, end, code))
                break
    found: set[str] = set()
    taken: set[int] = set()
    for _, _, before, end, code in sorted(readings):
        if taken.isdisjoint(range(-before, end)):
            taken.update(range(-before, end))
            found.add(code)
    return found


def _is_one(parts: list[str], *, alone: bool) -> bool:
    """Whether words may be the parts of one code, rather than words that have as many letters by chance.

    alone: they are a line, or all that follows a label.
    """
    if len(parts) == 1:
        return True
    has_digit = [bool(_DIGIT.search(part)) for part in parts]
    sizes = [len(part) for part in parts]
    even = len({*sizes[:-1]}) == 1 and sizes[-1] <= sizes[0]
    # Of ten letters of a code one in forty has no digit, and of six one in a thousand nothing else: it is a word, or a number.
    if any(size >= _LONG_PART and not digit for size, digit in zip(sizes, has_digit, strict=True)):
        return False
    # Of fourteen letters of a code one in two hundred times none is a digit: these are words around a date or a number.
    if not even and sum(size for size, digit in zip(sizes, has_digit, strict=True) if not digit) > _MEANT:
        return False
    if any(part.isdigit() and len(part) >= _LONG_NUMBER for part in parts) or "".join(parts).isdigit():
        return False
    return all(has_digit) or (any(has_digit) and (alone or even or len(parts) <= _FEW_PARTS))


def _words(text: str) -> list[str]:
    """The words of a text in small letters and digits of ASCII; dashes and spaces part them, as do labels in other scripts."""
    plain = "".join(
        _digit(character)
        if character not in _DASHES and (kind := unicodedata.category(character)) not in _SEPARATORS
        else ""
        if kind in {"Cf", "Mn"} and character not in _DASHES
        else " "
        for character in unicodedata.normalize("NFKC", _SUFFIX.sub(" ", text)).lower()
    )
    return _WORD.findall(_LABEL_LETTERS.sub(" ", _LABEL_POINT.sub(" ", plain.replace("ı", "1"))))[:_MOST_WORDS]


def _no_code(text: str) -> NotACode:
    """Say how far the likeliest part of a text, else all of it, is from a code."""
    kept = _likeliest(text).translate(_LOOKALIKES) or _as_code(text)
    count = sum(character.isalnum() for character in kept)
    stranger = next((character for character in kept if not re.match(f"[{ALPHABET}]", character)), "")
    return NotACode(count=count, stranger=stranger if count == LENGTH else "")


def _likeliest(text: str) -> str:
    """The part of a text that is nearest to a code: words with digits, with groups of the same length beside them; "" if none."""
    words = _words(text)
    digits = [bool(_DIGIT.search(word)) for word in words]
    best, start = "", 0
    while start < len(words):
        if not digits[start]:
            start += 1
            continue
        first = end = start
        while end < len(words) and (digits[end] or len(words[end]) == len(words[start])):
            end += 1
        if end < len(words) and end - first > 1 and len(words[end]) < len(words[start]):
            end += 1
        while first and len(words[first - 1]) == len(words[start]) and sum(map(len, words[first - 1 : end])) <= LENGTH:
            first -= 1
        run, start = "".join(words[first:end]), end
        best = min(best or run, run, key=lambda kept: abs(len(kept) - LENGTH))
    return best


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
