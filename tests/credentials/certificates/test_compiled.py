"""Compiled credentials are what the general way makes, byte for byte, whatever stands in them."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.certificates import compiled as compiling
from credentials.certificates import credentials, linked_data, proofs
from credentials.certificates.compiled import CompilationFailed, Compiled
from credentials.certificates.credentials import Certified, Issuance, NotACredential, Skill
from credentials.certificates.signer import FileSigner, create_key_file
from credentials.certificates.status_indexes import CAPACITY, decoys, status_index
from credentials.certificates.status_list import ENTRIES

BASE = "https://skills.example:8443"
SKILLS = ("AIS-A1", "AIS-A3")
DAYS = st.integers(631_152_000, 4_102_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
SCRIPTS = (
    "abcÅøđ",
    "ไทยกรุงเทพ",
    "ខ្មែរសុខ",
    "ລາວສົມ",
    "မြန်မာစာ",
    "தமிழ்",
    "王秀英𠮷",
    "山田かなカナ",
    "محمد ڤ\u200f\u202e",
    "Nguyễn\u0301",
)
AWKWARD = list("\"\\'\n%{}<>@^_:. \u2028\u2029\u200f\u200e\u202e\ufeff\ufffd\U0001f600\u0085\u00a0")
ODD = ("%(code)s", "%s", "\\u0041", "_:c14n0", "mark-")
NAMES = st.lists(st.sampled_from([*AWKWARD, *SCRIPTS, *ODD]), min_size=1, max_size=12).map("".join)
ANY_TEXT = st.text(min_size=1, max_size=200)


def certified(**given: object) -> Certified:
    values: dict[str, object] = {
        "id": UUID(int=7),
        "slug": "first-steps",
        "version": 1,
        "language": "th",
        "languages": ("en", "th"),
        "name": 'ก้าวแรก "1" \\ 100 %',
        "description": "50 %(name)s\nof it",
        "criteria": "หลักสูตร {0}",
        "framework": "f",
        "framework_version": "1",
        "level_names": {1: "one", 2: "two", 3: "three"},
        "base_url": BASE,
        "skills": tuple(
            Skill(code=code, name=f"Skill {code}", level=1, level_name="one", case_id=UUID(int=9), mappings={})
            for code in SKILLS
        ),
    }
    return Certified(**{**values, **given})  # type: ignore[arg-type]


def make(name: str = "Aiko", **given: object) -> Issuance:
    values: dict[str, object] = {
        "public_code": "0123456789abcdefghjkmnpqrs",
        "subject_id": UUID(int=3),
        "name": name,
        "awarded_at": datetime(2026, 1, 1, tzinfo=UTC),
        "valid_from": datetime(2026, 1, 2, tzinfo=UTC),
        "valid_until": datetime(2029, 1, 2, tzinfo=UTC),
        "status_index": 17,
        "levels": {"AIS-A1": 1, "AIS-A3": 3},
        "evidence_sha256": "ab" * 32,
        "answers": 10,
        "supervised": 4,
    }
    return Issuance(**{**values, **given})  # type: ignore[arg-type]


def parts(achievement: Certified) -> dict:
    return {
        "achievement": credentials.achievement_node(achievement),
        "issuer": credentials.issuer_node(did="did:web:skills.example%3A8443:issuers:th", name="ไทย %", base_url=BASE),
        "status_list": credentials.status_list_address(BASE, "th", 3),
        "base_url": BASE,
    }


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return Compiled(**parts(certified()), skills=SKILLS)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    path = tmp_path_factory.mktemp("keys") / "th.pem"
    create_key_file(path, password="")
    return FileSigner(path, password="", did="did:web:skills.example%3A8443:issuers:th")


@settings(max_examples=60, deadline=None)
@given(
    name=st.one_of(NAMES, ANY_TEXT),
    subject=st.uuids(),
    index=st.integers(0, ENTRIES - 1),
    answers=st.integers(0, 9999),
    code=st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26),
    awarded=DAYS,
    start=DAYS,
    end=DAYS,
    levels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    digest=st.binary(min_size=32, max_size=32),
)
def test_every_credential_equals_the_general_way(
    compiled, signer, name, subject, index, answers, code, awarded, start, end, levels, digest
) -> None:
    issuance = make(
        name,
        public_code=code,
        subject_id=subject,
        awarded_at=awarded,
        valid_from=start,
        valid_until=end,
        status_index=index,
        levels=dict(zip(SKILLS, levels, strict=True)),
        evidence_sha256=digest.hex(),
        answers=answers,
        supervised=answers // 2,
    )
    document = credentials.credential(issuance, **parts(certified()))
    try:
        credentials.require_profile(document)
    except NotACredential:
        with pytest.raises(NotACredential) as refused:
            compiled.signed(issuance, signer=signer, created=start)
        assert len(name) < 3 or name not in str(refused.value)
        return
    assert compiled.filled(issuance) == (orjson.dumps(document).decode(), linked_data.canonical_quads(document))
    signed = compiled.signed(issuance, signer=signer, created=start)
    assert signed == orjson.dumps(proofs.secured(document, signer=signer, created=start)).decode()
    credentials.require_profile(json.loads(signed))


@pytest.mark.parametrize("name", ["", "a" * 201, "a\x00b", "tab\there", "\x7f", "\x1b[0m", "half \ud800", "\r"])
def test_what_is_no_name_is_signed_by_nobody(compiled, signer, name: str) -> None:
    with pytest.raises(NotACredential):
        compiled.signed(make(name), signer=signer, created=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_single_status_entry_is_compiled_as_well(signer) -> None:
    single = {**parts(certified()), "suspendable": False}
    made = Compiled(**single, skills=SKILLS)
    document = credentials.credential(make("Budi"), **single)
    assert document["credentialStatus"]["statusPurpose"] == "revocation"
    credentials.require_profile(document)
    assert made.filled(make("Budi")) == (orjson.dumps(document).decode(), linked_data.canonical_quads(document))


def test_levels_of_other_skills_are_refused(compiled) -> None:
    for levels in ({"AIS-A1": 1}, {"AIS-A3": 1, "AIS-A1": 1}, {"AIS-A1": 1, "AIS-A3": 1, "AIS-B1": 1}):
        with pytest.raises(NotACredential):
            compiled.filled(make(levels=levels))


def test_texts_of_an_achievement_may_look_like_templates(signer) -> None:
    awkward = certified(name="%(code)s %% %", description="{name} \u2028 %s", criteria='"\\n" mark-0-code')
    made = Compiled(**parts(awkward), skills=SKILLS)
    document = credentials.credential(make("Budi %(name)s"), **parts(awkward))
    assert made.filled(make("Budi %(name)s")) == (
        orjson.dumps(document).decode(),
        linked_data.canonical_quads(document),
    )


def test_what_was_compiled_wrongly_signs_nothing(monkeypatch) -> None:
    """Control: with an escape forgotten, or the statements left unsorted, compiling fails."""
    without = {code: to for code, to in compiling._ESCAPES.items() if code != ord('"')}
    monkeypatch.setattr(compiling, "_ESCAPES", without)
    with pytest.raises(CompilationFailed):
        Compiled(**parts(certified()), skills=SKILLS)


def test_a_member_that_would_be_unsigned_is_not_compiled() -> None:
    given = parts(certified())
    given["achievement"] = {**given["achievement"], "hobby": "chess"}
    with pytest.raises(NotACredential):
        Compiled(**given, skills=SKILLS)


@settings(max_examples=20, deadline=None)
@given(secret=st.binary(min_size=16, max_size=16), first=st.integers(0, ENTRIES - 300))
def test_a_place_is_handed_out_once_and_tells_no_order(secret: bytes, first: int) -> None:
    places = [status_index(secret, number) for number in range(first, first + 256)]
    assert len(set(places)) == 256
    assert all(0 <= place < ENTRIES for place in places)
    assert places != sorted(places)
    for purpose in ("revocation", "suspension"):
        set_anyway = list(decoys(secret, purpose))
        assert 64 <= len(set(set_anyway)) == len(set_anyway) <= 1087
    assert set(decoys(secret, "revocation")) != set(decoys(secret, "suspension"))


def test_every_place_of_a_list_is_used_and_no_decoy_is_anybodys() -> None:
    secret = b"sixteen bytes of"
    everything = [status_index(secret, number) for number in range(ENTRIES)]
    assert sorted(everything) == list(range(ENTRIES))
    taken = set(everything[:CAPACITY])
    assert taken.isdisjoint(decoys(secret, "revocation"))
    assert taken.isdisjoint(decoys(secret, "suspension"))
    # No more neighbours among the first thousand than chance gives (expected about 15 within a distance of one).
    first = sorted(everything[:1000])
    assert sum(b - a == 1 for a, b in itertools.pairwise(first)) < 30
