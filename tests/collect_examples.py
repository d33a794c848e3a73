"""`make examples`: choose an example for each operation among the answers that the suite collected, and write docs/api/examples.

Ids, instants and secrets are made neutral; long lists and texts are cut.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import django
import jsonschema_rs

FOLDER = Path(__file__).parents[1] / "docs" / "api" / "examples"
MAX_ENTRIES, MAX_TEXT_LENGTH, BEST_SIZE = 2, 300, 3000
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INSTANT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_SECRETS = {"session_token", "access_token", "secret", "challenge", "codes"}


class _Neutral:
    """Replaces what differs from run to run by the same in every run."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def of(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self.of(entry, key) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.of(entry, name) for entry in value[:MAX_ENTRIES]]
        if isinstance(value, float) and value > 1_000_000_000:
            return 1772355600.0
        return self._text(value, name) if isinstance(value, str) else value

    def _text(self, text: str, name: str) -> str:
        if name in _SECRETS and "." not in text:
            return "secret"
        text = _TOKEN.sub("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", text)
        text = _ID.sub(lambda found: self._id(found[0]), text)
        text = _HASH.sub("0" * 64, text)
        text = _INSTANT.sub("2026-03-01T09:00:00Z", text)
        text = _DAY.sub("2026-03-01", text)
        text = text.replace("http://testserver", "https://testserver").replace("testserver", "skills.example.org")
        text = re.sub(r"https?://localhost(:\d+)?", "https://skills.example.org", text)
        text = re.sub(r"^localhost$", "skills.example.org", text)
        return text if len(text) <= MAX_TEXT_LENGTH else text[:MAX_TEXT_LENGTH] + "…"

    def _id(self, identifier: str) -> str:
        return self._ids.setdefault(identifier, f"01900000-0000-7000-8000-{len(self._ids) + 1:012x}")


def _rank(record: dict[str, Any]) -> tuple[bool, bool, int]:
    size = len(json.dumps(record["body"]))
    is_empty = isinstance(record["body"], dict) and record["body"].get("items") == []
    return is_empty, size > BEST_SIZE, size if size > BEST_SIZE else -size


def main(collected: Path) -> int:
    """Write the examples; return how many operations have none."""
    django.setup()
    from tests import documented  # needs the loaded apps

    documents = documented.load()
    records: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(collected.glob("*.json")):
        record = json.loads(file.read_text("utf-8"))
        record["body"] = _Neutral().of(record["body"])
        records.setdefault(record.pop("operation"), []).append(record)
    FOLDER.mkdir(exist_ok=True)
    missing = []
    for document in documents.values():
        for item in document["paths"].values():
            for operation in item.values():
                name = operation["operationId"]
                for record in sorted(records.get(name, ()), key=_rank):
                    content = operation["responses"][str(record["status"])]["content"][record["media_type"]]
                    schema = documented.closed(document, content.get("schema", {}))
                    if jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(record["body"]):
                        text = json.dumps(record, ensure_ascii=False, indent=1)
                        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")
                        break
                else:
                    if documented.answers_json(operation):
                        missing.append(name)
    sys.stdout.write(f"without an example: {', '.join(missing) or 'none'}\n")
    return len(missing)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
