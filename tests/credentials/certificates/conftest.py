"""An achievement, and certificates for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credentials.models import Achievement, Certificate
from learners.events import EditionCompleted
from tests.courses.factories import make_published
from tests.credentials.certificates.factories import SKILLS, TEXTS, make_entitled, settle, tell


@pytest.fixture
def achievement(_reference_data: None) -> Achievement:
    """Asks for a completed edition and two skills at level 1."""
    edition = make_published(slug="first-steps", languages=("en",))
    return Achievement.objects.create(
        slug="first-steps",
        edition=edition,
        criteria={"edition_completed": True, "skills": [{"skill": code, "level": 1} for code in SKILLS]},
        texts=TEXTS,
    )


@pytest.fixture
def issue(achievement: Achievement) -> Callable[..., Certificate]:
    """`issue(name=…)` makes an entitled learner and lets the consumers issue."""

    def make(**given: Any) -> Certificate:
        learner = make_entitled(achievement, **given)
        tell(EditionCompleted, learner)
        settle()
        return Certificate.objects.get(learner=learner)

    return make
