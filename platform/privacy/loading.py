"""Writing the purposes and their texts into the database."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from privacy.models import Purpose, PurposeText

PURPOSES_FILE = Path(__file__).parent / "data" / "purposes.toml"


class PurposesInvalid(ValueError):
    """The purposes' file is not valid, or rewrites a text people may have consented to; nothing was written."""


@transaction.atomic
def load_purposes(path: Path = PURPOSES_FILE) -> None:
    """Add the purposes and texts of the file at `path` that are not stored; a second call changes nothing.

    Raises:
        PurposesInvalid: the message names the place.
    """
    try:
        document = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PurposesInvalid(f"not TOML: {error}") from error
    purposes = {code: _purpose(code, given) for code, given in document.items()}
    texts = {
        (text.purpose_id, text.version, text.language): text
        for code, given in document.items()
        for index, entry in enumerate(given.get("texts", []))
        for text in [_text(code, index, entry)]
    }
    Purpose.objects.bulk_create(
        purposes.values(),
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["per_agency", "needed_to_learn"],
    )
    stored = {(text.purpose_id, text.version, text.language): text for text in PurposeText.objects.all()}
    for place, text in texts.items():
        known = stored.get(place)
        if known is not None and (known.title, known.body) != (text.title, text.body):
            code, version, language = place
            raise PurposesInvalid(f"{code}, version {version}, {language}: the text changed; make it a new version")
    PurposeText.objects.bulk_create(text for place, text in texts.items() if place not in stored)


def _purpose(code: str, given: Any) -> Purpose:
    if not isinstance(given, dict) or set(given) - {"per_agency", "needed_to_learn", "texts"}:
        raise PurposesInvalid(f"{code}: must hold per_agency, needed_to_learn and texts only")
    for name in ("per_agency", "needed_to_learn"):
        if not isinstance(given.get(name), bool):
            raise PurposesInvalid(f"{code}.{name}: must be true or false")
    if not given.get("texts"):
        raise PurposesInvalid(f"{code}.texts: there is none")
    return Purpose(code=code, per_agency=given["per_agency"], needed_to_learn=given["needed_to_learn"])


def _text(code: str, index: int, given: Any) -> PurposeText:
    kinds = {"version": int, "language": str, "machine_drafted": bool, "title": str, "body": str}
    for name, kind in kinds.items():
        if type(given.get(name)) is not kind or given[name] == "":
            raise PurposesInvalid(f"{code}.texts[{index}].{name}: is missing or of the wrong kind")
    if set(given) - set(kinds):
        raise PurposesInvalid(f"{code}.texts[{index}]: {min(set(given) - set(kinds))} is not known")
    return PurposeText(purpose_id=code, **{**given, "body": given["body"].strip()})
