"""What takes part in publishing an edition besides the course itself, on one screen, in the order in which it is asked."""

from __future__ import annotations

from assessments.public import Quizzes
from courses.public import Contributor

# Achievements are not pinned: their versions are approved apart, by each authority (decision 0093).
CONTRIBUTORS: tuple[Contributor, ...] = (Quizzes(),)
