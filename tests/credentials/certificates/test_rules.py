"""The pure rules of certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from credentials.certificates.rules import Verdict, criteria_met, evidence_digest, verdict

NOW = datetime(2026, 11, 23, tzinfo=UTC)
codes = st.sampled_from(["AIS-A1", "AIS-A3", "AIS-B1"])
criteria = st.builds(
    lambda completed, skills: {
        "course_completed": completed,
        "skills": [{"skill": code, "level": level} for code, level in skills.items()],
    },
    st.booleans(),
    st.dictionaries(codes, st.integers(1, 6)),
)
levels = st.dictionaries(codes, st.integers(0, 6))


@given(criteria, st.booleans(), levels, codes)
def test_more_mastery_never_takes_an_achievement_away(asked, completed, held, code) -> None:
    if criteria_met(asked, completed=completed, passed=(), levels=held, certified={}):
        assert criteria_met(
            asked, completed=True, passed=(), levels={**held, code: held.get(code, 0) + 1}, certified={}
        )


@given(criteria, levels)
def test_one_level_short_is_not_enough(asked, held) -> None:
    for wanted in asked["skills"]:
        short = {**held, wanted["skill"]: wanted["level"] - 1}
        assert not criteria_met(asked, completed=True, passed=(), levels=short, certified={})
    if asked["course_completed"]:
        assert not criteria_met(
            asked, completed=False, passed=(), levels=dict.fromkeys(("AIS-A1", "AIS-A3", "AIS-B1"), 6), certified={}
        )


@given(st.lists(st.uuids(), min_size=1), st.randoms())
def test_the_digest_names_the_set_of_evidence(ids, random) -> None:
    shuffled = ids + ids[:1]
    random.shuffle(shuffled)
    assert evidence_digest(ids) == evidence_digest(shuffled)
    assert evidence_digest(ids) != evidence_digest([identifier for identifier in ids if identifier != ids[0]])


def test_the_gravest_verdict_is_told() -> None:
    past, future = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert verdict(proof_holds=True, status="active", valid_until=future, now=NOW) is Verdict.VALID
    assert verdict(proof_holds=True, status="active", valid_until=NOW, now=NOW) is Verdict.EXPIRED
    for status in ("suspended", "revoked", "superseded"):
        assert verdict(proof_holds=True, status=status, valid_until=past, now=NOW) == status
        assert verdict(proof_holds=False, status=status, valid_until=past, now=NOW) is Verdict.TAMPERED


def test_a_level_that_has_to_be_certified_is_not_met_by_the_filter_s_level() -> None:
    asked = {"course_completed": False, "skills": [{"skill": "AIS-A1", "level": 2, "certified": True}]}
    assert not criteria_met(asked, completed=True, passed=(), levels={"AIS-A1": 3}, certified={"AIS-A1": 1})
    assert criteria_met(asked, completed=True, passed=(), levels={"AIS-A1": 2}, certified={"AIS-A1": 2})
