"""Ids in paths, and how paths are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver, include, path
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RoutePattern


class IdConverter(UUIDConverter):
    """A UUID in either case: RFC 9562 writes lower case and reads both, and some phones write upper case."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


class ByPrefix(URLResolver):
    """The routes of URL modules, found by the literal text before a route's first variable part.

    Django tries one route after the other: of a hundred, a request in the middle would match fifty regular expressions
    before its own. Here an address is looked up by its directories, the longest first, and only the few routes below the
    one that is known are tried. Reversing and listing routes is Django's.

    Raises:
        TypeError: a module holds something else than plain routes.
    """

    def __init__(self, modules: Iterable[str]) -> None:
        groups: dict[str, list[URLPattern]] = defaultdict(list)
        for module in modules:
            for one in import_module(module).urlpatterns:
                if not isinstance(one, URLPattern):
                    raise TypeError(f"{module}: {one} is no plain route")
                route = str(one.pattern)
                directory, slash, _ = route.partition("<")[0].rpartition("/")
                rest = route.removeprefix(directory + slash)
                groups[directory + slash].append(path(rest, one.callback, one.default_args, one.name))
        self._groups = {prefix: path(prefix, include(listed)) for prefix, listed in groups.items()}
        super().__init__(RoutePattern(""), list(self._groups.values()))

    def resolve(self, address: str) -> ResolverMatch:
        end = len(address)
        while end >= 0:
            end = address.rfind("/", 0, end)
            prefix = address[: end + 1]
            group = self._groups.get(prefix)
            if group is not None:
                with suppress(Resolver404):
                    found: ResolverMatch = group.resolve(address)
                    found.route = prefix + found.route
                    return found
        raise Resolver404({"path": address})
