"""Everything other apps may know about agencies; and the consumer that config/flow.py wires."""

from __future__ import annotations

from collections.abc import Sequence

from events.registry import Happened


def update_feed(happened: Sequence[Happened]) -> None:
    """Consumer: rebuilds the progress rows of the learners concerned, for every agency they consent to."""
    raise NotImplementedError
