"""Everything other apps may know about assessments; the consumers that config/flow.py wires, and the loader."""

from __future__ import annotations

from assessments.attempts.moves import LiveAttempts
from assessments.fairness.selectors import newest_report as newest_fairness_report
from assessments.marking.services import open_tasks
from assessments.quizzes.contributor import Quizzes
from assessments.quizzes.loading import load_bank

__all__ = ["LiveAttempts", "Quizzes", "load_bank", "newest_fairness_report", "open_tasks"]
