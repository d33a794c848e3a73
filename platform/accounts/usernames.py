"""What a user name may be, in which form it is kept, and which other name it looks like. Pure: no database, no clock."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fontTools.unicodedata import script_extension
from precis_i18n import get_profile

from common.marks import has_too_many_marks

_PROFILE = get_profile("UsernameCaseMapped")
# Thai and Lao SARA AM, and two Lao letters, are one key and a compatibility character: RFC 8264 would refuse them.
_DECOMPOSED = {ord(letter): unicodedata.normalize("NFKC", letter) for letter in "\u0e33\u0eb3\u0edc\u0edd"}
_SARA_AM = re.compile("\u0e4d\u0e32|\u0ecd\u0eb2")
_PUNCTUATION = frozenset(".@+-_")
_JOINERS = frozenset("\u200c\u200d")  # where RFC 5892 allows them, which the profile checks
_ANY_SCRIPT = frozenset({"Zyyy", "Zinh", "Zzzz"})
# Scripts that are written together (UTS #39, section 5.1: the augmented script sets).
_TOGETHER = {
    "Hani": {"Hanb", "Jpan", "Kore"},
    "Hira": {"Jpan"},
    "Kana": {"Jpan"},
    "Hang": {"Kore"},
    "Bopo": {"Hanb"},
}
# Unicode tells the Latin letter kra, and with it the small Cyrillic and Greek letters k, from k; people do not.
_ALIKE = {"\u0138": "k"}
_WITH_LATIN = frozenset({"Hanb", "Jpan", "Kore"})


def prepare(username: str) -> str:
    """Return the form in which a user name is kept and compared: RFC 8265's profile UsernameCaseMapped.

    Full-width and half-width letters become ordinary ones, capitals small ones, the rest NFC: `ｔａｒｏ` and `TARO` are `taro`.

    Raises:
        ValidationError: its `code` says what is wrong: username_characters, username_marks.
    """
    try:
        # SARA AM is written as one letter again, as everybody types it; what it was made of is not typed otherwise.
        name = str(_PROFILE.enforce(username.translate(_DECOMPOSED)))
    except UnicodeEncodeError:
        raise _wrong_characters() from None
    name = _SARA_AM.sub(lambda found: "\u0e33" if found[0][0] == "\u0e4d" else "\u0eb3", name)
    if not all(_is_allowed(character) for character in name) or unicodedata.category(name[0])[0] == "M":
        raise _wrong_characters()
    if has_too_many_marks(name):
        raise ValidationError(_("A letter of a user name carries too many marks."), "username_marks")
    return name


def prepared(username: str) -> str:
    """The same, and what cannot be a user name as it is: for looking up what somebody typed."""
    try:
        return prepare(username)
    except ValidationError:
        return username


def validate(username: str) -> None:
    """Check a user name: a validator of Django's.

    Two characters are enough where the script is not Latin, which has fewer letters.

    Raises:
        ValidationError: its `code` says what is wrong: username_characters, username_marks, username_short,
            username_mixed_scripts.
    """
    name = prepare(username)
    scripts = scripts_of(name)
    if len(name) < (2 if scripts - {"Latn"} else 3):
        raise ValidationError(
            _("A user name has at least three characters, or two where its script is not Latin."), "username_short"
        )
    if not _is_written_together(name):
        raise ValidationError(_("Please write the user name in one script."), "username_mixed_scripts")


def scripts_of(text: str) -> set[str]:
    """The scripts of the letters (ISO 15924), without those that several scripts share."""
    return {script for character in text for script in script_extension(character)} - _ANY_SCRIPT


def skeleton(username: str) -> str:
    """Return what the name looks like in Latin letters, as far as it does: equal for names of two scripts that look alike.

    Unicode's table of confusable characters (UTS #39, section 4), used across scripts only: `аіко` in Cyrillic is `aiko`, while
    `l` and `1`, or `rn` and `m`, stay what they are.
    """
    looks = _looks()
    return "".join(
        _ALIKE.get(look := looks.get(character, character), look)
        for character in unicodedata.normalize("NFD", prepared(username).lower())
    )


def _wrong_characters() -> ValidationError:
    return ValidationError(
        _("A user name holds letters of one script, digits and . @ + - _ only."), "username_characters"
    )


def _is_allowed(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LM" or kind == "Nd" or character in _PUNCTUATION or character in _JOINERS


@lru_cache(maxsize=1024)
def _is_written_together(name: str) -> bool:
    """Whether UTS #39 calls the name highly restrictive: one script, or Latin with Japanese, Chinese or Korean."""
    common: set[str] | None = None
    has_latin = False
    for character in name:
        scripts = script_extension(character)
        if scripts & _ANY_SCRIPT:
            continue
        if scripts == {"Latn"}:
            has_latin = True
            continue
        augmented = scripts.union(*(_TOGETHER.get(script, set()) for script in scripts))
        common = set(augmented) if common is None else common & augmented
    if common is None:
        return True
    return bool(common & _WITH_LATIN if has_latin else common)


@cache
def _looks() -> dict[str, str]:
    """For each letter that looks like a letter of another script, the one that stands for all of them."""
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8"))
    group_of: dict[str, set[str]] = {}
    for source, found in table.items():
        letters = [letter for entry in found if _may_stand(letter := entry["c"].strip("\u200e"))]
        if not _may_stand(source):
            continue
        for letter in letters:
            joined = group_of.get(source, {source}) | group_of.get(letter, {letter})
            for member in joined:
                group_of[member] = joined
    return {
        letter: standing
        for letter, group in group_of.items()
        if "Latn" not in script_extension(letter)
        and (standing := min(_of_other_scripts(letter, group), key=_first_latin, default=letter)) != letter
    }


def _may_stand(letter: str) -> bool:
    # As names are kept: small letters, marks and digits. Table entries of several letters (`rn`) are within one script.
    return (
        len(letter) == 1
        and letter == letter.lower()
        and unicodedata.category(letter) in ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")
    )


def _of_other_scripts(letter: str, group: Iterable[str]) -> list[str]:
    own = script_extension(letter)
    if own & _ANY_SCRIPT or not any(own.isdisjoint(script_extension(member) | _ANY_SCRIPT) for member in group):
        return []
    return [member for member in group if not script_extension(member) & _ANY_SCRIPT]


def _first_latin(letter: str) -> tuple[bool, int]:
    return script_extension(letter) != {"Latn"}, ord(letter)
