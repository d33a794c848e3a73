"""A learner's record as an agency reads it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from agencies.feed.documents import progress_documents
from common.ids import new_id
from tests.factories import make_learner
from tests.learners.factories import (
    learned,
)

pytestmark = pytest.mark.django_db


def test_an_agency_reads_the_record_without_the_name(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    cast = [make_learner("JP", name=f"Canary {number}") for number in range(12)]
    for learner in cast:
        learned(learner, enrolments=1, skills=2)
    progress_documents([learner.pk for learner in cast])
    for asked in (cast[:1], cast):
        with query_budget(5):
            documents = progress_documents([*(learner.pk for learner in asked), new_id()])
        assert set(documents) == {learner.pk for learner in asked}
    document = documents[cast[0].pk]
    assert "Canary" not in repr(documents)
    assert (document["enrolments"][0]["lessons"], document["enrolments"][0]["lessons_done"]) == (3, "under_half")
    assert [skill["rule"] for skill in document["skills"]] == ["mastery-filter-3+certified-mastery-1"] * 2
    assert document["certificates"] == []
