"""An agency is told days, never instants: a second would lead from a shown certificate to the whole record."""

from __future__ import annotations

import re

import orjson

from agencies.feed import rules

ID = "01a20ad8-58b8-7b1e-8a30-f89f2521ad9a"
DOCUMENT = {
    "enrolments": [
        {
            "id": ID, "course": "first-steps", "enrolled_at": "2026-11-23T08:15:29.871Z",
            "assessment_passed_at": None, "completed_at": "2026-11-23T23:59:59.999Z",
        }
    ],
    "skills": [{"code": "AIS-A1", "level": 1, "last_at": "2026-11-24T00:00:00.001Z"}],
    "certificates": [
        {
            "id": ID, "valid_from": "2026-11-23T08:15:30.005Z", "valid_until": None, "status": "active",
            "status_changed_at": None,
        }
    ],
}  # fmt: skip


def test_instants_become_days_and_nothing_else_changes() -> None:
    told = rules.for_agency(b"k" * 32, DOCUMENT)
    assert told["enrolments"][0] | {"id": ""} == {
        "id": "", "course": "first-steps", "enrolled_on": "2026-11-23", "assessment_passed_on": None,
        "completed_on": "2026-11-23",
    }  # fmt: skip
    assert told["skills"] == [{"code": "AIS-A1", "level": 1, "last_on": "2026-11-24"}]
    assert told["certificates"][0]["valid_from"] == "2026-11-23"
    text = orjson.dumps(told).decode()
    assert ID not in text
    assert not re.search(r"\d{2}:\d{2}", text)
