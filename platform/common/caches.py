"""What a process keeps in memory of what it read from the database: one kind of cache, and one way to forget all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from functools import wraps
from threading import Lock
from typing import Generic, ParamSpec, TypeVar

from cachetools import Cache, LRUCache, TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
P = ParamSpec("P")

_caches: list[ProcessCache[object, object]] = []


def seconds() -> float:
    """The clock by which values grow old; tests stop it."""
    return time.monotonic()


def _now() -> float:
    return seconds()


class ProcessCache(Generic[K, V]):
    """Keeps the values that were asked for last; threads may share it.

    The database stays the truth: what is kept must never change, or may be as old as `for_s` says.

    Args:
        most: how many values, or their sum by `size`.
        for_s: seconds after which a value is forgotten; None: never for its age.
        size: what a value counts for.
    """

    def __init__(self, *, most: int, for_s: float | None = None, size: Callable[[V], int] | None = None) -> None:
        self._lock = Lock()
        self._kept: Cache[K, V] = (
            LRUCache(most, getsizeof=size) if for_s is None else TTLCache(most, for_s, timer=_now, getsizeof=size)
        )
        _caches.append(self)  # type: ignore[arg-type]

    def get(self, key: K) -> V | None:
        """Return what is kept under the key, None when nothing is."""
        with self._lock:
            return self._kept.get(key)

    def among(self, keys: Collection[K]) -> dict[K, V]:
        """Return those of the keys under which something is kept, with it."""
        with self._lock:
            return {key: self._kept[key] for key in keys if key in self._kept}

    def put(self, values: Mapping[K, V]) -> None:
        """Keep values; a value that is larger than the whole cache is not kept."""
        with self._lock:
            for key, value in values.items():
                if self._kept.getsizeof(value) <= self._kept.maxsize:
                    self._kept[key] = value

    def forget(self) -> None:
        """Keep nothing of what is kept now."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)


def kept(*, most: int) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Decorate a function that reads what never changes: its values are kept by its positional arguments."""

    def decorate(read: Callable[P, V]) -> Callable[P, V]:
        cache: ProcessCache[tuple[object, ...], tuple[V]] = ProcessCache(most=most)

        @wraps(read)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> V:
            known = cache.get(args)
            if known is None:
                # Two threads that ask together both read: the same, for it never changes.
                known = (read(*args, **kwargs),)
                cache.put({args: known})
            return known[0]

        return wrapper

    return decorate


def forget() -> None:
    """Forget everything that this process keeps, because another version was loaded or a test begins."""
    for cache in _caches:
        cache.forget()
