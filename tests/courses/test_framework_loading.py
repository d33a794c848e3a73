"""The framework: loaded from files, never edited under the same version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from common import caches
from courses import public as courses
from courses.skills.loading import DATA, FrameworkChanged, load_framework
from courses.skills.models import Framework, FrameworkLabel, Skill, SkillArea, SkillLevel, SkillStatement

pytestmark = pytest.mark.django_db
MODELS = (Framework, SkillLevel, SkillArea, Skill, SkillStatement, FrameworkLabel)


def _rows() -> list[list[tuple[object, ...]]]:
    return [sorted(map(tuple, model.objects.values_list()), key=repr) for model in MODELS]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    caches.forget()
    yield
    caches.forget()


def _copy(tmp_path: Path, **changes: object) -> Path:
    folder = Path(shutil.copytree(DATA, tmp_path / "data"))
    path = folder / "ai_skills_framework.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    values = json.loads((folder / "design_values.json").read_text())
    values["thresholds"]["9.0"] = {"1": 0.4, "2": 0.6, "3": 0.9}
    (folder / "design_values.json").write_text(json.dumps(values))
    return folder


def test_loading_twice_changes_nothing() -> None:
    load_framework()
    before = _rows()
    load_framework()
    assert _rows() == before


def test_the_same_version_with_other_content_is_refused(tmp_path: Path) -> None:
    load_framework()
    before = _rows()
    with pytest.raises(FrameworkChanged, match="new version"):
        load_framework(_copy(tmp_path, notice="another notice"))
    assert _rows() == before


def test_a_new_version_becomes_current_and_the_old_one_stays(tmp_path: Path) -> None:
    load_framework()
    load_framework(_copy(tmp_path, version="9.0"))
    assert list(Framework.objects.order_by("version").values_list("version", "current")) == [
        ("0.1.0-draft", False),
        ("9.0", True),
    ]
    assert courses.framework().thresholds == {1: 0.4, 2: 0.6, 3: 0.9}


def test_the_framework_is_read_as_values_once_a_minute(query_budget) -> None:
    load_framework()
    with query_budget(6):
        view = courses.framework()
    with query_budget(0):
        assert courses.framework() is view
    assert len(view.skills) == 33
    assert view.skills["AIS-A1"].area == "A"
    assert view.thresholds == {1: 0.5, 2: 0.65, 3: 0.8}
    assert view.level_names[1] == view.level_names[1] | {"en": "Aware", "ja": "認識"}
    assert view.area_names["B"]["th"] == "ทำงานร่วมกับ AI"


def test_an_unknown_edition_is_none() -> None:
    assert courses.edition(uuid4()) is None
