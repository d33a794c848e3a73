"""The register of every field of every table: what it tells of whom, what for, how long, who sees it, what an erasure does.

Each app declares its own tables in `personal_data.py`. Here they are put together, and written out as the record of
processing (docs/personal-data.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from itertools import groupby
from types import MappingProxyType

from django.apps import apps
from django.db import models

from common.personal_data import Category, Erasure, Table, Use

_DECLARED_BY = (
    "accounts",
    "agencies",
    "assessments",
    "courses",
    "credentials",
    "events",
    "learners",
    "member_states",
    "privacy",
)

# Purposes beside those that people consent to (privacy/data/purposes.toml).
PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "account": "So that people can sign in, and are known by the name that they give.",
        "accountability": "So that it can be shown later who decided, who agreed, and who was told what.",
        "appeals": "So that a person looks again at what was decided, and says why.",
        "certificates": "So that learners hold certificates which anybody can check.",
        "integrity": "So that a person looks at attempts that are unusual.",
        "marking": "So that two markers do not do the same work.",
        "operation": "So that the platform works: texts and rules, and work that waits.",
        "security": "So that nobody else gets into an account.",
    }
)
CONSENTED = ("fairness_monitoring", "learning_records", "share_explanations", "share_progress")


@cache
def register() -> Mapping[str, Table]:
    """Return the declaration of each model by its label.

    Raises:
        ValueError: two apps declare one model, or a declaration contradicts itself.
    """
    found: dict[str, Table] = {}
    for app in _DECLARED_BY:
        tables: Iterable[Table] = import_module(f"{app}.personal_data").TABLES
        for table in tables:
            if table.model in found:
                raise ValueError(f"{table.model} is declared twice")
            table.categories()
            found[table.model] = table
    return MappingProxyType(found)


def stored_fields(model: type[models.Model]) -> set[str]:
    """Return the names of a model's fields that something is stored in."""
    return {field.name for field in model._meta.get_fields(include_hidden=True) if getattr(field, "concrete", False)}


def problems() -> Sequence[str]:
    """Return what is wrong with the register as against the models, in plain words; empty when every field is declared."""
    declared = register()
    stored = {model._meta.label: stored_fields(model) for model in apps.get_models(include_auto_created=True)}
    said = [f"{label}: no table is declared" for label in sorted(stored.keys() - declared.keys())]
    said += [f"{label}: there is no such model" for label in sorted(declared.keys() - stored.keys())]
    for label in sorted(stored.keys() & declared.keys()):
        named = set(declared[label].categories())
        said += [f"{label}.{name}: no category" for name in sorted(stored[label] - named)]
        said += [f"{label}.{name}: there is no such field" for name in sorted(named - stored[label])]
    return said


def as_markdown() -> str:
    """Return the record of processing as the page docs/personal-data.md."""
    tables = register().values()
    personal = sorted((table for table in tables if _tells_of_people(table)), key=_by_purpose)
    parts = [_BEFORE]
    for purpose, group in groupby(personal, key=lambda table: table.use.purpose):
        parts.append(f"## {purpose}\n\n{PURPOSES.get(purpose, _CONSENTED)}\n")
        parts += [_entry(table) for table in group]
    rest = sorted(table.model for table in tables if not _tells_of_people(table))
    parts.append("## Tables that hold nothing of people\n\n" + ", ".join(f"`{name}`" for name in rest) + "\n")
    return "\n".join(parts)


_BEFORE = """# What is held of people

Written by `manage.py write_field_register` from the declarations beside the models (`<app>/personal_data.py`): change those,
never this page. A test fails when a field of any table is not declared.

What an erasure does is the rule that each table is held to; the call by which learners have themselves erased is not there yet.
Backups and logs are not tables and are not listed.
"""
_CONSENTED = "Only while the person consents to the purpose of this name (`GET /api/v1/purposes`)."


def _tells_of_people(table: Table) -> bool:
    return any(category is not Category.NONE for category in table.categories().values())


def _by_purpose(table: Table) -> tuple[str, str]:
    return table.use.purpose, table.model


def _entry(table: Table) -> str:
    use: Use = table.use
    by_category = {category: [] for category in Category}  # type: dict[Category, list[str]]
    for name, category in table.categories().items():
        by_category[category].append(f"`{name}`" + ("*" if name in table.of_others.split() else ""))
    held = "; ".join(
        f"{category}: {', '.join(sorted(by_category[category]))}"
        for category in reversed(Category)
        if category is not Category.NONE and by_category[category]
    )
    lines = [f"### {table.model}\n", f"- holds: {held}", f"- ground: {use.basis}", f"- kept: {use.retention}"]
    if use.seen_by:
        lines.append(f"- seen by: {', '.join(use.seen_by)}")
    if use.erasure is not Erasure.NOT_CONCERNED:
        lines.append(f"- erasure: {use.erasure}")
    if table.of_others:
        lines.append("- \\* of another person than the row is about: not in that person's export")
    return "\n".join(lines) + "\n"
