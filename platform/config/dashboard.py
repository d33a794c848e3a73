"""What the admin's front page says before anything else, to those who may see what it is about."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from assessments import public as assessments


def notices(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add `notices`, a list of {text, link}; at most one query for each kind of notice."""
    found = []
    if request.user.has_perm("assessments.view_fairnessreport"):
        report = assessments.newest_fairness_report()
        if report is not None and report.alerts:
            found.append(
                {
                    "text": f"Fairness report of {report.day}: {report.alerts} "
                    f"{'alert' if report.alerts == 1 else 'alerts'}.",
                    "link": reverse("admin:assessments_fairnessreport_change", args=[report.pk]),
                }
            )
    return {**context, "notices": found}
