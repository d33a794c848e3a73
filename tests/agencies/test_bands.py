"""An agency sees months and bands, never days, instants or exact figures: each of them would do what an id does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.feed import rules
from agencies.feed.documents import for_agency, progress_documents
from credentials import public as credentials
from tests.factories import make_learner
from tests.learners.factories import learned

ID = "01a20ad8-58b8-7b1e-8a30-f89f2521ad9a"
CERTIFICATE = {
    "id": ID,
    "achievement": "first-steps",
    "achievement_version": 1,
    "edition_id": ID,
    "course_id": ID,
    "valid_from": "2026-11-23T08:15:30.005Z",
    "valid_until": None,
    "status": "revoked",
    "status_changed_at": "2026-11-23T23:59:59.999Z",
}


@pytest.mark.django_db
def test_instants_become_months_and_ids_the_agency_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make_learner("JP")
    learned(learner, enrolments=1, skills=1)
    monkeypatch.setattr(credentials, "certificates_for_progress", lambda learner_ids: {learner.pk: [CERTIFICATE]})
    stored = progress_documents([learner.pk])[learner.pk]
    published = for_agency(b"k" * 32, stored, explanations=False)
    (certificate,), (enrolment,), (skill,) = published["certificates"], published["enrolments"], published["skills"]
    assert (certificate["valid_from_month"], certificate["valid_until_month"]) == ("2026-11", None)
    assert certificate["status_changed_month"] == "2026-11"
    for month in (enrolment["enrolled_month"], skill["last_month"]):
        assert re.fullmatch(r"\d{4}-\d{2}", str(month))
    assert len({certificate["id"], enrolment["id"], ID, stored["enrolments"][0]["id"]}) == 4
    assert not re.search(r"\d{2}:\d{2}|\d{4}-\d{2}-\d{2}T?", re.sub(ID, "", orjson.dumps(published).decode()))
    assert not any(isinstance(value, float) for value in skill.values())
    assert skill["answers"] in rules.COUNT_BANDS


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_probability_is_never_a_lower_confidence(one_end: float, other_end: float) -> None:
    low, high = sorted((one_end, other_end))
    bands = rules.CONFIDENCE_BANDS
    assert bands.index(rules.confidence_band(low)) <= bands.index(rules.confidence_band(high))


@pytest.mark.parametrize(
    ("probability", "band"),
    [(0, "low"), (0.499, "low"), (0.5, "medium"), (0.799, "medium"), (0.8, "high"), (1, "high")],
)
def test_where_confidence_changes(probability: float, band: str) -> None:
    assert rules.confidence_band(probability) == band


@pytest.mark.parametrize(
    ("count", "band"), [(0, "none"), (1, "few"), (4, "few"), (5, "some"), (19, "some"), (20, "many"), (999, "many")]
)
def test_where_the_number_of_answers_changes_its_band(count: int, band: str) -> None:
    assert rules.count_band(count) == band


@pytest.mark.parametrize(
    ("done", "of", "band"),
    [
        (0, 0, "none"),
        (0, 5, "none"),
        (2, 5, "under_half"),
        (3, 6, "half_or_more"),
        (4, 5, "half_or_more"),
        (5, 5, "all"),
    ],
)
def test_where_the_share_of_lessons_changes_its_band(done: int, of: int, band: str) -> None:
    assert rules.share_band(done, of) == band


def test_a_month_is_that_of_utc() -> None:
    assert rules.month(datetime.fromisoformat("2026-12-01T08:00:00+09:00")) == "2026-11"
    assert rules.month(datetime(2026, 12, 1, tzinfo=UTC)) == "2026-12"
