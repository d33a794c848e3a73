"""Decision records have their form: numbered once, with what was rejected."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


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
    prose = " ".join(line for line in text.splitlines() if not line.startswith("|"))
    assert len(prose.split()) < 900, "one page, beside its tables"


def test_every_requirement_has_its_reason_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["dependency-groups"]["development"]
    names = [re.match(r"[A-Za-z0-9-]+", requirement)[0] for requirement in asked]  # type: ignore[index]
    lines = (ROOT / "docs/decisions/0004-libraries.md").read_text().splitlines()
    table = "\n".join(line for line in lines if line.startswith("| "))
    assert len(names) > 40
    assert not [name for name in names if not re.search(rf"[| ]{name}\b", table)]


@pytest.mark.parametrize("lock", ["runtime", "development"])
def test_what_is_locked_is_what_is_named(lock: str) -> None:
    """A requirement that stands in pyproject.toml and not in the lock would be missing on a fresh machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"]]
    asked += project["dependency-groups"]["development"] if lock == "development" else []
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / f"requirements/{lock}.txt").read_text(), re.M))
    names = {re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() for requirement in asked}  # type: ignore[index]
    assert names <= locked
