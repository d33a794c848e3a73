"""Decision records have their form: numbered once, with what was rejected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DECISIONS = sorted((Path(__file__).resolve().parents[2] / "docs" / "decisions").glob("*.md"))


def test_there_are_decisions_and_each_has_its_own_number() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert numbers
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("path", DECISIONS, ids=[path.stem for path in DECISIONS])
def test_a_decision_says_what_was_rejected(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name)
    assert re.match(rf"# {path.name[:4]}\W+\S", text), "the first line is a heading with the number"
    rejected = re.search(r"^(?:#+ |\*\*)Rejected\b.*\n+(.+)", text, re.M)
    assert rejected, "no part 'Rejected'"
    assert len(text.split()) < 900, "one page"


@pytest.mark.parametrize("name", ["runtime.in", "development.in"])
def test_every_requirement_has_its_reason_and_licence(name: str) -> None:
    root = Path(__file__).resolve().parents[2]
    lines = (root / "requirements" / name).read_text().splitlines()
    asked = [re.match(r"[A-Za-z0-9-]+", line)[0] for line in lines if line and line[0] not in "#-"]  # type: ignore[index]
    table = "\n".join(
        line for line in (root / "docs/decisions/0004-libraries.md").read_text().splitlines() if line.startswith("| ")
    )
    assert not [library for library in asked if not re.search(rf"[| ]{library}\b", table)]
