"""A text that people consented to is never rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from privacy.loading import PURPOSES_FILE, PurposesInvalid, load_purposes
from privacy.models import Purpose, PurposeText

pytestmark = pytest.mark.django_db


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = PURPOSES_FILE.read_text()
    assert old in text
    path = tmp_path / "purposes.toml"
    path.write_text(text.replace(old, new, 1))
    return path


def test_loading_again_changes_nothing() -> None:
    before = list(PurposeText.objects.order_by("pk").values())
    load_purposes()
    assert list(PurposeText.objects.order_by("pk").values()) == before


def test_a_changed_text_under_the_same_version_is_refused(tmp_path: Path) -> None:
    before = list(PurposeText.objects.order_by("pk").values())
    with pytest.raises(PurposesInvalid, match="learning_records, version 1, en"):
        load_purposes(changed(tmp_path, "Keep my learning records", "Keep everything"))
    assert list(PurposeText.objects.order_by("pk").values()) == before


def test_a_new_version_stands_beside_the_old(tmp_path: Path, client: object) -> None:
    more = PURPOSES_FILE.read_text() + (
        '\n[[share_progress.texts]]\nversion = 2\nlanguage = "en"\nmachine_drafted = false\ntitle = "New"\nbody = "Words"\n'
    )
    path = tmp_path / "purposes.toml"
    path.write_text(more)
    load_purposes(path)
    assert PurposeText.objects.filter(purpose="share_progress", language="en").count() == 2
    answer = client.get("/api/v1/purposes").json()  # type: ignore[attr-defined]
    texts = {purpose["code"]: purpose["texts"] for purpose in answer["items"]}["share_progress"]
    assert [(text["version"], text["language"]) for text in texts] == [(2, "en")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("per_agency = false", 'per_agency = "no"', "learning_records.per_agency"),
        ("version = 1", 'version = "1"', r"learning_records.texts\[0\].version"),
        ('language = "ja"', 'tongue = "ja"', r"learning_records.texts\[1\].language"),
        ("[learning_records]", "[learning_records", "not TOML"),
    ],
)
def test_a_broken_file_writes_nothing_and_names_the_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    before = Purpose.objects.count()
    with pytest.raises(PurposesInvalid, match=message):
        load_purposes(changed(tmp_path, old, new))
    assert Purpose.objects.count() == before
