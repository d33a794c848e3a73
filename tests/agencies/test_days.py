"""An agency sees days, never instants: a second would lead from a shown certificate to the whole record."""

from __future__ import annotations

import re

import orjson
import pytest

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
    "valid_from": "2026-11-23T08:15:30.005Z",
    "valid_until": None,
    "status": "revoked",
    "status_changed_at": "2026-11-23T23:59:59.999Z",
}


@pytest.mark.django_db
def test_instants_become_days_and_ids_the_agency_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make_learner("JP")
    learned(learner, enrolments=1, skills=1)
    monkeypatch.setattr(credentials, "certificates_for_progress", lambda learner_ids: {learner.pk: [CERTIFICATE]})
    stored = progress_documents([learner.pk])[learner.pk]
    published = for_agency(b"k" * 32, stored, explanations=False)
    (certificate,), (enrolment,), (skill,) = published["certificates"], published["enrolments"], published["skills"]
    assert (certificate["valid_from"], certificate["valid_until"]) == ("2026-11-23", None)
    assert certificate["status_changed_on"] == "2026-11-23"
    for day in (enrolment["enrolled_on"], skill["last_on"]):
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(day))
    assert len({certificate["id"], enrolment["id"], ID, stored["enrolments"][0]["id"]}) == 4
    assert not re.search(r"\d{2}:\d{2}", orjson.dumps(published).decode())
