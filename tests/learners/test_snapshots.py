"""Items and skills learn from answers in snapshots; an answer is judged by the one that held when it was given."""

from __future__ import annotations

import itertools
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from agencies.feed.documents import progress_documents
from common import clock
from common.ids import new_id
from learners import public as learners
from learners.mastery import locks, publishing, rules
from learners.mastery.calibration import CALIBRATED_FROM, Observation, learn
from learners.mastery.services import rebuild
from learners.mastery.snapshots import STATED, UNSEEN_SKILL, V_A0, V_B0, V_S0
from learners.models import (
    Ability,
    Evidence,
    ItemParameters,
    Learner,
    SittingTrace,
    SkillParameters,
    SkillState,
    Snapshot,
)
from tests.factories import make_learner
from tests.learners.factories import ENROLLED_AT, Answered, an_answer, an_outcome, outcomes, record_outcomes, recorded
from tests.learners.test_mastery_of_a_learner import drained, state_of

pytestmark = pytest.mark.django_db


def answered(learner: Learner, *answers: Answered, mode: str = "assessment") -> None:
    record_outcomes(*outcomes(learner.pk, answers, mode=mode))
    drained()


def corrected(learner: Learner, answer: Answered, **now: Any) -> Answered:
    """As a review changes it: the answer's successor, recorded."""
    at = ENROLLED_AT + timedelta(hours=next(_hours))
    successor = answer.but(**{"id": new_id(), "corrects": answer.id, "corrected_at": at, **now})
    record_outcomes(an_outcome(learner.pk, [successor]))
    drained()
    return successor


_hours = itertools.count(2)


def difficulty_of(item: str) -> ItemParameters | None:
    return ItemParameters.objects.filter(item_id=item).order_by("-held_from").first()


def test_an_item_that_many_answer_wrong_gets_harder_and_only_for_those_who_come_after() -> None:
    item, later = str(new_id()), clock.now() + timedelta(hours=1)
    early = make_learner("JP")
    answered(early, an_answer(item_id=item, score=0.0))
    before = state_of(early)
    for _ in range(5):
        answered(make_learner("TH"), an_answer(item_id=item, score=0.0))
    assert publishing.publish(uncalibrated_only=True) == 6
    found = difficulty_of(item)
    assert found is not None
    assert (found.count, found.snapshot.answers) == (6, 6)
    assert found.mean > 0.5
    assert found.variance < V_B0
    # Nobody who had answered is judged anew, not even by a rebuild.
    assert rebuild(learner_ids=[early.pk]) == []
    assert state_of(early) == before
    assert Ability.objects.get(pk=early.pk).snapshot == STATED
    aiko, budi = make_learner("JP"), make_learner("ID")
    answered(aiko, an_answer(item_id=item, score=0.0, at=later))
    answered(budi, an_answer(score=0.0, at=later))
    assert Ability.objects.get(pk=aiko.pk).snapshot == found.snapshot.version
    # To miss a hard item says less against a learner than to miss one that nobody knows anything of.
    assert Ability.objects.get(pk=aiko.pk).mean > Ability.objects.get(pk=budi.pk).mean
    assert learners.item_difficulties([(Evidence.objects.get(learner=aiko).item_id, 1)])
    assert rebuild(learner_ids=[aiko.pk, budi.pk], write=False) == []


def test_each_answer_is_learned_from_once_and_old_items_wait_for_the_night() -> None:
    item = str(new_id())
    for _ in range(CALIBRATED_FROM):
        answered(make_learner("JP"), an_answer(item_id=item))
    assert publishing.publish(uncalibrated_only=True) == CALIBRATED_FROM
    assert publishing.publish(uncalibrated_only=True) == 0
    later = clock.now() + timedelta(hours=1)
    answered(make_learner("JP"), an_answer(item_id=item, at=later))
    answered(make_learner("JP"), an_answer(at=later))
    assert publishing.publish(uncalibrated_only=True) == 1
    assert publishing.publish_all() == 1
    assert publishing.publish_all() == 0
    found = difficulty_of(item)
    assert found is not None
    assert found.count == CALIBRATED_FROM + 1
    assert not SittingTrace.objects.filter(waits__gt=0).exists()
    assert Snapshot.objects.count() == 3


def test_what_is_learned_is_what_the_pure_rule_says() -> None:
    item = str(new_id())
    scores = [1.0, 0.0, 0.5]
    for score in scores:
        answered(make_learner("JP"), an_answer(item_id=item, score=score, difficulty=1.0, guess=0.25))
    publishing.publish_all()
    ordered = Evidence.objects.filter(item_id=item).order_by("answered_at", "pk")
    items, skills = learn(
        [
            Observation(
                str(entry.pk), (item, 1), 1.0, ("AIS-A1",), entry.score, 0.25, 0.0, rules.V_G0 + rules.V_K0, (0,)
            )
            for entry in ordered
        ],
        items={},
        skills={},
    )
    found = difficulty_of(item)
    assert found is not None
    assert (found.mean, found.variance) == (items[item, 1].mean, items[item, 1].variance)
    assert skills["AIS-A1"].variance < UNSEEN_SKILL.variance


def test_a_slope_is_learned_from_later_sittings_and_a_discrimination_from_all() -> None:
    """By the answers on the skill in earlier sittings, which the traces keep; also where a rebuild wrote them."""
    aiko = make_learner("JP")
    item = str(new_id())
    for day in (0, 2, 1):  # the last one comes late and rebuilds
        answered(
            aiko,
            an_answer(item_id=str(new_id()), at=ENROLLED_AT + timedelta(days=day)),
            an_answer(skills=["AIS-A1", "AIS-B1"], item_id=item, score=0.0, at=ENROLLED_AT + timedelta(days=day)),
        )
    traces = SittingTrace.objects.filter(learner=aiko).order_by("at")
    assert [dict(zip(trace.skills, trace.earlier, strict=True)) for trace in traces] == [
        {"AIS-A1": 2 * day, "AIS-B1": day} for day in range(3)
    ]
    publishing.publish_all()
    found = SkillParameters.objects.get(skill_code="AIS-B1")
    assert found.slope < 0 < found.slope_variance < V_S0
    parameters = difficulty_of(item)
    assert parameters is not None
    assert parameters.log_discrimination_variance < V_A0
    # Nothing was learned of practice from a first sitting.
    dao = make_learner("TH")
    answered(dao, an_answer(skills=["AIS-C1"]))
    publishing.publish_all()
    first = SkillParameters.objects.get(skill_code="AIS-C1")
    assert (first.slope, first.slope_variance) == (0.0, V_S0)
    # And who comes after is judged by it, live as in a rebuild.
    later = clock.now() + timedelta(hours=1)
    answered(aiko, an_answer(skills=["AIS-B1"], at=later))
    assert rebuild(learner_ids=[aiko.pk, dao.pk], write=False) == []


def test_a_corrected_answer_counts_as_corrected_and_a_struck_one_for_nothing() -> None:
    aiko, budi, dao = make_learner("JP"), make_learner("ID"), make_learner("TH")
    wrong, right = an_answer(score=0.0), an_answer()
    answered(aiko, wrong, right)
    once = corrected(aiko, wrong, score=1.0)
    answered(budi, wrong.but(id=new_id(), score=1.0), right.but(id=new_id()))
    ours, theirs = (SkillState.objects.get(learner=learner) for learner in (aiko, budi))
    assert (ours.mean, ours.count, ours.level) == (theirs.mean, 2, theirs.level)
    # The learner reads the answer once, as it counts now.
    document, _ = learners.explanation(learner_id=aiko.pk, accept_language="en", now=clock.now())
    assert {str(row["id"]) for row in document["items"][0]["evidence"]} == {str(once.id), str(right.id)}
    corrected(aiko, once, score=0.0, voided=True)
    # Whoever follows mastery hears which skill it was.
    assert recorded("learners.mastery_changed")[-1] == {"learner_id": str(aiko.pk), "skills": ["AIS-A1"]}
    answered(dao, right.but(id=new_id()))
    assert SkillState.objects.get(learner=aiko).mean == SkillState.objects.get(learner=dao).mean
    assert Evidence.objects.filter(learner=aiko).count() == 4
    assert rebuild(learner_ids=[aiko.pk, budi.pk, dao.pk], write=False) == []


def test_the_first_of_two_corrections_counts_also_in_one_batch() -> None:
    aiko = make_learner("JP")
    wrong = an_answer(score=0.0)
    answered(aiko, wrong)
    first, second = (
        wrong.but(id=new_id(), corrects=wrong.id, corrected_at=ENROLLED_AT, score=score) for score in (1.0, 0.5)
    )
    for both in ([second, first], [second], [first]):
        record_outcomes(an_outcome(aiko.pk, both))
        drained()
    assert [evidence.pk for evidence in Evidence.objects.filter(corrects=wrong.id)] == [first.id]
    assert rebuild(learner_ids=[aiko.pk], write=False) == []


def test_a_level_outlives_the_answers_that_a_review_voided() -> None:
    """Only a person lowers a level: what a review takes out of the evidence takes no level with it."""
    aiko, dao = make_learner("JP"), make_learner("TH")
    answers = [an_answer(level=2) for _ in range(4)]
    answered(aiko, *answers)
    answered(dao, *(entry.but(id=new_id(), item_id=new_id()) for entry in answers))
    level = SkillState.objects.get(learner=aiko).level
    assert level >= 2
    for answer in answers:
        corrected(aiko, answer, score=0.0, voided=True)
    ours, theirs = (SkillState.objects.get(learner=learner) for learner in (aiko, dao))
    assert (ours.level, ours.computed_level, ours.count) == (level, level, 0)
    assert theirs.count == 4
    assert rebuild(learner_ids=[aiko.pk, dao.pk], write=False) == []
    # Nor does what was voided help later answers to a level that they do not reach by themselves.
    for day in (1, 2):
        answered(aiko, an_answer(level=2, at=ENROLLED_AT + timedelta(days=day)))
        assert SkillState.objects.get(learner=aiko).level == level
        assert rebuild(learner_ids=[aiko.pk], write=False) == []


def test_a_correction_that_comes_before_what_it_corrects_has_the_same_effect() -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    for learner, order in ((aiko, 1), (budi, -1)):
        first = an_answer(score=0.0, item_id=str(new_id()))
        second = first.but(id=new_id(), corrects=first.id, score=1.0, corrected_at=ENROLLED_AT + timedelta(hours=2))
        for answer in (first, second)[::order]:
            answered(learner, answer)
    assert SkillState.objects.get(learner=aiko).mean == SkillState.objects.get(learner=budi).mean
    assert rebuild(learner_ids=[aiko.pk, budi.pk], write=False) == []


def test_what_was_left_to_lapse_says_nothing_of_mastery_and_counts_as_wrong_for_what_is_certified() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    lapsed = [an_answer(lapsed=True, score=0.0) for _ in range(3)]
    answered(aiko, *lapsed, mode="certification")
    assert Evidence.objects.filter(learner=aiko).count() == 3
    document, _ = learners.explanation(learner_id=aiko.pk, accept_language="en", now=clock.now())
    assert document["items"] == []
    assert progress_documents([aiko.pk])[aiko.pk]["skills"] == []
    later = ENROLLED_AT + timedelta(days=1)
    answers = [an_answer(at=later) for _ in range(8)]
    answered(aiko, *answers, mode="certification")
    answered(dao, *(answer.but(id=new_id()) for answer in answers), mode="certification")
    ours, theirs = (SkillState.objects.get(learner=learner) for learner in (aiko, dao))
    assert ours.mean == theirs.mean
    assert ours.tests["1"][0] < theirs.tests["1"][0]
    assert (ours.tests["1"][1], theirs.tests["1"][1]) == (11, 8)
    assert rebuild(learner_ids=[aiko.pk, dao.pk], write=False) == []


def test_certified_mastery_needs_items_that_were_not_met_before() -> None:
    """Well-known items, answered right again and again: the level stands, and nothing is certified by them."""
    known = [str(new_id()) for _ in range(40)]
    for _ in range(3):
        # Items that many have met, so that their difficulty is known.
        answered(make_learner("TH"), *(an_answer(item_id=item, guess=0.0, difficulty=1.0) for item in known))
    ItemParameters.objects.all().delete()
    aiko, dao = make_learner("JP"), make_learner("ID")
    later = ENROLLED_AT + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO learners_snapshot (version, held_from, answers, rule_version) VALUES ('known', %s, 0, 'x') "
            "RETURNING id",
            [ENROLLED_AT],
        )
        snapshot = cursor.fetchone()[0]
    ItemParameters.objects.bulk_create(
        ItemParameters(
            snapshot_id=snapshot,
            held_from=ENROLLED_AT,
            item_id=item,
            item_revision=1,
            mean=0.5,
            variance=0.01,
            count=99,
        )
        for item in known
    )
    fresh = [an_answer(item_id=item, guess=0.0, level=2, at=later) for item in known]
    answered(aiko, *fresh)
    answered(dao, *(entry.but(id=new_id(), seen_before=True) for entry in fresh))
    ours, theirs = (SkillState.objects.get(learner=learner) for learner in (aiko, dao))
    assert ours.certified_level == 3
    assert ours.certified_at == later
    assert (theirs.certified_level, theirs.level) == (0, ours.level)
    assert rebuild(learner_ids=[aiko.pk, dao.pk], write=False) == []


@pytest.mark.django_db(transaction=True)
def test_no_answer_is_judged_by_a_snapshot_that_was_published_before_it_was_given_and_passed_over() -> None:
    """A snapshot waits for the answers that are being absorbed, and holds from an instant after it could be published."""
    item = str(new_id())
    for _ in range(3):
        answered(make_learner("JP"), an_answer(item_id=item, score=0.0))
    absorbing, published = Event(), Event()

    def publish() -> None:
        try:
            absorbing.wait(10)
            publishing.publish(uncalibrated_only=True)
            published.set()
        finally:
            connection.close()

    other = Thread(target=publish)
    other.start()
    with transaction.atomic():
        locks.share_chain()
        absorbing.set()
        assert not published.wait(0.5)
        given_at = clock.now()
    other.join(10)
    assert published.is_set()
    assert Snapshot.objects.get().held_from > given_at


def test_publishing_costs_the_same_for_one_answer_and_for_fifty(query_budget: Any) -> None:
    for many in (1, 50):
        answered(make_learner("JP"), *(an_answer() for _ in range(many)))
        with query_budget(11):
            assert publishing.publish(uncalibrated_only=True) == many
