"""Anybody may know by what people are judged: a card for every rule, of the version that the code has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.roles import REVIEWER, TRAINER
from assessments.cards.loading import FOLDER, CardInvalid, cards, read_card
from assessments.fairness.rules import RULE_VERSION as FAIRNESS
from assessments.integrity.rules import RULE_VERSION as INTEGRITY
from assessments.quizzes.selection import RULE as SELECTION
from assessments.scoring.rules import RULE_VERSION as SCORING
from learners.mastery.certification import RULE as CERTIFIED
from learners.mastery.rules import RULE as MASTERY
from tests.factories import make_user

PATH = "/api/v1/scoring-rules"
VERSIONS = {
    "mastery-filter": MASTERY,
    "certified-mastery": CERTIFIED,
    "item-scoring": SCORING,
    "attempt-pass": SCORING,
    "fairness-monitor": FAIRNESS,
    "placement": SELECTION,
    "integrity-hints": INTEGRITY,
}
# Their code stands elsewhere; each moves up as soon as it has a constant.
WITHOUT_CONSTANT = {"item-analysis"}


def test_every_card_is_of_the_version_that_the_code_has() -> None:
    assert {rule: card.version for rule, card in cards().items() if rule not in WITHOUT_CONSTANT} == VERSIONS
    assert set(cards()) == set(VERSIONS) | WITHOUT_CONSTANT


def test_the_known_limits_of_mastery_are_stated() -> None:
    limits = " ".join(cards()["mastery-filter"].limits)
    for words in ("first five answers", "provisional", "no calibrated retention", "no standard error"):
        assert words in limits


def test_what_is_claimed_names_the_worlds_in_which_it_was_shown() -> None:
    for rule in ("mastery-filter", "certified-mastery", "placement", "item-analysis"):
        assert cards()[rule].claims, rule
        assert any(word in cards()[rule].claims[0] for word in ("worlds", "simulated")), rule


def test_every_text_is_there_in_four_languages() -> None:
    for card in cards().values():
        assert card.languages == ["en", "id", "ja", "th"], card.rule
        for texts in (card.title, card.summary, card.appeal):
            assert len(set(texts.values())) == 4


@pytest.mark.django_db
def test_a_stranger_reads_the_cards_in_their_language(client: Any, query_budget: Any) -> None:
    with query_budget(0):
        listed = client.get(PATH, headers={"Accept-Language": "th-TH, ja;q=0.5"})
        card = client.get(f"{PATH}/mastery-filter", headers={"Accept-Language": "th"})
        other = client.get(f"{PATH}/mastery-filter", headers={"Accept-Language": "km"})
    assert listed["Content-Language"] == card["Content-Language"] == "th"
    assert [entry["rule"] for entry in listed.json()["items"]] == sorted(cards())
    body = card.json()
    assert body["title"] == {"text": cards()["mastery-filter"].title["th"], "language": "th", "machine_drafted": True}
    assert (body["version"], body["language"]) == (MASTERY, "en")
    assert (other["Content-Language"], other.json()["title"]["machine_drafted"]) == ("en", False)
    assert other["ETag"] != card["ETag"]
    for answer, path in ((listed, PATH), (card, f"{PATH}/mastery-filter")):
        again = client.get(path, headers={"Accept-Language": "th", "If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "Accept-Language" in answer["Vary"]
    missing = client.get(f"{PATH}/no-such-rule")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
@pytest.mark.parametrize("role", [TRAINER, REVIEWER])
def test_staff_read_them_in_the_admin(client: Any, role: str) -> None:
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    page = reverse("admin:assessments_scoringrulecard_changelist")
    shown = client.get(page).content.decode()
    assert all(card.version in shown and card.title["en"] in shown for card in cards().values())
    client.force_login(make_user(is_staff=True))
    assert client.get(page).status_code == 403


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('purpose = "', 'purposes = "', "members"),
        ('rule = "placement"', 'rule = "other"', "rule is other"),
        ('appeal = "results"', 'appeal = "never"', "appeal"),
        ('version = "selection-1"', 'version = ""', "version"),
        ('inputs = ["', 'inputs = ["", "', r"inputs\[0\]"),
        ("claims = [\n", 'claims = ["",\n', r"claims\[0\]"),
        ('ja = "レベル分け"\n', "", "summary"),
    ],
)
def test_a_broken_card_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (FOLDER / "placement.toml").read_text()
    assert old in text
    path = tmp_path / "placement.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CardInvalid, match=message):
        read_card(path)
