"""Draw `config/flow.py`: which app records what, who consumes it, and what that may lead to."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import flow
from events.public import Consumer

HEAD = """# The flow of events

Drawn from `platform/config/flow.py` by `manage.py draw_flow`; do not edit. A request or a consumer records an event in its
own transaction; each consumer takes it in batches, has its effect and deletes its delivery in one transaction of its own.
"""


class Command(BaseCommand):
    help = "Write docs/flow.md from config/flow.py; with --check only say whether it is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")
        parser.add_argument("--file", type=Path, default=Path(settings.BASE_DIR) / "docs" / "flow.md")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        text = draw(
            flow.KINDS, flow.CONSUMERS, {consumer.name: kinds_recorded(consumer) for consumer in flow.CONSUMERS}
        )
        if not options["check"]:
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path} written")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise CommandError(f"{path} is stale: run manage.py draw_flow")


def draw(kinds: Mapping[str, str], consumers: Sequence[Consumer], recorded: Mapping[str, Sequence[str]]) -> str:
    """Return the page: a Mermaid flowchart and two tables.

    Args:
        kinds: kind -> "what it says -- payload".
        consumers: in the order in which they shall stand.
        recorded: consumer's name -> kinds that it may record in turn.
    """
    lines = [HEAD, "```mermaid", "flowchart LR"]
    for app in sorted({kind.partition(".")[0] for kind in kinds}):
        lines += [f"  subgraph {app}_events [recorded by {app}]"]
        lines += [f'    {_node(kind)}["{kind.partition(".")[2]}"]' for kind in kinds if kind.startswith(f"{app}.")]
        lines += ["  end"]
    lines += [f"  {consumer.name}([{consumer.name}])" for consumer in consumers]
    lines += [f"  {_node(kind)} --> {consumer.name}" for consumer in consumers for kind in consumer.kinds]
    lines += [f"  {consumer.name} -.-> {_node(kind)}" for consumer in consumers for kind in recorded[consumer.name]]
    lines += ["```", "", "Solid: consumes. Dotted: may record in turn.", "", "## Events", ""]
    lines += ["| kind | says | payload | consumed by |", "|---|---|---|---|"]
    for kind, description in kinds.items():
        says, _, payload = description.partition(" -- ")
        takers = ", ".join(consumer.name for consumer in consumers if kind in consumer.kinds)
        lines.append(f"| `{kind}` | {says} | {payload} | {takers or '(nobody yet)'} |")
    lines += [
        "",
        "## Consumers",
        "",
        "| consumer | effect | app | takes | may record | batch |",
        "|---|---|---|---|---|---|",
    ]
    for consumer in consumers:
        app = consumer.handler.__module__.partition(".")[0]
        takes = ", ".join(f"`{kind}`" for kind in consumer.kinds)
        records = ", ".join(f"`{kind}`" for kind in recorded[consumer.name])
        lines.append(f"| {consumer.name} | {consumer.purpose} | {app} | {takes} | {records} | {consumer.batch} |")
    return "\n".join(lines) + "\n"


def _node(kind: str) -> str:
    return kind.replace(".", "__")


def kinds_recorded(consumer: Consumer) -> list[str]:
    """Return the kinds that the handler, or a function of its app that it calls, records by a literal name.

    Read from the source: what is called by way of a variable, or in another app, is not seen.
    """
    app = consumer.handler.__module__.partition(".")[0]
    found: set[str] = set()
    seen: set[object] = set()
    waiting: list[Any] = [consumer.handler]
    while waiting:
        function = inspect.unwrap(waiting.pop())
        if function in seen or not isinstance(function, FunctionType):
            continue
        seen.add(function)
        tree = ast.parse(_dedented_source(function))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            first = call.args[0] if call.args else None
            if (
                _last_name(call.func) in ("record", "record_many", "recording")
                and isinstance(first, ast.Constant)
                and first.value in flow.KINDS
            ):
                found.add(first.value)
        # A function may be handed on by name as well as called, so every name that is one counts.
        waiting += [
            candidate
            for candidate in _objects_named(tree, function)
            if (getattr(candidate, "__module__", None) or "").partition(".")[0] == app
        ]
    return [kind for kind in flow.KINDS if kind in found]


def _dedented_source(function: FunctionType) -> str:
    return textwrap.dedent(inspect.getsource(function))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _objects_named(tree: ast.AST, function: FunctionType) -> Iterator[Any]:
    """The functions that names in `tree` stand for: `name`, and `module.name`."""
    scope = {**function.__globals__, **_late_imports(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield scope.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = scope.get(node.value.id)
            if isinstance(owner, ModuleType):
                yield getattr(owner, node.attr, None)


def _late_imports(tree: ast.AST) -> dict[str, Any]:
    """What imports inside the function bind."""
    bound: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                value: Any
                try:
                    value = importlib.import_module(f"{node.module}.{alias.name}")
                except ImportError:
                    value = getattr(importlib.import_module(node.module), alias.name, None)
                bound[alias.asname or alias.name] = value
    return bound
