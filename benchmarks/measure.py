"""Timing in CPU seconds of this process and of PostgreSQL's, which together do the work."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One row of the table. `ratio` is ours by the limit: 1.0 is as good as it gets."""

    name: str
    ours: str
    limit_name: str
    limit: str
    ratio: float


_TICK = os.sysconf("SC_CLK_TCK")


def backend_cpu(pid: int) -> float:
    """CPU seconds that a PostgreSQL backend has used so far (Linux; elsewhere 0)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


def cpu_per_call(call: Callable[[], object], *, times: int, rounds: int = 5, backend: int | None = None) -> float:
    """Median over `rounds` of the CPU seconds of one call, ours and the backend's."""
    call()
    measured = []
    for _ in range(rounds):
        before = time.process_time() + (backend_cpu(backend) if backend else 0.0)
        for _ in range(times):
            call()
        after = time.process_time() + (backend_cpu(backend) if backend else 0.0)
        measured.append((after - before) / times)
    return statistics.median(measured)


class Spent:
    """CPU seconds per call over rounds: the median of ours, and the mean of the backend's, whose clock is coarse.

    What is compared is measured in turns of a few calls, so that both meet the same load of the machine.
    """

    def __init__(self, backend: int) -> None:
        self._backend_pid = backend
        self._ours: list[float] = []
        self._backend: list[float] = []

    def measure(self, calls: Sequence[Callable[[], object]]) -> None:
        ours, backend = time.process_time(), backend_cpu(self._backend_pid)
        for call in calls:
            call()
        self._ours.append((time.process_time() - ours) / len(calls))
        self._backend.append((backend_cpu(self._backend_pid) - backend) / len(calls))

    def per_call(self) -> float:
        return statistics.median(self._ours) + statistics.mean(self._backend)


def per_second(call: Callable[[], object], *, times: int, rounds: int = 5) -> float:
    """Median over `rounds` of calls per second of wall time, one after the other."""
    call()
    measured = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(times):
            call()
        measured.append(times / (time.perf_counter() - started))
    return statistics.median(measured)


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| what | ours | limit in the same run | the limit's figure | ours : limit |", "|---|---|---|---|---|"]
    lines += [f"| {f.name} | {f.ours} | {f.limit_name} | {f.limit} | {f.ratio:.3g} |" for f in figures]
    return "\n".join(lines)
