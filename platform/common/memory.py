"""How processes that live long look for garbage."""

from __future__ import annotations

import gc


def collect_less_often() -> None:
    """Leave what was loaded at the start out of the collector's rounds, and let it come round less often.

    A batch, or some hundred requests, makes and drops tens of thousands of small objects without a cycle; at the default
    threshold up to a third of the time goes into looking for cycles among everything that was ever imported.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
