"""An achievement, and certificates for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credentials.models import AchievementVersion, Certificate
from learners.events import EditionCompleted
from tests.courses.factories import make_published
from tests.credentials.certificates.factories import make_achievement, make_entitled, settle, tell


@pytest.fixture
def achievement(_reference_data: None) -> AchievementVersion:
    """A version that the region approved: asks for a completed course and two skills at level 1."""
    return make_achievement(make_published(slug="first-steps", languages=("en",)).course)


@pytest.fixture
def issue(achievement: AchievementVersion) -> Callable[..., Certificate]:
    """`issue(name=…)` makes an entitled learner and lets the consumers issue."""

    def make(**given: Any) -> Certificate:
        learner = make_entitled(achievement, **given)
        tell(EditionCompleted, learner)
        settle()
        return Certificate.objects.get(learner=learner)

    return make
