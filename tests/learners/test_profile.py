"""A learner makes and changes a profile."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.public import STATE_ADMINISTRATOR, ensure_roles
from common import caches
from learners.models import EarlierState, Learner
from learners.profiles import rules
from learners.profiles.errors import NameIsCertified
from learners.profiles.services import Profile, hold_learners, save_profile
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
        "神田\ufa19",  # NFC would make it U+795E
        "葛\U000e0100城",  # a variant of the letter
        "\U0002f80a",
        "Nguye\u0302\u0303n",  # as macOS types it
        "ｱｲｺ",
        "ＡＩＫＯ",
        "ﬁona",
        "Å ngström Ⅷ",
        "ကျွန်ုပ်",
        "က္ကြွှေို့း",
        "ស្ត្រី",
        "ป้ำ",
    ],
)
def test_names_of_the_region_stay_as_written(name: str) -> None:
    assert rules.clean_name(f" {name}\u3000") == name


@pytest.mark.parametrize(("marks", "is_name"), [(10, True), (11, False), (150, False)])
def test_a_letter_bears_so_many_marks_and_no_more(marks: int, is_name: bool) -> None:
    for letter, mark in (("A", "\u0301"), ("ก", "\u0e49"), ("က", "\u103b"), ("ع", "\u064e")):
        if is_name:
            assert rules.clean_name(letter + mark * marks)
        else:
            with pytest.raises(rules.BadName, match="marks"):
                rules.clean_name(f"Aiko {letter}{mark * marks}")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Nguyễn", "Nguye\u0302\u0303n", True),
        ("が", "か\u3099", True),
        ("\u1025\u102e", "\u1026", True),  # Burmese UU
        ("神", "\ufa19", False),
        ("\ufa19", "\ufa19", True),
        ("Aiko", "AIKO", False),
        ("Aiko", "Ａｉｋｏ", False),
        ("葛", "葛\U000e0100", False),
        ("\ufa19e\u0301", "\ufa19é", True),
    ],
)
def test_the_same_name_typed_otherwise_is_the_same(first: str, second: str, same: bool) -> None:
    assert rules.is_same_name(first, second) is same
    assert rules.is_same_name(second, first) is same


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "character"), [("Ann 🎉", "U+1F389"), ("Enkidu \U00012000", "U+12000"), ("A\ue000", "U+E000")]
)
def test_a_name_that_paper_cannot_draw_is_told_at_once(name: str, character: str) -> None:
    aiko = signed_in(make_user())
    answer = aiko.put(PATH, a_profile(legal_name=name), headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (400, "name_not_printable")
    assert answer.json()["character"] == character
    assert answer.json()["errors"][0]["pointer"] == "/legal_name"
    assert character in answer.json()["detail"]
    assert not Learner.objects.exists()
    # What is not printed may hold it.
    assert aiko.put(PATH, a_profile(name_reading="Ann 🎉")).status_code == 201
    # A name that was accepted, before a font was taken away, does not stand in the way of other changes.
    Learner.objects.update(legal_name=name)
    read = aiko.get(PATH)
    assert read.json()["legal_name"] == name
    changed = a_profile(legal_name=name, languages=["th"])
    assert aiko.put(PATH, changed, headers={"If-Match": read["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_a_name_is_kept_as_it_was_typed() -> None:
    aiko = signed_in(make_user())
    for typed in ("神田\ufa19", "Nguye\u0302\u0303n"):
        etag = aiko.get(PATH).headers.get("ETag")
        answer = aiko.put(PATH, a_profile(legal_name=typed), headers={"If-Match": etag} if etag else {})
        assert answer.json()["legal_name"] == typed
        assert aiko.get(PATH).json()["legal_name"] == typed
    assert aiko.put(PATH, a_profile(legal_name="Zoe" + "\u0308" * 150)).json()["errors"][0]["code"] == "marks"


@pytest.fixture
def ages() -> Any:
    """Singapore 13, Japan 16, Thailand 20."""
    for state, age in (("SG", 13), ("JP", 16), ("TH", 20)):
        Rule.objects.filter(state_id=state, key="own_consent_min_age", valid_to=None).update(
            value=age, standing="value"
        )
    caches.forget()
    yield
    caches.forget()


@pytest.mark.django_db
def test_whoever_was_refused_for_age_is_not_let_in_by_naming_another_state(ages: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("common.clock.now", lambda: _instant(2026))
    dao, nok = make_user(), make_user()
    assert signed_in(dao).put(PATH, a_profile(member_state="TH", birth_year=2008)).status_code == 403
    for state in ("JP", "SG"):
        refused = signed_in(dao).put(PATH, a_profile(member_state=state, birth_year=2008))
        assert (refused.status_code, refused.json()["minimum_age"]) == (403, 20)
    assert not Learner.objects.exists()
    # Others are not held to it; and who is old enough everywhere is let in.
    assert signed_in(nok).put(PATH, a_profile(member_state="SG", birth_year=2008)).status_code == 201
    assert signed_in(dao).put(PATH, a_profile(member_state="SG", birth_year=2005)).status_code == 201


@pytest.mark.django_db
def test_a_move_to_a_laxer_state_lifts_no_rule_of_age(ages: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("common.clock.now", lambda: _instant(2026))
    dao = signed_in(make_user())
    made = dao.put(PATH, a_profile(member_state="TH", birth_year=1990))
    younger = a_profile(member_state="SG", birth_year=2010)
    assert dao.put(PATH, younger, headers={"If-Match": made["ETag"]}).json()["minimum_age"] == 20
    moved = dao.put(PATH, a_profile(member_state="SG"), headers={"If-Match": made["ETag"]})
    assert moved.status_code == 200
    # Nor does a second step.
    refused = dao.put(PATH, younger, headers={"If-Match": moved["ETag"]})
    assert (refused.status_code, refused.json()["minimum_age"]) == (403, 20)
    # Thailand's rule is read anew, as it is on that day.
    Rule.objects.filter(state_id="TH", key="own_consent_min_age", valid_to=None).update(value=15)
    caches.forget()
    assert dao.put(PATH, younger, headers={"If-Match": moved["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_a_state_s_administrator_forgets_a_state_that_was_named_by_mistake(ages: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("common.clock.now", lambda: _instant(2026))
    ensure_roles()
    aiko = make_user()
    assert signed_in(aiko).put(PATH, a_profile(member_state="TH", birth_year=2008)).status_code == 403
    row = EarlierState.objects.get()
    page = f"/admin/learners/earlierstate/{row.pk}/delete/"

    def administrator(state: str) -> Client:
        staff = make_user(is_staff=True, member_state_id=state)
        staff.groups.add(Group.objects.get(name=STATE_ADMINISTRATOR))
        client = Client()
        client.force_login(staff)
        return client

    administrator("JP").post(page, {"post": "yes"})
    assert EarlierState.objects.exists(), "another state's administrator"
    administrator("TH").post(page, {"post": "yes"})
    assert not EarlierState.objects.exists()
    assert AuditEntry.objects.get(action="profile.earlier_state_forgotten").subject_id == str(aiko.pk)
    assert signed_in(aiko).put(PATH, a_profile(member_state="JP", birth_year=2008)).status_code == 201


@given(st.text(max_size=30))
@example("e\u0301")
def test_a_clean_name_is_clean_already(text: str) -> None:
    try:
        name = rules.clean_name(text)
    except rules.BadName:
        return
    assert rules.clean_name(name) == name


@pytest.mark.django_db(transaction=True)
def test_a_name_does_not_change_under_a_certificate_that_is_being_signed() -> None:
    """Whoever issues holds the learner; the change of the name waits, sees the certificate, and is refused."""
    aiko, held, issued = make_learner("JP"), threading.Event(), threading.Event()
    answers: list[Any] = []

    def issue() -> None:
        try:
            with transaction.atomic():
                hold_learners([aiko.pk])
                held.set()
                issued.wait(5)
        finally:
            connection.close()

    class Certificates:
        def unprintable_character(self, name: str) -> None:
            return None

        def newest_certificate(self, learner_id: Any) -> Any:
            return aiko.pk if issued.is_set() else None

    def rename() -> None:
        profile = Profile("Someone Else", "", "", "JP", ["ja", "en"], 1990)
        try:
            save_profile(
                learner_id=aiko.pk,
                profile=profile,
                now=_instant(2026),
                may_change=lambda stored: None,
                certificates=Certificates(),
            )
        except NameIsCertified as refused:
            answers.append(refused)
        finally:
            connection.close()

    issuing, renaming = threading.Thread(target=issue), threading.Thread(target=rename)
    issuing.start()
    held.wait(5)
    renaming.start()
    renaming.join(0.3)
    assert renaming.is_alive()
    issued.set()
    issuing.join()
    renaming.join()
    assert len(answers) == 1
    assert Learner.objects.get().legal_name == "山田 愛子"
