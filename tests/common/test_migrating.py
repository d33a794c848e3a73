"""The first migrations of the large apps make every table at once, and refuse what they would pass over."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from common.migrating import CreatedAtOnce

LARGE = ("courses", "assessments")


def _migration(*operations: Operation) -> CreatedAtOnce:
    made = CreatedAtOnce("0001_initial", "shelf")
    made.operations = list(operations)
    return made


def _book(**options: Any) -> migrations.CreateModel:
    return migrations.CreateModel("Book", [("id", models.BigAutoField(primary_key=True))], options)


def _sql(*operations: Operation, way: type[migrations.Migration] = CreatedAtOnce) -> list[str]:
    migration = way("0001_initial", "shelf")
    migration.operations = list(operations)
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(ProjectState(), editor, collect_sql=True)
    return [line for line in editor.collected_sql if not line.startswith("--")]


def _shelf_with_books() -> list[Operation]:
    numbered = models.CheckConstraint(condition=models.Q(number__gte=1), name="numbered")
    return [
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
        _book(constraints=[], indexes=[]),
        migrations.AddField("book", "number", models.IntegerField()),
        migrations.AddField("book", "shelf", models.ForeignKey("shelf.Shelf", models.CASCADE)),
        migrations.AddConstraint("book", numbered),
        migrations.AddIndex("book", models.Index(fields=["number"], name="by_number")),
    ]


def test_each_table_is_made_once_with_all_that_is_added_to_it_later() -> None:
    sql = _sql(*_shelf_with_books())
    assert [line.split("(")[0].strip() for line in sql if line.startswith("CREATE TABLE")] == [
        'CREATE TABLE "shelf_shelf"', 'CREATE TABLE "shelf_book"',
    ]  # fmt: skip
    (book,) = [line for line in sql if line.startswith('CREATE TABLE "shelf_book"')]
    assert '"number" integer NOT NULL' in book
    assert 'CONSTRAINT "numbered" CHECK' in book
    assert any('"by_number"' in line for line in sql)
    assert any("FOREIGN KEY" in line for line in sql)
    # The control: Django's own way adds to the table afterwards.
    assert any(
        line.startswith('ALTER TABLE "shelf_book" ADD COLUMN "number"')
        for line in _sql(*_shelf_with_books(), way=migrations.Migration)
    )


@pytest.mark.parametrize(
    "other",
    [
        migrations.RunSQL("SELECT 1"),
        migrations.AlterField("book", "id", models.BigIntegerField(primary_key=True)),
        migrations.AddField("elsewhere", "number", models.IntegerField()),
    ],
)
def test_what_it_would_pass_over_is_refused(other: Operation) -> None:
    with pytest.raises(TypeError, match="can make tables only"):
        _migration(_book(), other).apply(ProjectState(), None)


@pytest.mark.parametrize("app", LARGE)
def test_the_large_apps_are_made_so(app: str) -> None:
    first = import_module(f"{apps.get_app_config(app).name}.migrations.0001_initial")
    assert issubclass(first.Migration, CreatedAtOnce), "its migration takes many times as long"
