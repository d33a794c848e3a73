"""How fast this machine is, beside the core on which limits in milliseconds were set (docs/decisions/0036)."""

from __future__ import annotations

import time

from benchmarks.certificates import openbadgeslib_signer

# What openbadgeslib's signer took there for one credential of the starter achievement.
REFERENCE_MS = 24.0


def signer_ms(*, times: int = 40) -> float:
    """CPU milliseconds that openbadgeslib's signer takes here for the same; there must be a certificate."""
    sign = openbadgeslib_signer()
    sign()
    started = time.process_time()
    for _ in range(times):
        sign()
    return (time.process_time() - started) / times * 1000
