"""SQL by hand stands in modules named for it (docs/decisions/0037)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Calls by which a statement of our own reaches the database.
RUNS_SQL = {"run_prepared", "copy_rows", "execute", "executemany", "cursor", "raw", "RawSQL", "extra", "Fragment"}
# Of a slice with several thoughts, the others: `<thought>_statements.py`.
NAMED_FOR_IT = ("statements.py", "_statements.py")


def _is_named_for_it(name: str) -> bool:
    whole, ending = NAMED_FOR_IT
    return name == whole or name.endswith(ending)


def _modules() -> Iterator[Path]:
    for root in ("platform", "courses", "learners", "assessments"):
        for path in sorted((ROOT / root).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            is_allowed = _is_named_for_it(path.name) or "migrations" in parts or parts[:2] == ("platform", "common")
            # The embedded server is set up before there is a Django.
            if not is_allowed and parts[:3] != ("platform", "config", "local"):
                yield path


def _runs_sql(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            # A piece of JSON that is written already has the same name.
            if name in RUNS_SQL and ast.unparse(node.func) != "orjson.Fragment":
                return True
    return False


def test_sql_by_hand_stands_in_modules_named_for_it() -> None:
    found = {str(path.relative_to(ROOT)) for path in _modules() if _runs_sql(path.read_text())}
    assert found == set(), "SQL by hand outside a module named for it"


def test_a_module_is_named_for_one_thought() -> None:
    named = {
        name: _is_named_for_it(name) for name in ("statements.py", "reconciliation_statements.py", "mystatements.py")
    }
    assert named == {"statements.py": True, "reconciliation_statements.py": True, "mystatements.py": False}


def test_each_way_to_run_a_statement_is_seen() -> None:
    """Control: planted statements are found, and the ORM is not taken for one."""
    for planted in (
        "run_prepared('SELECT 1')",
        "with connection.cursor() as cursor: cursor.execute('SELECT 1')",
        "Model.objects.raw('SELECT 1')",
        "queryset.annotate(x=RawSQL('SELECT 1', []))",
        "copy_rows('t', 'a', [])",
        "Fragment('written AS (DELETE FROM t)', ())",
    ):
        assert _runs_sql(planted), planted
    assert not _runs_sql("orjson.Fragment(text)")
    assert not _runs_sql("Model.objects.filter(pk=1).update(name='x'); execute_together(fragment)")
