"""Everything other apps may know about assessments."""

from assessments.fairness.selectors import newest_report as newest_fairness_report

__all__ = ["newest_fairness_report"]
