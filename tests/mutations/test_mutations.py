"""No altered credential is accepted, however it was altered; all good ones are.

The short run is part of the suite; the long one (`make mutations`) verifies 100,000 and writes docs/mutations.md.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from credentials.certificates.verification import NotVerified, verify_credential
from credentials.models import Certificate, IssuerKey
from tests.mutations.mutator import WAYS, Good, rearranged, same

pytestmark = pytest.mark.django_db

SEED = 20_301_126
_REPORT = Path(__file__).resolve().parents[2] / "docs" / "mutations.md"
_NAMES = [
    ("Budi Santoso", "id"),
    ("สมชาย ใจดี", "th"),
    ("山田 愛子", "ja"),
    ('O\'Brien "Bud" \\ <b>&amp;</b>', "en"),
    ("Nguyễn Thị Hồng", "vi"),
    ("e\u0301le\u0300ve", "en"),
    ("محمد بن عبدالله\u200f", "ms"),
    ("𠮷野家", "ja"),
    ("សុខ សុភា", "km"),
    ("ສົມສະໄໝ ພົມວິຫານ", "lo"),
    ("မောင်မောင်", "my"),
    ("முத்துசாமி", "ta"),
    ("王秀英", "zh-Hans"),
]

Verify = Callable[[str], dict[str, Any]]


@dataclass
class Tally:
    """What became of the altered credentials. stages: by way and by what refused them."""

    stages: dict[str, Counter[str]] = field(default_factory=dict)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    same: Counter[str] = field(default_factory=Counter)
    crashed: list[tuple[str, str, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def refused(self) -> int:
        return sum(sum(stages.values()) for stages in self.stages.values())


def _stage(message: str) -> str:
    known = {
        "not JSON": "form",
        "too long": "form",
        "/": "form",
        "there is no proof": "form",
        "none of": "key",
        "the key did not": "key",
        "the signature": "signature",
    }
    return next((stage for start, stage in known.items() if message.startswith(start)), "linked data")


def _plain(value: Any) -> Any:
    """The value as it is compared: False is not 0, and members have no order."""
    return json.dumps(value, sort_keys=True)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(entry) for name, entry in value.items()}
    return sorted((_sorted(entry) for entry in value), key=_plain) if isinstance(value, list) else value


def _run(goods: Sequence[Good], verify: Verify, *, many: int, seed: int) -> Tally:
    """Alter and verify until `many` were refused, each way in its turn."""
    random, tally, ways = Random(seed), Tally(), list(WAYS.items())
    # An alteration may hit nothing (two equal values exchanged) or the order of a set alone: the statements are the same.
    values = {_plain(_sorted(good.document)) for good in goods}
    started, turn = time.process_time(), 0
    while tally.refused < many and not tally.accepted and not tally.crashed:
        name, way = ways[turn % len(ways)]
        turn += 1
        if turn % 1000 == 0:
            print(f"{tally.refused:,} refused", flush=True)
        good, other = random.sample(list(goods), 2)
        text = way(random, good, other)
        if text is None:
            continue
        try:
            document = verify(text)
        except NotVerified as refusal:
            tally.stages.setdefault(name, Counter())[_stage(str(refusal))] += 1
        except Exception as error:
            tally.crashed.append((name, repr(error), text))
        else:
            if _plain(_sorted(document)) in values:
                tally.same[name] += 1
            else:
                tally.accepted.append((name, text))
    tally.seconds = time.process_time() - started
    return tally


@pytest.fixture
def verify(issue: Callable[..., Certificate]) -> tuple[list[Good], Verify]:
    """Good credentials in many scripts, and what judges them.

    Whatever verifies faster (a template of the canonical form in place of the general path) is put in here.
    """
    # Of two authorities, so that whole parts of one are put into the other's.
    goods = [
        Good(issue(name=name, languages=(language,), state=("JP", "ID")[number % 2]).credential)
        for number, (name, language) in enumerate(_NAMES)
    ]
    published = list(IssuerKey.objects.all())
    return goods, lambda text: verify_credential(text, published=published)


def _good_ones_are_accepted(goods: Sequence[Good], verify: Verify, *, each: int) -> int:
    random, accepted = Random(SEED), 0
    for good in goods:
        assert _plain(verify(good.text)) == _plain(good.document)
        for _ in range(each):
            assert _plain(verify(same(random, good))) == _plain(good.document)
            if (text := rearranged(random, good)) is not None:
                document = verify(text)
                assert _plain(_sorted(document)) == _plain(_sorted(good.document))
            accepted += 1
    return accepted


def test_some_hundred_altered_credentials_are_refused(verify: tuple[list[Good], Verify]) -> None:
    goods, check = verify
    assert _good_ones_are_accepted(goods, check, each=1)
    tally = _run(goods, check, many=600, seed=SEED)
    assert not tally.crashed, tally.crashed[0]
    assert not tally.accepted, tally.accepted[0]
    assert set(tally.stages) == set(WAYS)
    assert sum(stages["signature"] for stages in tally.stages.values()) > 150


def test_a_verifier_that_forgets_the_signature_is_found_out(
    verify: tuple[list[Good], Verify], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the form alone lets many altered ones through."""
    goods, check = verify
    monkeypatch.setattr("credentials.certificates.proofs.check", lambda document, *, public_key: None)
    assert _run(goods, check, many=600, seed=SEED).accepted


@pytest.mark.slow
def test_a_hundred_thousand_altered_credentials_are_refused(verify: tuple[list[Good], Verify]) -> None:
    goods, check = verify
    accepted = _good_ones_are_accepted(goods, check, each=20)
    many, seed = int(os.environ.get("MUTATIONS", "100000")), int(os.environ.get("SEED", SEED))
    tally = _run(goods, check, many=many, seed=seed)
    assert not tally.crashed, tally.crashed[0]
    assert not tally.accepted, tally.accepted[0]
    _REPORT.write_text(_report(tally, goods=len(goods), writings=accepted, seed=seed), encoding="utf-8")


def _report(tally: Tally, *, goods: int, writings: int, seed: int) -> str:
    stages = ("form", "key", "linked data", "signature")
    rows = [
        f"| {name} | {' | '.join(f'{found[stage]:,}' for stage in stages)} | {sum(found.values()):,} |"
        for name, found in sorted(tally.stages.items())
    ]
    sums = [sum(found[stage] for found in tally.stages.values()) for stage in stages]
    return f"""# Altered credentials

Written by `make mutations`. From {goods} credentials of two authorities, for names in as many writings, altered by the
ways below (seed {seed}), each judged by `verify_credential`.

- altered and **refused: {tally.refused:,}**
- altered and **accepted: 0**
- draws that changed nothing (two equal values exchanged, say) or the order of a set alone, not counted above:
  {sum(tally.same.values()):,}
- good ones accepted: all {goods}, and {writings:,} other writings of them (order of members, space between tokens,
  escapes of the same characters, order of entries in an array that JSON-LD takes for a set). These are the same
  credential: what was read is compared with what was signed, value by value.
- {tally.seconds:,.0f} s of one core

What refuses: the *form* (not JSON, a member twice, not our closed profile of Open Badges 3.0), the *key* (not one of the
issuer's, or not at that time), *linked data* (something that no context defines or that a proof would not cover), the
*signature*.

| way of altering | form | key | linked data | signature | refused |
|---|---:|---:|---:|---:|---:|
{chr(10).join(rows)}
| **all** | {" | ".join(f"{number:,}" for number in sums)} | {tally.refused:,} |
"""
