"""Keep the interface's translations in step with the code: texts -> .po -> .mo, without gettext's own tools."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOTS = ("platform", "courses", "learners", "assessments")
# The admin speaks English for now, and with it the pages by which staff come into it.
LEFT_OUT = frozenset({"admin", "staff", "migrations"})
KEYWORDS: dict[str, Any] = {
    "_": None,
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
DRAFTED = "# Machine-drafted; review by a native reader is due."
_ONE_FORM = frozenset({"ja", "th", "id", "vi", "ms", "km", "lo", "my", "zh-hans"})

# Texts of Django and django-allauth that the sign-in calls answer and that their own catalogues lack in some of our languages.
# Where they have them, ours stay empty.
BORROWED_FOR_SIGN_IN: tuple[str | tuple[str, str], ...] = (
    "A user is already registered with this email address.",
    "Be patient, you are sending too many requests.",
    "Enter a list of values.",
    "Enter a valid JSON.",
    "Enter a valid email address.",
    "Incorrect code.",
    "Incorrect password.",
    "Invalid login.",
    "Invalid or expired key.",
    "Null characters are not allowed.",
    "Please type your current password.",
    "Select a valid choice. %(value)s is not one of the available choices.",
    "Select a valid choice. That choice is not one of the available choices.",
    "The email address and/or password you specified are not correct.",
    "The password is too similar to the %(verbose_name)s.",
    "The password reset token was invalid.",
    "The username and/or password you specified are not correct.",
    "This account is currently inactive.",
    "This email address is already associated with this account.",
    "This field is required.",
    "This password is too common.",
    "Too many failed login attempts. Try again later.",
    "You cannot activate two-factor authentication until you have verified your email address.",
    "You cannot add an email address to an account protected by two-factor authentication.",
    "You cannot add more than %d email addresses.",
    "You cannot deactivate two-factor authentication.",
    "You cannot generate recovery codes without having two-factor authentication enabled.",
    "You cannot remove your primary email address.",
    "Your primary email address must be verified.",
    "“%(pk)s” is not a valid value.",
    (
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)
# And those of the mails that it sends, which allauth words in files of its own.
BORROWED_FOR_MAILS: tuple[str, ...] = (
    "Account Already Exists",
    "Hello from %(site_name)s!",
    "If it was you, you can sign up for an account using the link below.",
    "Password Reset Code",
    "Please Confirm Your Email Address",
    "Thank you for using %(site_name)s!\n%(site_domain)s",
    "This mail can be safely ignored if you did not initiate this action.",
    "To confirm this is correct, go to %(activate_url)s",
    "Unknown Account",
    (
        "You are receiving this email because you or someone else tried to signup for an\naccount using email "
        "address:\n\n%(email)s\n\nHowever, an account using that email address already exists.  In case you "
        "have\nforgotten about this, please use the password forgotten procedure to recover\nyour "
        "account:\n\n%(password_reset_url)s"
    ),
    (
        "You are receiving this email because you, or someone else, tried to access an account with email "
        "%(email)s. However, we do not have any record of such an account in our database."
    ),
    (
        "You're receiving this email because user %(user_display)s has given your email address to register an "
        "account on %(site_domain)s."
    ),
    "Your password reset code is listed below. Please enter it in your open browser window.",
)
# Texts of Django REST framework that the API answers and that its own catalogues lack in Japanese, Thai or Indonesian.
BORROWED = (
    "A valid number is required.",
    "Datetime value out of range.",
    "Ensure this field has at least {min_length} elements.",
    "Ensure this field has no more than {max_length} elements.",
    "Expected a date but got a datetime.",
    "Expected a datetime but got a date.",
    "Integer value too large to convert to float",
    "Must be a valid UUID.",
    "Must be a valid boolean.",
    "Not a valid string.",
    "String value too large.",
    "This dictionary may not be empty.",
    "This list may not be empty.",
    "This value does not match the required pattern.",
)


@dataclass(frozen=True)
class Home:
    """A folder of catalogues and the code whose texts they hold, by prefixes of paths."""

    folder: str
    sources: tuple[str, ...]


# A text stands in the first home that holds its source. What strangers read of a certificate is kept apart: it is
# complete in every language, the rest in some.
HOMES = (
    Home(
        "platform/credentials/locale",
        (
            "platform/credentials/certificates/",
            "platform/credentials/templates/",
            "platform/credentials/api/verification.py",
            "platform/credentials/api/checking.py",
        ),
    ),
    Home("platform/common/locale", ("",)),
)


class Command(BaseCommand):
    help = "Bring the catalogues of translations in step with the code; with --check only say whether they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a catalogue is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        faults: list[str] = []
        for path, content in catalogues(Path(settings.BASE_DIR)).items():
            known = path.read_bytes() if path.exists() else None
            if known == content:
                continue
            if options["check"]:
                faults.append(f"{path.relative_to(settings.BASE_DIR)} {_fault(path, known, content)}")
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.stdout.write(f"{path} written")
        if faults:
            raise CommandError("\n  ".join(["stale, run make messages:", *faults]))


def catalogues(root: Path) -> dict[Path, bytes]:
    """Return what every .po and .mo under `root` has to hold: the texts of the code with the translations known so far.

    No dates, no places in the code, texts by alphabet: the same code and translations give the same bytes.
    """
    languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    made: dict[Path, bytes] = {}
    for home, texts in by_home(root).items():
        for language in languages:
            path = root / home.folder / to_locale(language) / "LC_MESSAGES" / "django.po"
            catalogue = _updated(path, language, texts)
            source, compiled = io.BytesIO(), io.BytesIO()
            write_po(source, catalogue, width=0, no_location=True, sort_output=True)
            write_mo(compiled, _translated(catalogue))
            made[path] = source.getvalue().rstrip(b"\n") + b"\n"
            made[path.with_suffix(".mo")] = compiled.getvalue()
    return made


@dataclass(frozen=True, order=True)
class Text:
    """A text as the code spells it: `plural` and `context` empty where there is none."""

    singular: str
    plural: str = ""
    context: str = ""

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.singular, self.plural) if self.plural else self.singular


def by_home(root: Path) -> dict[Home, set[Text]]:
    """Return the texts of each home; a text that two homes' code has stands in the first alone."""
    found: dict[Home, set[Text]] = {home: set() for home in HOMES}
    found[HOMES[-1]] = set(map(Text, BORROWED)) | {
        Text(text) if isinstance(text, str) else Text(*text) for text in (*BORROWED_FOR_SIGN_IN, *BORROWED_FOR_MAILS)
    }
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        home = next(home for home in HOMES if name.startswith(home.sources))
        found[home] |= set(texts_of(path))
    earlier: set[Text] = set()
    for home in HOMES:
        found[home] -= earlier
        earlier |= found[home]
    return found


def sources(root: Path) -> Iterator[Path]:
    """The Python modules and the templates whose texts users see."""
    for top in ROOTS:
        for path in sorted((root / top).rglob("*")):
            parts = path.relative_to(root).parts
            wanted = path.suffix == ".py" or ("templates" in parts and path.suffix in (".html", ".txt"))
            if wanted and not LEFT_OUT & {*parts, path.stem}:
                yield path


def texts_of(path: Path) -> Iterator[Text]:
    """The texts that a module or a template marks for translation."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What a template holds besides texts becomes words without meaning, whose indentation Python would refuse.
        content = "\n".join(map(str.strip, templatize(content, origin=str(path)).splitlines()))
    file = io.BytesIO(content.encode())
    for _line, found, _comments, context in extract("python", file, KEYWORDS, options={"encoding": "utf-8"}):
        singular, plural = found if isinstance(found, tuple | list) else (found, "")
        yield Text(singular, plural, context or "")


class _Catalogue(Catalog):
    """A catalogue whose header has no dates."""

    def __init__(self, language: str) -> None:
        super().__init__(header_comment=DRAFTED, fuzzy=False)
        self.language = language

    @property
    def num_plurals(self) -> int:
        return 1 if self.language in _ONE_FORM else 2

    @property
    def plural_expr(self) -> str:
        return "0" if self.num_plurals == 1 else "(n > 1)" if self.language == "fil" else "(n != 1)"

    @property  # type: ignore[misc]  # nobody sets them
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", to_locale(self.language)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", f"nplurals={self.num_plurals}; plural={self.plural_expr};\n"),
        ]


def _updated(path: Path, language: str, texts: Iterable[Text]) -> _Catalogue:
    """The texts with the translations, notes and head comment of the file; what the code no longer has is left out."""
    catalogue = _Catalogue(language)
    known = Catalog()
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file)
        catalogue.header_comment = known.header_comment
    for text in texts:
        message = known.get(text.id, text.context or None)
        if message is None or message.id != text.id:
            catalogue.add(text.id, context=text.context or None)
        else:
            catalogue.add(
                text.id,
                message.string,
                context=text.context or None,
                flags=message.flags,
                user_comments=message.user_comments,
            )
    return catalogue


def _translated(catalogue: _Catalogue) -> _Catalogue:
    """The texts with a translation in every form: one that lacks a form is read in English, not as nothing."""
    complete = _Catalogue(catalogue.language)
    for message in catalogue:
        forms = [message.string] if isinstance(message.string, str) else message.string or [""]
        if message.id and all(forms):
            complete.add(message.id, message.string, context=message.context, flags=message.flags)
    return complete


def _fault(path: Path, known: bytes | None, content: bytes) -> str:
    if known is None:
        return "is missing"
    if path.suffix == ".mo":
        return "is not what its .po compiles to"
    old, new = read_po(io.BytesIO(known)), read_po(io.BytesIO(content))
    lacking = [message.id for message in new if message.id and old.get(message.id, message.context) is None]
    return f"lacks {len(lacking)}: {lacking[:3]}" if lacking else "is not in its form"
