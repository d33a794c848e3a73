"""A learner makes and changes a profile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common import caches
from learners.models import Learner
from learners.profiles import rules
from member_states.models import Rule
from privacy.models import AuditEntry
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import recorded

PATH = "/api/v1/me/profile"


def a_profile(**given: Any) -> dict[str, Any]:
    return {
        "legal_name": "山田 愛子",
        "latin_name": "Aiko Yamada",
        "name_reading": "やまだ あいこ",
        "member_state": "JP",
        "languages": ["ja", "en"],
        "birth_year": 1990,
        **given,
    }


@pytest.mark.django_db
def test_aiko_makes_a_profile_reads_it_and_changes_it() -> None:
    aiko = signed_in(make_user())
    assert aiko.get(PATH).status_code == 404
    made = aiko.put(PATH, a_profile(), headers={"If-None-Match": "*"})
    assert made.status_code == 201, made.content
    assert made.json()["legal_name"] == "山田 愛子"
    read = aiko.get(PATH)
    assert read.json() == made.json()
    assert read["ETag"] == made["ETag"]
    assert aiko.get(PATH, headers={"If-None-Match": read["ETag"]}).status_code == 304

    moved = a_profile(member_state="TH", languages=["th", "JA", "ja"])
    assert aiko.put(PATH, moved).json()["code"] == "precondition_required"
    assert aiko.put(PATH, moved, headers={"If-Match": '"profile-9"'}).status_code == 412
    assert aiko.put(PATH, moved, headers={"If-None-Match": "*"}).status_code == 412
    assert aiko.get(PATH).json() == made.json()
    changed = aiko.put(PATH, moved, headers={"If-Match": read["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["languages"] == ["th", "ja"]
    assert changed["ETag"] != read["ETag"]
    # The answer got lost and the phone sends it again.
    again = aiko.put(PATH, moved, headers={"If-Match": read["ETag"]})
    assert (again.status_code, again["ETag"]) == (200, changed["ETag"])
    assert [event["member_state"] for event in recorded("learners.profile_changed")] == ["JP", "TH"]
    assert AuditEntry.objects.get(action="profile.changed").detail == {
        "changed": ["member_state_id", "languages"],
        "from_state": ["JP"],
        "to_state": ["TH"],
    }


@pytest.mark.django_db
def test_an_outsider_sees_and_changes_only_their_own() -> None:
    aiko = make_learner("JP")
    dao = signed_in(make_user())
    assert dao.get(PATH).status_code == 404
    assert dao.put(PATH, a_profile(legal_name="Dao"), headers={"If-Match": '"profile-1"'}).status_code == 412
    assert dao.put(PATH, a_profile(legal_name="ดาว")).status_code == 201
    aiko.refresh_from_db()
    assert (aiko.legal_name, aiko.version) == ("山田 愛子", 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"legal_name": "   "}, "/legal_name"),
        ({"legal_name": "Aiko\u202eadamaY"}, "/legal_name"),
        ({"legal_name": "Ai\x07ko"}, "/legal_name"),
        ({"legal_name": "…"}, "/legal_name"),
        ({"legal_name": "\u3164"}, "/legal_name"),
        ({"legal_name": "Aiko\U000e0041"}, "/legal_name"),
        ({"legal_name": "\ufeffAiko"}, "/legal_name"),
        ({"legal_name": "あ" * 201}, "/legal_name"),
        ({"legal_name": ["Aiko"]}, "/legal_name"),
        ({"latin_name": "Айко"}, "/latin_name"),
        ({"member_state": "KR"}, "/member_state"),
        ({"member_state": "Japan"}, "/member_state"),
        ({"languages": []}, "/languages"),
        ({"languages": ["not a tag"]}, "/languages/0"),
        ({"languages": ["en"] * 9}, "/languages"),
        ({"birth_year": 1899}, "/birth_year"),
        ({"birth_year": 2099}, "/birth_year"),
        ({"birth_year": 10**30}, "/birth_year"),
        ({"birth_year": True}, "/birth_year"),
        ({"gender": "f"}, "/gender"),
    ],
)
def test_bad_input_is_pointed_at_and_nothing_is_written(change: dict[str, Any], pointer: str) -> None:
    aiko = signed_in(make_user())
    answer = aiko.put(PATH, a_profile(**change))
    assert answer.status_code == 400, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Learner.objects.exists()
    assert recorded("learners.profile_changed") == []


@pytest.mark.django_db
def test_who_may_be_too_young_to_consent_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Rule.objects.filter(state_id="JP", key="own_consent_min_age").update(value=20, standing="value")
    caches.forget()
    year = 2026
    monkeypatch.setattr("common.clock.now", lambda: _instant(year))
    # Born in 2006 and nineteen until some day of 2026.
    refused = signed_in(make_user()).put(PATH, a_profile(birth_year=year - 20))
    assert refused.status_code == 403
    assert refused.json()["code"] == "guardian_consent_required"
    assert refused.json()["minimum_age"] == 20
    assert not Learner.objects.exists()
    assert signed_in(make_user()).put(PATH, a_profile(birth_year=year - 21)).status_code == 201
    caches.forget()


def _instant(year: int) -> Any:
    from datetime import UTC, datetime

    return datetime(year, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Hương",
        "สมหญิง ใจดี",
        "សុខ ដារ៉ា",
        "ດາວ",
        "မောင်မောင်",
        "மீனா",
        "عبد الله بن أحمد",
        "王小明",
        "Suharto",
        "O’Neil-Dela Cruz Jr.",
        "ຄຳ\u200bດີ",
        "ක්\u200dෂ",
    ],
)
def test_names_of_the_region_stay_as_written(name: str) -> None:
    import unicodedata

    assert rules.clean_name(f" {name} ") == unicodedata.normalize("NFC", name)


@given(st.text(max_size=30))
@example("e\u0301")
def test_a_clean_name_is_clean_already(text: str) -> None:
    try:
        name = rules.clean_name(text)
    except rules.BadName:
        return
    assert rules.clean_name(name) == name
