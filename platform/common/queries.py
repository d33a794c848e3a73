"""Queries that the ORM composes once per process rather than at each call.

For a small read, composing the statement takes Django several times what running it takes. A `KeptQuery` is written as any
query is; its text is kept, prepared by the server, and only its values differ from call to call.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import BooleanField, Expression, Field, Func, QuerySet
from django.db.transaction import TransactionManagementError

from common.database import run_prepared

T = TypeVar("T")


class Given(Expression):
    """Stands in a kept query for a value that each call gives under this name."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return f"%s::{self.output_field.db_type(connection)}", [self]


class IsAmong(Func):
    """Condition: an expression is an element of an array, whatever its length (`= ANY`; `IN` has a text for each length)."""

    arity, template, arg_joiner = 2, "%(expressions)s)", " = ANY("
    output_field = BooleanField()


class KeptQuery(Generic[T]):
    """A query whose text is composed at its first call.

    Args:
        compose: makes the queryset, with `Given` where a call's values go. What it takes itself changes the text (a
            limit, whether a condition is there): each combination is kept, so there must be few.
    """

    def __init__(self, compose: Callable[..., QuerySet[Any, T]]) -> None:
        self._compose = compose
        self._known: dict[tuple[Hashable, ...], _Composed] = {}

    def __call__(self, *shape: Hashable, **given: Any) -> list[T]:
        """Return what the queryset would give; one query.

        Raises:
            KeyError: a value is missing.
            TypeError: the queryset prefetches.
            TransactionManagementError: it locks rows, and there is no transaction.
        """
        known = self._known.get(shape)
        if known is None:
            known = self._known[shape] = _Composed(self._compose(*shape))
        return known.run(given)

    def first(self, *shape: Hashable, **given: Any) -> T | None:
        """Return the first of what the query finds, None when that is nothing; the query itself is not limited."""
        return next(iter(self(*shape, **given)), None)


class _Composed:
    """A queryset's statement, and what Django needs to make objects of its rows; nothing of a connection or a thread."""

    def __init__(self, queryset: Any) -> None:
        if queryset._prefetch_related_lookups:
            raise TypeError("a kept query is one query: it cannot prefetch")
        self._queryset = queryset
        self._using = queryset.db
        compiler = queryset.query.get_compiler(self._using)
        self._sql, self._parameters = compiler.as_sql()
        # How a column's value is read follows from its field alone.
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        compiler.get_converters = lambda _: converters
        # Django looks through all columns for it, for each call.
        is_composite = compiler.has_composite_fields([column[0] for column in compiler.select[: compiler.col_count]])
        compiler.has_composite_fields = lambda _: is_composite
        compiler.connection = None
        self._compiler = compiler

    def run(self, given: Mapping[str, Any]) -> list[Any]:
        connection = connections[self._using]
        if self._queryset.query.select_for_update and connection.get_autocommit():
            # Without a transaction the lock would be gone when the rows are here.
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        rows = run_prepared(
            self._sql, [given[value.name] if isinstance(value, Given) else value for value in self._parameters]
        )
        compiler = copy.copy(self._compiler)
        compiler.connection = connection
        compiler.execute_sql = lambda *_, **__: [rows]
        return list(self._queryset._iterable_class(_Answered(self._queryset, compiler)))


class _Answered:
    """A queryset whose rows are there: Django's iterables ask its query for a compiler, and that for rows."""

    def __init__(self, queryset: Any, compiler: Any) -> None:
        self._queryset, self._compiler = queryset, compiler
        self.query = self

    def get_compiler(self, using: str) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        # The query's own names differ from the queryset's.
        own = self._queryset
        return getattr(own, name) if hasattr(own, name) else getattr(own.query, name)
