"""Everything other apps may know about assessments; and the consumers that config/flow.py wires."""

from __future__ import annotations

from assessments.marking.services import open_tasks

__all__ = ["open_tasks"]
