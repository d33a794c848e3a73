"""Queries that the ORM composes once per process rather than at each call.

For a small read, composing the statement takes Django several times what running it takes. A `KeptQuery` is written as any
query is; its text is kept, prepared by the server, and only its values differ from call to call.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, Expression, Field, Func, QuerySet

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
        """
        known = self._known.get(shape)
        if known is None:
            known = self._known[shape] = _Composed(self._compose(*shape))
        return known.run(given)

    def first(self, *shape: Hashable, **given: Any) -> T | None:
        """Return the first of what the query finds, None when that is nothing; the query itself is not limited."""
        return next(iter(self(*shape, **given)), None)


class _Composed:
    """A queryset's statement, and what Django needs to make objects of its rows."""

    def __init__(self, queryset: Any) -> None:
        if queryset._prefetch_related_lookups:
            raise TypeError("a kept query is one query: it cannot prefetch")
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(queryset.db)
        self._sql, self._parameters = self._compiler.as_sql()
        converters = self._compiler.get_converters(
            [one[0] for one in self._compiler.select[: self._compiler.col_count]]
        )
        self._compiler.get_converters = lambda _: converters

    def run(self, given: Mapping[str, Any]) -> list[Any]:
        rows = run_prepared(self._sql, [given[one.name] if isinstance(one, Given) else one for one in self._parameters])
        return list(self._queryset._iterable_class(_Answered(self._queryset, self._compiler, rows)))


class _Answered:
    """A queryset whose rows are there: Django's iterables ask its query for a compiler, and that for rows."""

    def __init__(self, queryset: Any, compiler: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        self._queryset, self._compiler, self._rows = queryset, compiler, rows
        self.query = self

    def get_compiler(self, using: str) -> Any:
        answered = copy.copy(self._compiler)
        answered.execute_sql = lambda *_, **__: [self._rows]
        return answered

    def __getattr__(self, name: str) -> Any:
        # The query's own names differ from the queryset's.
        own = self._queryset
        return getattr(own, name) if hasattr(own, name) else getattr(own.query, name)
