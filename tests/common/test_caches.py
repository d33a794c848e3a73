"""What a process keeps in memory is bounded, grows old, is safe for threads, and is forgotten at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from common import caches
from common.caches import ProcessCache, kept


def test_the_values_asked_for_last_are_kept() -> None:
    cache: ProcessCache[int, str] = ProcessCache(most=2)
    cache.put({1: "a", 2: "b"})
    assert cache.get(1) == "a"
    cache.put({3: "c"})
    assert cache.among([1, 2, 3]) == {1: "a", 3: "c"}


def test_a_cache_may_count_bytes_and_passes_over_what_is_larger_than_itself() -> None:
    cache: ProcessCache[int, bytes] = ProcessCache(most=10, size=len)
    cache.put({1: b"12345", 2: b"1234567", 3: b"12345678901"})
    assert cache.among([1, 2, 3]) == {2: b"1234567"}


def test_values_grow_old_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(caches, "seconds", lambda: now)
    cache: ProcessCache[str, int] = ProcessCache(most=1, for_s=60)
    cache.put({"current": 5})
    now = 59.0
    assert cache.get("current") == 5
    now = 60.0
    assert cache.get("current") is None


def test_everything_is_forgotten_at_once() -> None:
    read: list[int] = []
    cache: ProcessCache[str, int] = ProcessCache(most=1)

    @kept(most=8)
    def doubled(number: int) -> int | None:
        read.append(number)
        return number * 2 or None

    cache.put({"current": 5})
    assert [doubled(number) for number in (1, 1, 0, 0)] == [2, 2, None, None]
    assert read == [1, 0], "None is a value as well"
    caches.forget()
    assert (cache.get("current"), doubled(1), read) == (None, 2, [1, 0, 1])


def test_threads_may_share_a_cache() -> None:
    cache: ProcessCache[int, int] = ProcessCache(most=50)

    def use(start: int) -> bool:
        for number in range(start, start + 2000):
            cache.put({number % 97: number % 97})
            if any(key != value for key, value in cache.among(range(97)).items()):
                return False
        return len(cache) <= 50

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(use, range(4)))
