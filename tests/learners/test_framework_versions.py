"""A new version of the framework: it judges what is answered from then on, and takes nobody's level away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from common import caches
from courses import public as courses
from courses.skills import selectors
from courses.skills.loading import DATA, load_framework
from events import public as events
from learners.mastery.services import rebuild
from learners.models import Learner, LevelChange, SkillState
from tests.factories import make_learner
from tests.learners.factories import ENROLLED_AT, an_answer, an_outcome, record_outcomes
from tests.learners.test_mastery_of_a_learner import state_of

pytestmark = pytest.mark.django_db
OLD, NEW = "0.1.0-draft", "9.0"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    caches.forget()
    yield
    caches.forget()


def a_stricter_version(tmp_path: Path) -> None:
    """Level 1 asks what level 3 asked before."""
    folder = Path(shutil.copytree(DATA, tmp_path / "data"))
    path = folder / "ai_skills_framework.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": NEW}))
    values = json.loads((folder / "design_values.json").read_text())
    values["thresholds"][NEW] = {"1": 0.8, "2": 0.85, "3": 0.9}
    (folder / "design_values.json").write_text(json.dumps(values))
    load_framework(folder)
    caches.forget()


def answered(learner: Learner, count: int, *, version: str, day: int = 0, score: float = 1.0, level: int = 1) -> None:
    at = ENROLLED_AT + timedelta(days=day)
    answers = [an_answer(at=at, score=score, level=level, framework_version=version) for _ in range(count)]
    record_outcomes(an_outcome(learner.pk, answers))
    events.drain("mastery")


def test_a_stricter_version_takes_no_level_away_and_judges_what_follows(tmp_path: Path) -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    answered(aiko, 4, version=OLD)
    before = state_of(aiko)
    level = SkillState.objects.get(learner=aiko).level
    assert level == 2
    a_stricter_version(tmp_path)
    assert courses.framework().version == NEW
    assert rebuild(learner_ids=[aiko.pk]) == []
    assert state_of(aiko) == before

    answered(dao, 4, version=NEW)
    assert SkillState.objects.get(learner=dao).level < level  # the same answers, under the new thresholds
    answered(aiko, 1, version=NEW, day=1, score=0.0)
    state = SkillState.objects.get(learner=aiko)
    assert (state.level, state.framework_version) == (level, NEW)
    assert set(LevelChange.objects.filter(learner=aiko).values_list("framework_version", flat=True)) == {OLD}


def test_a_rebuild_under_the_new_version_gives_what_was_computed_live(tmp_path: Path) -> None:
    aiko = make_learner("JP")
    answered(aiko, 3, version=OLD)
    a_stricter_version(tmp_path)
    for day in range(1, 6):
        answered(aiko, 6, version=NEW, day=day, level=2)
    versions = LevelChange.objects.filter(learner=aiko).order_by("level").values_list("level", "framework_version")
    assert versions[0][1] == OLD
    assert versions.last()[1] == NEW
    live = state_of(aiko)
    assert rebuild(learner_ids=[aiko.pk]) == []
    SkillState.objects.filter(learner=aiko).update(framework_version="?", probability=0)
    assert [drift.learner_id for drift in rebuild(learner_ids=[aiko.pk])] == [aiko.pk]
    assert state_of(aiko) == live


def test_late_evidence_of_the_old_version_is_judged_by_it(tmp_path: Path) -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    answered(aiko, 4, version=OLD)
    a_stricter_version(tmp_path)
    answered(aiko, 2, version=NEW, day=2)
    # Budi's same answers arrive in the other order: the old ones were stuck until the new version was there.
    answered(budi, 2, version=NEW, day=2)
    answered(budi, 4, version=OLD)
    assert SkillState.objects.get(learner=budi).level == SkillState.objects.get(learner=aiko).level == 2
    assert LevelChange.objects.filter(learner=budi).values_list("level", "framework_version").get() == (2, OLD)


def test_a_worker_that_has_not_heard_of_the_new_version_finds_it_in_what_another_wrote(tmp_path: Path) -> None:
    aiko = make_learner("JP")
    courses.framework_scales()
    late = selectors._scales
    a_stricter_version(tmp_path)
    answered(aiko, 4, version=NEW)
    selectors._scales = late  # this worker read the versions before, and is asked to go on with an old answer
    answered(aiko, 1, version=OLD, day=1)
    state = SkillState.objects.get(learner=aiko)
    assert (state.count, state.framework_version) == (5, NEW)
    assert rebuild(learner_ids=[aiko.pk]) == []
