"""Draw `config/flow.py`: which app records what, who consumes it, and what that may lead to."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import flow
from events.public import Consumer, Event, Value

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
            flow.EVENTS, flow.CONSUMERS, {consumer.name: events_recorded(consumer) for consumer in flow.CONSUMERS}
        )
        if not options["check"]:
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path} written")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise CommandError(f"{path} is stale: run manage.py draw_flow")


def draw(
    events: Sequence[type[Event]],
    consumers: Sequence[Consumer[Any]],
    recorded: Mapping[str, Sequence[type[Event]]],
) -> str:
    """Return the page: a Mermaid flowchart and tables.

    Args:
        events: the classes, in the order in which they shall stand.
        consumers: in the order in which they shall stand.
        recorded: consumer's name -> classes that it may record in turn.
    """
    lines = [HEAD, "```mermaid", "flowchart LR"]
    for app in sorted({event.kind.partition(".")[0] for event in events}):
        lines += [f"  subgraph {app}_events [recorded by {app}]"]
        lines += [
            f'    {_node(event)}["{event.kind.partition(".")[2]}"]'
            for event in events
            if event.kind.startswith(f"{app}.")
        ]
        lines += ["  end"]
    lines += [f"  {consumer.name}([{consumer.name}])" for consumer in consumers]
    lines += [f"  {_node(event)} --> {consumer.name}" for consumer in consumers for event in consumer.classes]
    lines += [f"  {consumer.name} -.-> {_node(event)}" for consumer in consumers for event in recorded[consumer.name]]
    lines += ["```", "", "Solid: consumes. Dotted: may record in turn.", "", "## Events", ""]
    lines += ["| kind | class | version | says | members | consumed by |", "|---|---|---|---|---|---|"]
    values: dict[type[Value], None] = {}
    for event in events:
        takers = ", ".join(consumer.name for consumer in consumers if event in consumer.classes)
        lines.append(
            f"| `{event.kind}` | `{event.__module__}.{event.__name__}` | {event.version} | {_says(event)} | "
            f"{_members(event, values)} | {takers or '(nobody yet)'} |"
        )
    lines += ["", "## Values in them", "", "| class | says | members |", "|---|---|---|"]
    lines += [
        f"| `{value.__module__}.{value.__name__}` | {_says(value)} | {_members(value, values)} |" for value in [*values]
    ]
    lines += [
        "",
        "## Consumers",
        "",
        "| consumer | effect | app | takes | may record | batch |",
        "|---|---|---|---|---|---|",
    ]
    for consumer in consumers:
        app = consumer.handler.__module__.partition(".")[0]
        takes = ", ".join(f"`{event.kind}`" for event in consumer.classes)
        records = ", ".join(f"`{event.kind}`" for event in recorded[consumer.name])
        lines.append(f"| {consumer.name} | {consumer.purpose} | {app} | {takes} | {records} | {consumer.batch} |")
    return "\n".join(lines) + "\n"


def _node(event: type[Event]) -> str:
    return event.kind.replace(".", "__")


def _says(form: type[Value]) -> str:
    """The first line of the class's docstring."""
    return inspect.getdoc(form).partition("\n")[0].rstrip(".")  # type: ignore[union-attr]


def _members(form: type[Value], values: dict[type[Value], None]) -> str:
    """Members with their types; classes of values that occur in them, however deep, are added to `values`."""
    return ", ".join(f"{member.name}: {_type(member.type, values)}" for member in msgspec.structs.fields(form))


def _type(annotation: Any, values: dict[type[Value], None]) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0], values)
    if origin is tuple:
        return f"[{_type(inner[0], values)}]"
    if origin in (Union, UnionType):
        return " or ".join(_type(option, values) for option in inner)
    if origin is Literal:
        return " or ".join(f"`{option}`" for option in inner)
    if issubclass(annotation, Value) and annotation not in values:
        values[annotation] = None
        _members(annotation, values)
    return "null" if annotation is NoneType else annotation.__name__


def events_recorded(consumer: Consumer[Any]) -> list[type[Event]]:
    """Return the classes of flow.EVENTS of which the handler, or a function of its app that it calls, makes an instance.

    Read from the source: what is called by way of a variable, or in another app, is not seen.
    """
    app = consumer.handler.__module__.partition(".")[0]
    found: set[object] = set()
    seen: set[object] = set()
    waiting: list[Any] = [consumer.handler]
    while waiting:
        function = inspect.unwrap(waiting.pop())
        if function in seen or not isinstance(function, FunctionType):
            continue
        seen.add(function)
        tree = ast.parse(_dedented_source(function))
        scope = {**function.__globals__, **_late_imports(tree)}
        found |= {_object_named(call.func, scope) for call in ast.walk(tree) if isinstance(call, ast.Call)}
        # A function may be handed on by name as well as called, so every name that is one counts.
        waiting += [
            candidate
            for node in ast.walk(tree)
            if isinstance(candidate := _object_named(node, scope), FunctionType)
            and (candidate.__module__ or "").partition(".")[0] == app
        ]
    return [event for event in flow.EVENTS if event in found]


def _dedented_source(function: FunctionType) -> str:
    return textwrap.dedent(inspect.getsource(function))


def _object_named(node: ast.AST, scope: Mapping[str, Any]) -> Any:
    """The function or class that `name` or `module.name` stands for; None for everything else."""
    found: Any = None
    if isinstance(node, ast.Name):
        found = scope.get(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = scope.get(node.value.id)
        if isinstance(owner, ModuleType):
            found = getattr(owner, node.attr, None)
    return found if isinstance(found, FunctionType | type) else None


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
