"""A placement in stages: two or three short attempts instead of a long one, each drawn whole by what is known by then.

How much it saves and what it costs is measured in a world whose truth is known, with the product's draw, filter and bank.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from assessments.attempts.models import Attempt, AttemptItem
from assessments.quizzes.selection import Estimate, Inputs, in_order
from common.ids import new_id
from events import public as events
from learners.mastery import rules
from learners.mastery.certification import cut_of
from learners.mastery.snapshots import UNSEEN_SKILL
from learners.models import SkillState
from tests.assessments.factories import WRONG, answers, enrol, make_bank, make_edition, make_quiz, path
from tests.factories import make_learner, signed_in
from tests.learners.worlds import SKILLS, START, THRESHOLDS, Learner, Outcome, World, play, take

# Four skills, five tests of eight: by them the bank is learned.
WORLD = World(tests=5)
MOST_OF_A_SKILL = 20


@dataclass(frozen=True)
class Choosable:
    """An item of the world as the draw sees it."""

    item_id: UUID
    name: str
    skills: tuple[str, ...]
    guess: float


@dataclass(frozen=True)
class Found:
    """answers: on each skill until its true level was given, at most `MOST_OF_A_SKILL`. true: share of levels given."""

    answers: float
    true: float


def placed(outcome: Outcome, *, mode: str, per_stage: int, stages: int, learners: int, seed: int) -> Found:
    """Let new learners of the world be placed; the bank goes on as it was learned.

    Args:
        mode: whose order the items come in: placement (most information) or assessment (by lot).
        per_stage: questions on each skill in a stage.
    """
    draw = random.Random(f"placed {seed}")
    bank = [Choosable(UUID(int=n), item.name, (item.skill,), item.guess) for n, item in enumerate(outcome.bank)]
    items = {item.name: item for item in outcome.bank}
    difficulties = {
        candidate.item_id: Estimate(known.mean, known.variance)
        for candidate in bank
        if (known := outcome.snapshot.items.get((candidate.name, 1)))
    }
    counted, given, true = [], 0, 0
    for _ in range(learners):
        general = draw.gauss(0.0, rules.V_G0**0.5)
        offset = UNSEEN_SKILL.mean
        learner = Learner({skill: general + draw.gauss(0.0, rules.V_K0**0.5) + offset for skill in SKILLS})
        needed = dict.fromkeys(SKILLS, MOST_OF_A_SKILL)
        for stage in range(stages):

            def ability(skill: str, learner: Learner = learner) -> Estimate:
                state = learner.mastery.skills.get(skill, rules.SkillMastery())
                known = outcome.snapshot.skill(skill, START)
                gained, vague = rules.practised(known, state.count)
                mean = learner.mastery.mean + state.mean + known.mean + gained
                return Estimate(mean, learner.mastery.variance + state.variance + known.variance + vague)

            seen = {candidate.item_id for candidate in bank if candidate.name in learner.met}
            inputs = Inputs(mode, draw.getrandbits(60), ability, difficulties, seen)
            asked = []
            for skill in SKILLS:
                of_skill = [candidate for candidate in bank if candidate.skills == (skill,)]
                asked += [items[candidate.name] for candidate in in_order(inputs, skill, of_skill)[:per_stage]]
            learner.met.update(item.name for item in asked)
            draw.shuffle(asked)
            at = START + timedelta(days=10_000, hours=stage)
            for level in take(learner, asked, at, outcome.snapshot, draw, []):
                given, true = given + 1, true + level.is_true
            for skill in SKILLS:
                real = max((n for n, share in THRESHOLDS.items() if learner.ability[skill] >= cut_of(share)), default=0)
                if real and learner.mastery.skills[skill].level >= real:
                    needed[skill] = min(needed[skill], (stage + 1) * per_stage)
        counted += [needed[skill] for skill in SKILLS if learner.ability[skill] >= cut_of(min(THRESHOLDS.values()))]
    return Found(sum(counted) / len(counted), true / given)


def test_stages_save_answers_and_levels_stay_true() -> None:
    outcome = play(WORLD, learners=300, seed=1)
    whole = placed(outcome, mode="placement", per_stage=12, stages=1, learners=120, seed=1)
    stages = placed(outcome, mode="placement", per_stage=4, stages=3, learners=120, seed=1)
    assert stages.answers < whole.answers - 1
    assert stages.true >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["assessment", "placement"])
@pytest.mark.parametrize(("per_stage", "stages"), [(20, 1), (10, 2), (7, 3), (4, 5), (2, 10), (1, 20)])
def test_what_stages_save_and_cost(per_stage: int, stages: int, mode: str) -> None:
    found = []
    for seed in (1, 2, 3):
        outcome = play(WORLD, learners=2000, seed=seed)
        found.append(placed(outcome, mode=mode, per_stage=per_stage, stages=stages, learners=500, seed=seed))
    needed, true = (sum(values) / len(found) for values in ((f.answers for f in found), (f.true for f in found)))
    print(f"{mode}, {stages} of {per_stage} a skill: {needed:.1f} answers a skill, levels true {true:.3f}")
    if stages <= 3:
        assert true >= 0.83


@pytest.mark.django_db
def test_each_stage_is_drawn_whole_by_what_the_one_before_showed_and_asks_nothing_twice() -> None:
    """A short placement with three tries. Aiko answers right and gets harder items, Dao wrong and gets easier ones."""
    edition = make_edition()
    make_bank(edition, each=30, kinds=("numeric",))
    quiz = make_quiz(edition, mode="placement", attempt_limit=3, pools=[{"skill": "AIS-A1", "count": 4}])
    second: dict[str, float] = {}
    for name, by_kind in (("aiko", None), ("dao", WRONG)):
        learner = make_learner()
        enrol(learner, edition)
        client = signed_in(learner.user)
        drawn: list[set[str]] = []
        for stage in range(3):
            shown = client.put(path(new_id()), {"quiz_id": str(quiz.pk)}).json()
            asked = AttemptItem.objects.filter(attempt=shown["id"]).select_related("revision__item")
            drawn.append({str(row.revision.item_id) for row in asked})
            note = Attempt.objects.get(pk=shown["id"]).selection
            if stage == 1:
                second[name] = note["ability"]["AIS-A1"][0]
                state = SkillState.objects.get(learner=learner, skill_code="AIS-A1")
                assert state.count == 4
            body = answers(shown) if by_kind is None else answers(shown, by_kind)
            assert client.put(path(shown["id"], "/submission"), body).status_code == 200
            events.drain("mastery")
        assert len(set.union(*drawn)) == 12
        # There is no fourth stage.
        refused = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
        assert refused.status_code == 409
    assert second["aiko"] > second["dao"] + 1
    # An outsider is drawn nothing.
    stranger = signed_in(make_learner("TH").user).put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert stranger.status_code in (403, 404)
    assert Attempt.objects.count() == 6
