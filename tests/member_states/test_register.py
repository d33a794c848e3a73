"""The register is loaded, read by rule and by day, and shown over HTTP."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group

from common import caches
from member_states import public, selectors
from member_states.loading import REGISTER_FILE, load_register
from member_states.models import MemberState, PolicyDefault, RegisterLoad, Rule, StateLanguage
from member_states.register import RegisterInvalid, read
from tests.factories import make_user

pytestmark = pytest.mark.django_db

WRITTEN = tomllib.loads(REGISTER_FILE.read_text())


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    caches.forget()
    yield
    # What a test loaded is rolled back; no process may remember it.
    caches.forget()


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = REGISTER_FILE.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "register.toml"
    path.write_text(text)
    return path


LATER = ('as_of = "2026-11-23"', 'as_of = "2027-02-01"')
SMALLER = (
    "[states.BN.privacy]\n",
    '[states.BN.privacy]\nnovelty = { value = 1, source = ["bn_fcw"], confidence = "low" }\n',
)


def snapshot() -> Any:
    return [
        list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in (MemberState, StateLanguage, Rule, PolicyDefault, RegisterLoad)
    ]


def test_the_twelve_states_and_every_rule_of_the_file_are_there() -> None:
    assert public.codes() == set(WRITTEN["states"])
    assert Rule.objects.count() == sum(len(state["privacy"]) for state in WRITTEN["states"].values())


def test_loading_again_changes_nothing(query_budget: Any) -> None:
    before = snapshot()
    with query_budget(6):
        load_register()
    assert snapshot() == before


def test_every_rule_applies_as_written_or_as_the_strict_default() -> None:
    defaults = WRITTEN["policy_default"]
    for code, state in WRITTEN["states"].items():
        for key, written in state["privacy"].items():
            rule = public.rule(code, key)
            default = selectors.DEFAULTS.get(key, (key, ""))[0]
            if "value" in written:
                assert (rule.value, rule.standing, rule.from_default) == (written["value"], "value", False)
                assert type(rule.value) is type(written["value"])
            else:
                assert rule.standing == written["status"]
                assert rule.value == defaults.get(default)
                assert rule.from_default is (default in defaults)


def test_unknown_and_no_rule_fall_back_also_where_the_default_has_another_name() -> None:
    unknown = public.rule("BN", "access_days")
    assert (unknown.value, unknown.standing, unknown.from_default, unknown.unit) == (
        10,
        "unknown",
        True,
        "calendar_days",
    )
    assert public.rule("BN", "access_calendar_days") == unknown
    assert public.rule("JP", "access_days").standing == "no_rule"
    assert public.rule("BN", "small_cell_min").value == 10
    assert public.rule("BN", "dpo").from_default is False
    assert public.rule("KH", "retention").value is None


@pytest.mark.parametrize(("state", "key"), [("XX", "access_days"), ("JP", "no_such_point"), ("", ""), ("jp", "dpo")])
def test_what_nobody_knows_is_a_key_error(state: str, key: str) -> None:
    with pytest.raises(KeyError):
        public.rule(state, key)


def test_a_rule_costs_no_query_once_the_register_is_known(query_budget: Any) -> None:
    with query_budget(3):
        public.rule("JP", "access_days")
    with query_budget(0):
        for code in public.codes():
            public.rule(code, "own_consent_min_age", on=date(2030, 1, 1))


def test_a_later_reading_closes_the_row_and_opens_another(tmp_path: Path) -> None:
    kept = Rule.objects.get(state="JP", key="dpo").pk
    load_register(
        changed(
            tmp_path,
            LATER,
            ('own_consent_min_age = { status = "unknown"', 'own_consent_min_age = { status = "no_rule"'),
        )
    )
    rows = Rule.objects.filter(state="BN", key="own_consent_min_age").order_by("valid_from")
    assert [(row.standing, row.valid_from, row.valid_to) for row in rows] == [
        ("unknown", date(2026, 11, 23), date(2027, 2, 1)),
        ("no_rule", date(2027, 2, 1), None),
    ]
    for on, standing in (
        (None, "no_rule"),
        (date(2027, 2, 1), "no_rule"),
        (date(2027, 1, 31), "unknown"),
        (date(2020, 1, 1), "unknown"),
    ):
        assert public.rule("BN", "own_consent_min_age", on=on).standing == standing
    # What reads as before keeps its row and was checked again.
    same = Rule.objects.get(state="JP", key="dpo")
    assert (same.pk, same.valid_from, same.checked_on) == (kept, date(2026, 11, 23), date(2027, 2, 1))


def test_a_point_that_is_new_opens_and_one_that_is_gone_closes(tmp_path: Path) -> None:
    load_register(changed(tmp_path, LATER, SMALLER))
    assert public.rule("BN", "novelty").value == 1
    later = changed(tmp_path, ('as_of = "2026-11-23"', 'as_of = "2027-03-01"'))
    load_register(later)
    assert Rule.objects.get(state="BN", key="novelty").valid_to == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ((SMALLER[0], SMALLER[1].replace("bn_fcw", "nobody")), "states.BN.privacy.novelty.source"),
        ((SMALLER[0], SMALLER[1].replace("low", "certain")), "states.BN.privacy.novelty.confidence"),
        ((SMALLER[0], SMALLER[1].replace("value = 1", "value = 1, status = 'unknown'")), "states.BN.privacy.novelty"),
        ((SMALLER[0], SMALLER[1].replace("value = 1", "status = 'maybe'")), "states.BN.privacy.novelty.status"),
        ((SMALLER[0], SMALLER[1].replace("value = 1", "value = {}")), "states.BN.privacy.novelty.value"),
        ((SMALLER[0], SMALLER[1].replace("value = 1", "value = 1, unit = 'moons'")), "states.BN.privacy.novelty.unit"),
        ((SMALLER[0], SMALLER[1].replace("value = 1", "value = 1, vaule = 1")), "states.BN.privacy.novelty.vaule"),
        (('"Asia/Brunei"', '"Asia/Atlantis"'), "states.BN.time_zones"),
        (('alpha2 = "BN"', 'alpha2 = "B2"'), "states.BN.alpha2"),
        (('alpha3 = "BRN"', 'alpha3 = "KHM"'), "alpha3 KHM stands twice"),
        (('tag = "ms-Arab"', 'tag = "MS_ARAB"'), r"states.BN.languages\[1\].tag"),
        (('tag = "ms-Arab"', 'tag = "ms"'), "states.BN.languages"),
        (('as_of = "2026-11-23"', 'as_of = "soon"'), "meta.as_of"),
        (('as_of = "2026-11-23"', 'as_of = "2026-11-22"'), "meta.as_of"),
        (('schema = "member_states/1"', 'schema = "member_states/2"'), "meta.schema"),
        (("[meta]", "[meta"), "not TOML"),
        (("asean = true", 'asean = "yes"'), "states.BN.asean"),
        (("[states.BN]", "[statesBN]"), "states.BN"),
        # The same day cannot say two things.
        (('dpo = { value = "mandatory", source', 'dpo = { value = "optional", source'), "states.BN.privacy.dpo"),
    ],
)
def test_a_broken_file_writes_nothing_and_names_the_place(tmp_path: Path, change: tuple[str, str], place: str) -> None:
    before = snapshot()
    with pytest.raises(RegisterInvalid, match=place):
        load_register(changed(tmp_path, change))
    assert snapshot() == before


def test_the_file_itself_is_read_whole() -> None:
    register = read(REGISTER_FILE.read_text())
    assert {state.code for state in register.states if state.since is None} == {"JP"}
    assert len(register.sources) == len(WRITTEN["sources"])


def test_anyone_reads_the_register(client: Any, query_budget: Any) -> None:
    answer = client.get("/api/v1/member-states")
    assert answer.status_code == 200
    states = {state["code"]: state for state in answer.json()["items"]}
    assert set(states) == public.codes()
    assert states["BN"]["languages"][1]["direction"] == "rtl"
    assert states["ID"]["time_zones"][3] == "Asia/Jayapura"
    rules = {rule["key"]: rule for rule in states["BN"]["rules"]}
    assert rules["access_days"]["standing"] == "unknown"
    assert (rules["access_days"]["value"], rules["access_days"]["from_default"]) == (10, True)
    assert rules["dpo"]["sources"] == ["bn_fcw"]
    with query_budget(1):
        again = client.get("/api/v1/member-states", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_shown_is_what_applies(client: Any) -> None:
    for state in client.get("/api/v1/member-states").json()["items"]:
        for shown in state["rules"]:
            rule = public.rule(state["code"], shown["key"])
            assert (shown["value"], shown["standing"], shown["from_default"], shown["unit"]) == (
                rule.value,
                rule.standing,
                rule.from_default,
                rule.unit,
            )


def test_a_changed_register_changes_the_answer(client: Any, tmp_path: Path) -> None:
    before = client.get("/api/v1/member-states")
    load_register(changed(tmp_path, LATER, SMALLER))
    after = client.get("/api/v1/member-states", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]


def test_staff_look_at_the_register_and_change_nothing(client: Any) -> None:
    user = make_user(is_staff=True, member_state_id="TH")
    user.groups.add(Group.objects.get(name="member-state administrator"))
    client.force_login(user)
    listed = client.get("/admin/member_states/rule/?standing__exact=unknown&state__code__exact=BN").content.decode()
    assert "access_days" in listed
    assert "listed_exceptions" not in listed
    page = client.get("/admin/member_states/memberstate/BN/change/").content.decode()
    assert "apply the strict default" in page
    assert "bn_fcw" in page
    assert client.post("/admin/member_states/memberstate/BN/change/", {"name": "x"}).status_code == 403
    assert client.get("/admin/member_states/rule/add/").status_code == 403


def test_a_superuser_changes_nothing_either(client: Any) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    rule = Rule.objects.first()
    assert rule is not None
    for path in ("rule", "source", "instrument", "policydefault", "memberstate"):
        assert client.get(f"/admin/member_states/{path}/").status_code == 200
    assert client.post(f"/admin/member_states/rule/{rule.pk}/change/", {"note": "x"}).status_code == 403
    assert client.post(f"/admin/member_states/rule/{rule.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_form_gets_the_states_in_the_callers_language_and_in_few_bytes(client, query_budget) -> None:
    whole = client.get("/api/v1/member-states")
    with query_budget(2):
        light = client.get("/api/v1/member-states/choices", headers={"Accept-Language": "ja"})
    assert len(light.content) < 3_000 < len(whole.content) / 10
    states = {state["code"]: state for state in light.json()["items"]}
    assert list(states) == sorted(states)
    assert set(states) == {state["code"] for state in whole.json()["items"]}
    assert (states["TH"]["name"], states["JP"]["name"], light["Content-Language"]) == ("タイ", "日本", "ja")
    assert states["SG"]["languages"]
    for language in ("tet", "xx", ""):
        names = client.get("/api/v1/member-states/choices", headers={"Accept-Language": language}).json()["items"]
        assert {state["code"]: state["name"] for state in names}["TH"] == "Thailand"
    again = client.get(
        "/api/v1/member-states/choices", headers={"Accept-Language": "ja", "If-None-Match": f"W/{light['ETag']}"}
    )
    assert again.status_code == 304
    assert "Accept-Language" in again["Vary"]
