"""Everything other apps may know about assessments; and the consumers that config/flow.py wires."""

from __future__ import annotations

from assessments.fairness.selectors import newest_report as newest_fairness_report
from assessments.marking.services import open_tasks

__all__ = ["newest_fairness_report", "open_tasks"]
