"""Ids: unique, in order, and of their time."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any
from uuid import UUID

from common.ids import new_id

_MANY = 30_000


def _milliseconds(identifier: UUID) -> int:
    return identifier.int >> 80


def test_ids_are_uuids_of_version_7_in_the_order_of_their_making_and_never_ahead_of_the_clock() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(_MANY)]
    after = time.time_ns() // 1_000_000
    assert {type(entry) for entry in made} == {UUID}
    assert {(entry.version, entry.variant) for entry in made} == {(7, "specified in RFC 4122")}
    assert made == sorted(made)
    assert len(set(made)) == _MANY
    assert before - 1 <= _milliseconds(made[0]) <= _milliseconds(made[-1]) <= after + 1


def _make(into: Any, together: Any) -> None:
    together.wait()
    into.put([new_id().bytes for _ in range(_MANY)])


def test_processes_that_were_forked_make_different_ids_at_the_same_time() -> None:
    new_id()  # before the fork: whatever state there is, both inherit it
    context = multiprocessing.get_context("fork")
    into, together = context.Queue(), context.Barrier(2)
    processes = [context.Process(target=_make, args=(into, together)) for _ in range(2)]
    for process in processes:
        process.start()
    first, second = into.get(timeout=60), into.get(timeout=60)
    for process in processes:
        process.join()
    assert not set(first) & set(second)
    # Nor do they draw the same random bits at other times.
    assert len({entry[-8:] for entry in first} & {entry[-8:] for entry in second}) == 0
