"""A learner disputes a result with one call; a person who was not involved decides, and never downwards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from assessments.appeals import involved, reviewing, selectors, services, statements
from assessments.appeals.rules import Subject
from assessments.attempts import grading
from assessments.attempts import services as attempts
from assessments.errors import (
    AppealClosed,
    AppealTaken,
    AttemptsUsedUp,
    InvalidDecision,
    NotReviewer,
    ReviewerInvolved,
    ReviewerUnnamed,
)
from assessments.models import Appeal, AppealDecision, AppealStep, Attempt, AttemptAllowance
from assessments.tasks import note_overdue_appeals
from common import caches, clock
from common.errors import NotFound
from common.ids import new_id
from events.models import Event
from learners.models import LevelDecision, LevelFreeze, SkillState
from member_states.models import PolicyDefault, Rule
from privacy.models import AuditEntry
from privacy.public import erasing
from tests.assessments.appealing import (
    APPEALS,
    LEVEL,
    SKILL,
    claim,
    decide,
    make_linh,
    make_reviewer,
    make_state_administrator,
    open_appeal,
    path,
    quiz_for,
    reach,
    take,
)
from tests.assessments.factories import edition_of
from tests.credentials.certificates.factories import make_achievement
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import recorded

pytestmark = pytest.mark.django_db
GROUNDS = "Tôi đã dùng AI trong công việc ba năm nay."


def put(learner: Any, subject: dict[str, Any], appeal_id: Any = None, **given: Any) -> Any:
    body = {"subject": {key: str(value) for key, value in subject.items()}, "grounds": GROUNDS, **given}
    return signed_in(learner.user).put(path(appeal_id or new_id()), body, format="json")


def level_of(learner: Any) -> int:
    return SkillState.objects.get(learner=learner, skill_code=SKILL).level


def test_a_level_is_appealed_with_one_call_and_stays_frozen() -> None:
    linh, appeal_id = make_linh(), new_id()
    answer = put(linh, LEVEL, appeal_id)
    assert answer.status_code == 201
    shown = answer.json()
    assert shown["state"] == "open"
    assert shown["subject"] == {
        "kind": "level",
        "skill": SKILL,
        "attempt_id": None,
        "item_id": None,
        "level_assessment_id": None,
        "achievement": None,
    }
    assert shown["disputed"] == {"level": 1}
    assert shown["language"] == "vi"
    assert shown["reviewer"] is shown["decision"] is None
    freeze = LevelFreeze.objects.get()
    assert (freeze.learner_id, freeze.skill_code, freeze.released_at) == (linh.pk, SKILL, None)
    again = put(linh, LEVEL, appeal_id)
    assert (again.status_code, again.json()) == (200, shown)
    assert [step.what for step in AppealStep.objects.all()] == ["opened"]
    opened = recorded("assessments.appeal_opened")
    assert [(row["learner_id"], row["appeal_id"], row["subject"]) for row in opened] == [
        (str(linh.pk), str(appeal_id), "level")
    ]
    assert AuditEntry.objects.get(action="appeal.opened").subject_id == str(appeal_id)
    assert signed_in(linh.user).get(path(appeal_id)).json() == shown
    assert signed_in(linh.user).get(APPEALS).json() == {"items": [shown], "next": None}


def test_an_outsider_finds_nothing_and_writes_nothing() -> None:
    linh, dao = make_linh(), make_learner("TH", name="Dao", languages=("th",))
    attempt = take(quiz_for(linh), linh, wrong={0})
    appeal_id = open_appeal(linh)
    before = (Appeal.objects.count(), AppealStep.objects.count(), Event.objects.count(), LevelFreeze.objects.count())
    client = signed_in(dao.user)
    assert client.get(path(appeal_id)).status_code == 404
    assert client.delete(path(appeal_id)).status_code == 404
    assert client.get(APPEALS).json()["items"] == []
    assert put(dao, LEVEL, appeal_id).status_code == 404
    for subject in (
        LEVEL,
        {"kind": "score", "attempt_id": attempt.id},
        {"kind": "score", "attempt_id": attempt.id, "item_id": attempt.items[0].id},
        {"kind": "refusal", "attempt_id": attempt.id},
        {"kind": "refusal", "level_assessment_id": new_id()},
        {"kind": "refusal", "achievement": "first-steps"},
    ):
        answer = put(dao, subject)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), subject
    # Somebody with an account and no profile.
    nobody = make_user()
    body = {"subject": LEVEL, "grounds": GROUNDS}
    assert signed_in(nobody).put(path(new_id()), body, format="json").status_code == 404
    for reviewer in (dao.user, make_state_administrator("VN"), make_reviewer(member_state_id="TH")):
        with pytest.raises(NotReviewer):
            claim(appeal_id, reviewer, public_name="Dao")
    assert before == (
        Appeal.objects.count(),
        AppealStep.objects.count(),
        Event.objects.count(),
        LevelFreeze.objects.count(),
    )
    assert Appeal.objects.get().reviewer is None


def test_one_open_appeal_against_one_thing() -> None:
    linh, first = make_linh(), new_id()
    put(linh, LEVEL, first)
    answer = put(linh, LEVEL)
    assert (answer.status_code, answer.json()["code"], answer.json()["appeal_id"]) == (409, "appeal_open", str(first))
    answer = put(linh, LEVEL, first, grounds="other words")
    assert (answer.status_code, answer.json()["code"]) == (409, "appeal_id_reused")
    assert signed_in(linh.user).delete(path(first)).status_code == 204
    assert put(linh, LEVEL).status_code == 201
    assert LevelFreeze.objects.filter(released_at=None).count() == 1


@pytest.mark.parametrize(
    ("subject", "pointer", "code"),
    [
        ({"kind": "level"}, "/subject/skill", "names_no_one_thing"),
        ({"kind": "score"}, "/subject/attempt_id", "names_no_one_thing"),
        ({"kind": "score", "item_id": str(new_id())}, "/subject/attempt_id", "names_no_one_thing"),
        ({"kind": "level", "skill": SKILL, "achievement": "a"}, "/subject/achievement", "not_of_this_kind"),
        (
            {"kind": "refusal", "attempt_id": str(new_id()), "achievement": "a"},
            "/subject/attempt_id",
            "names_no_one_thing",
        ),
        ({"kind": "opinion", "skill": SKILL}, "/subject/kind", "invalid_choice"),
        ({"kind": "level", "skil": SKILL}, "/subject/skil", "unknown_field"),
    ],
)
def test_what_is_disputed_has_to_be_clear(subject: Any, pointer: str, code: str) -> None:
    answer = put(make_linh(), subject)
    assert answer.status_code == 400
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    assert not Appeal.objects.exists()


def test_the_grounds_have_a_length() -> None:
    linh = make_linh()
    for grounds in ("", "   ", "x" * 4001):
        assert put(linh, LEVEL, grounds=grounds).status_code == 400
    assert put(linh, LEVEL, grounds="ข้อ" * 1333).status_code == 201


def test_where_there_is_nothing_to_dispute_that_is_said_in_the_learners_language() -> None:
    linh = make_linh(level=3)
    quiz = quiz_for(linh)
    live = attempts.start(
        attempt_id=new_id(), learner_id=linh.pk, quiz_id=quiz.pk, language=None, accept_language="", now=clock.now()
    ).attempt
    for subject in (
        LEVEL,  # assessors give the next
        {"kind": "score", "attempt_id": live.id},
        {"kind": "refusal", "attempt_id": live.id},
    ):
        answer = put(linh, subject)
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_appeal")
        assert answer.json()["detail"]
    assert not Appeal.objects.exists()


def test_a_score_is_appealed_corrected_and_counted_for_its_item() -> None:
    linh, mai = make_linh(), make_reviewer()
    attempt = take(quiz_for(linh), linh, wrong={0, 1, 2, 3})
    assert attempt.passed is False
    wrong = attempt.items[0].id
    appeal_id = open_appeal(linh, Subject("score", attempt_id=attempt.id, item_id=wrong))
    assert Appeal.objects.get().disputed["items"] == {str(wrong): 0.0}
    claim(appeal_id, mai)
    other = attempt.items[1].id
    for scores, reason in (
        ({other: 1.0}, "not_disputed"),
        ({wrong: 0.0}, "not_higher"),
        ({wrong: 1.5}, "not_higher"),
        ({}, "nothing_decided"),
    ):
        with pytest.raises(InvalidDecision) as refused:
            decide(appeal_id, mai, scores=scores)
        assert refused.value.members["reason"] == reason
    decide(appeal_id, mai, scores={wrong: 1.0}, reason="The key was wrong.")
    row = Attempt.objects.get(pk=attempt.id)
    assert (row.score, row.passed) == (5 / 8, True)
    revision = row.items.get(pk=wrong).revision
    assert statements.upheld_by_revision() == {(revision.item_id, revision.number): 1}
    shown = signed_in(linh.user).get(path(appeal_id)).json()
    assert shown["decision"]["scores"] == {str(wrong): 1.0}
    assert shown["decision"]["reason"] == "The key was wrong."
    decided = recorded("assessments.appeal_decided")[0]
    assert (decided["outcome"], decided["revisions"], decided["subject"]) == ("upheld", [revision.pk], "score")


def test_an_invalid_item_is_voided_where_that_does_not_lower_the_result() -> None:
    linh, mai = make_linh(), make_reviewer()
    attempt = take(quiz_for(linh), linh, wrong={0})
    appeal_id = open_appeal(linh, Subject("score", attempt_id=attempt.id))
    claim(appeal_id, mai)
    with pytest.raises(InvalidDecision) as refused:
        decide(appeal_id, mai, scores={attempt.items[1].id: None})
    assert refused.value.members["reason"] == "lower_result"
    decide(appeal_id, mai, "partly_upheld", scores={attempt.items[0].id: None})
    assert Attempt.objects.get(pk=attempt.id).score == 1.0


def test_a_better_result_never_makes_a_passed_attempt_a_failed_one() -> None:
    linh, mai = make_linh(), make_reviewer()
    quiz = quiz_for(linh, skill_minimums={SKILL: 0.5})
    attempt = take(quiz, linh)
    row = Attempt.objects.get(pk=attempt.id)
    of_skill = [item.pk for item in row.items.all() if item.revision.skills == [SKILL]]
    others = [item.pk for item in row.items.all() if item.pk not in of_skill]
    scores = {of_skill[0]: 0.72, of_skill[1]: 0.5, of_skill[2]: 0.4, of_skill[3]: 0.4} | dict.fromkeys(others, 1.0)
    grading.correct(attempt_id=attempt.id, scores=scores, reason="x", actor="x", now=clock.now())
    row.refresh_from_db()
    assert row.passed
    appeal_id = open_appeal(linh, Subject("score", attempt_id=attempt.id))
    claim(appeal_id, mai)
    # Without this item the mean of the whole rises from 0.7525 to 0.757, and that of the skill falls from 0.505 to 0.433.
    with pytest.raises(InvalidDecision) as refused:
        decide(appeal_id, mai, scores={of_skill[0]: None})
    assert refused.value.members["reason"] == "lower_result"
    assert Attempt.objects.get(pk=attempt.id).passed
    # What keeps the skill above its minimum is done.
    decide(appeal_id, mai, scores={of_skill[0]: None, of_skill[2]: 0.7})
    assert Attempt.objects.get(pk=attempt.id).passed


def test_a_refused_attempt_that_is_upheld_gives_one_more_try() -> None:
    linh, mai = make_linh(), make_reviewer()
    quiz = quiz_for(linh, attempt_limit=1)
    attempt = take(quiz, linh, wrong=set(range(8)))
    with pytest.raises(AttemptsUsedUp):
        take(quiz, linh)
    appeal_id = open_appeal(linh, Subject("refusal", attempt_id=attempt.id))
    claim(appeal_id, mai)
    decide(appeal_id, mai, new_try=True, reason="The power failed in the whole district.")
    listed = signed_in(linh.user).get(f"/api/v1/editions/{edition_of(quiz).pk}/quizzes").json()["items"][0]
    assert (listed["attempt_limit"], listed["attempts_used"]) == (2, 1)
    assert take(quiz, linh).passed
    with pytest.raises(AttemptsUsedUp):
        take(quiz, linh)
    # A passed attempt is no refusal.
    answer = put(linh, {"kind": "refusal", "attempt_id": Attempt.objects.get(passed=True).pk})
    assert answer.json()["code"] == "nothing_to_appeal"


def test_an_expired_attempt_is_a_refusal_and_its_scores_are_not_disputed() -> None:
    linh, mai = make_linh(), make_reviewer()
    quiz = quiz_for(linh, attempt_limit=1)
    live = attempts.start(
        attempt_id=new_id(), learner_id=linh.pk, quiz_id=quiz.pk, language=None, accept_language="", now=clock.now()
    ).attempt
    grading.close_expired(now=clock.now() + timedelta(hours=1))
    assert put(linh, {"kind": "score", "attempt_id": live.id}).json()["code"] == "nothing_to_appeal"
    appeal_id = open_appeal(linh, Subject("refusal", attempt_id=live.id))
    claim(appeal_id, mai)
    with pytest.raises(InvalidDecision):
        decide(appeal_id, mai, scores={live.items[0].id: 1.0})
    decide(appeal_id, mai, new_try=True)
    assert AttemptAllowance.objects.get().granted == 1


def test_an_achievement_not_awarded_is_appealed_by_the_levels_it_asks() -> None:
    linh, mai = make_linh(level=0), make_reviewer()
    quiz = quiz_for(linh)
    make_achievement(
        quiz.course,
        slug="first-steps",
        texts={"en": {"name": "First steps"}},
        criteria={"course_completed": False, "skills": [{"skill": SKILL, "level": 1}]},
    )
    appeal_id = open_appeal(linh, Subject("refusal", achievement="first-steps"))
    assert Appeal.objects.get().disputed["skills"] == [{"skill": SKILL, "wanted": 1, "level": 0}]
    claim(appeal_id, mai)
    with pytest.raises(InvalidDecision):
        decide(appeal_id, mai, levels={"AIS-B1": 1})
    decide(appeal_id, mai, levels={SKILL: 1})
    assert level_of(linh) == 1
    assert LevelDecision.objects.get().cause == "appeal"


def test_a_level_is_upheld_published_and_decided_by_name() -> None:
    linh, mai = make_linh(), make_reviewer()
    appeal_id = open_appeal(linh)
    claim(appeal_id, mai)
    shown = signed_in(linh.user).get(path(appeal_id)).json()
    assert shown["reviewer"] == "Trần Thị Mai"
    assert mai.username not in str(shown)
    decision_id = decide(appeal_id, mai, levels={SKILL: 2})
    assert level_of(linh) == 2
    decision = LevelDecision.objects.get()
    assert (decision.level, decision.cause, decision.decided_by) == (2, "appeal", [mai.pk])
    assert LevelFreeze.objects.get().released_at is not None
    shown = signed_in(linh.user).get(path(appeal_id)).json()
    assert shown["state"] == "decided"
    assert shown["decision"]["levels"] == {SKILL: 2}
    assert shown["decision"]["reviewer"] == "Trần Thị Mai"
    # Deciding the same again changes nothing; deciding otherwise is refused.
    assert decide(appeal_id, mai, levels={SKILL: 2}) == decision_id
    with pytest.raises(AppealClosed):
        decide(appeal_id, mai, "dismissed")
    assert signed_in(linh.user).delete(path(appeal_id)).json()["code"] == "appeal_closed"
    assert AppealDecision.objects.count() == LevelDecision.objects.count() == 1
    assert [step.what for step in AppealStep.objects.all()] == ["opened", "claimed", "decided"]
    assert selectors.outcomes_by_learner(clock.now() - timedelta(days=1), clock.now()) == [(linh.pk, True)]
    assert selectors.outcomes_by_learner(clock.now() + timedelta(days=1), clock.now() + timedelta(days=2)) == []


def test_a_dismissal_leaves_everything_as_it_was_and_says_why() -> None:
    linh, mai = make_linh(), make_reviewer()
    appeal_id = open_appeal(linh)
    claim(appeal_id, mai)
    for given, reason in (
        ({"outcome": "dismissed", "levels": {SKILL: 2}}, "dismissed_with_remedy"),
        ({"outcome": "dismissed", "reason": " "}, "reason_missing"),
        ({"outcome": "upheld"}, "nothing_decided"),
        ({"outcome": "partly_upheld", "levels": {SKILL: 1}}, "not_higher"),
        ({"outcome": "upheld", "levels": {SKILL: 0}}, "not_higher"),
        ({"outcome": "upheld", "levels": {SKILL: 4}}, "above_reviewers"),
        ({"outcome": "upheld", "new_try": True}, "not_disputed"),
    ):
        with pytest.raises(InvalidDecision) as refused:
            decide(appeal_id, mai, **given)
        assert refused.value.members["reason"] == reason
        assert LevelFreeze.objects.get().released_at is None
    decide(appeal_id, mai, "dismissed", reason="Nothing new was shown.")
    assert level_of(linh) == 1
    assert LevelFreeze.objects.get().released_at is not None
    assert not LevelDecision.objects.exists()
    assert selectors.outcomes_by_learner(clock.now() - timedelta(days=1), clock.now()) == [(linh.pk, False)]
    # The same may be disputed once more, and then by somebody else.
    second = open_appeal(linh)
    with pytest.raises(ReviewerInvolved):
        claim(second, mai)
    claim(second, make_reviewer("Lê Văn Hùng"))


def test_what_the_learner_reached_meanwhile_is_not_taken_away() -> None:
    linh, mai = make_linh(), make_reviewer()
    appeal_id = open_appeal(linh)
    claim(appeal_id, mai)
    # Evidence that came in during the dispute counts from the release on.
    reach(linh, 2)
    with pytest.raises(InvalidDecision):
        decide(appeal_id, mai, levels={SKILL: 2})
    decide(appeal_id, mai, levels={SKILL: 3})
    assert level_of(linh) == 3


def test_a_level_that_another_appeal_freezes_counts_as_what_it_will_be() -> None:
    linh, mai = make_linh(level=0), make_reviewer()
    quiz = quiz_for(linh)
    make_achievement(
        quiz.course,
        slug="first-steps",
        texts={"en": {"name": "First steps"}},
        criteria={"course_completed": False, "skills": [{"skill": SKILL, "level": 1}]},
    )
    frozen, appeal_id = open_appeal(linh), open_appeal(linh, Subject("refusal", achievement="first-steps"))
    claim(appeal_id, mai)
    reach(linh, 2)
    assert level_of(linh) == 0
    for level in (1, 2):
        with pytest.raises(InvalidDecision) as refused:
            decide(appeal_id, mai, levels={SKILL: level})
        assert refused.value.members["reason"] == "not_higher"
    services.withdraw(appeal_id=frozen, learner_id=linh.pk, now=clock.now())
    assert level_of(linh) == 2


def test_who_marked_or_decided_before_does_not_review(monkeypatch: pytest.MonkeyPatch) -> None:
    linh, mai, hung = make_linh(), make_reviewer(), make_reviewer("Lê Văn Hùng")
    attempt = take(quiz_for(linh), linh, wrong={0})
    monkeypatch.setattr(involved, "markers_of", lambda attempt_id: {mai.pk} if attempt_id == attempt.id else set())
    score = open_appeal(linh, Subject("score", attempt_id=attempt.id))
    with pytest.raises(ReviewerInvolved):
        claim(score, mai)
    with pytest.raises(ReviewerInvolved):
        reviewing.assign(appeal_id=score, reviewer_id=mai.pk, actor=make_state_administrator("VN").pk, now=clock.now())
    assert [eligible_reviewer.pk for eligible_reviewer in selectors.eligible_reviewers(Appeal.objects.get())] == [
        hung.pk
    ]
    claim(score, hung)
    # Marks may be given after the claim: it is looked at again when the appeal is decided.
    monkeypatch.setattr(involved, "markers_of", lambda attempt_id: {mai.pk, hung.pk})
    with pytest.raises(ReviewerInvolved):
        decide(score, hung, scores={attempt.items[0].id: 1.0})
    level = open_appeal(linh)
    LevelDecision.objects.create(
        pk=new_id(),
        learner=linh,
        skill_code=SKILL,
        level=1,
        computed_level=1,
        cause="review",
        decided_by=[mai.pk],
        reason="x",
        framework_version="x",
        decided_at=clock.now(),
    )
    with pytest.raises(ReviewerInvolved):
        claim(level, mai)


def test_who_decided_about_the_attempt_or_the_skill_before_does_not_review() -> None:
    linh, mai, hung = make_linh(), make_reviewer(), make_reviewer("Lê Văn Hùng")
    quiz = quiz_for(linh)
    attempt, another = take(quiz, linh, wrong={0, 1}), take(quiz, linh, wrong={0})
    appeal_id = open_appeal(linh, Subject("score", attempt_id=attempt.id, item_id=attempt.items[0].id))
    claim(appeal_id, mai)
    decide(appeal_id, mai, "dismissed")
    for subject in (
        Subject("score", attempt_id=attempt.id, item_id=attempt.items[1].id),
        Subject("score", attempt_id=attempt.id),
    ):
        with pytest.raises(ReviewerInvolved):
            claim(open_appeal(linh, subject), mai)
    claim(open_appeal(linh, Subject("score", attempt_id=another.id)), mai)
    # A dismissal leaves no trace in the levels, and its reviewer has judged them all the same.
    level = open_appeal(linh)
    claim(level, hung)
    decide(level, hung, "dismissed")
    make_achievement(
        quiz.course,
        slug="second-steps",
        texts={"en": {"name": "Second steps"}},
        criteria={"course_completed": False, "skills": [{"skill": SKILL, "level": 2}]},
    )
    achievement = open_appeal(linh, Subject("refusal", achievement="second-steps"))
    with pytest.raises(ReviewerInvolved):
        claim(achievement, hung)
    claim(achievement, mai)


def test_nobody_reviews_their_own_appeal() -> None:
    linh = make_linh()
    mai = make_reviewer(named=False)
    linh.user.is_staff = True
    linh.user.save()
    linh.user.groups.set(mai.groups.all())
    with pytest.raises(ReviewerInvolved):
        claim(open_appeal(linh), linh.user, public_name="Linh")


def test_a_person_without_a_name_gives_one_first() -> None:
    linh, mai = make_linh(), make_reviewer(named=False)
    appeal_id = open_appeal(linh)
    with pytest.raises(ReviewerUnnamed):
        claim(appeal_id, mai)
    claim(appeal_id, mai, public_name=" Trần Thị Mai ")
    claim(appeal_id, mai, public_name="Somebody else")
    assert Appeal.objects.get().reviewer.public_name == "Trần Thị Mai"  # type: ignore[union-attr]
    with pytest.raises(AppealTaken):
        claim(appeal_id, make_reviewer("Lê Văn Hùng"))
    reviewing.release(appeal_id=appeal_id, reviewer_id=mai.pk, now=clock.now())
    reviewing.release(appeal_id=appeal_id, reviewer_id=mai.pk, now=clock.now())
    assert Appeal.objects.get().reviewer is None
    with pytest.raises(AppealTaken):
        decide(appeal_id, mai, levels={SKILL: 2})
    steps = AppealStep.objects.values_list("what", "reviewer_name")
    assert list(steps) == [("opened", ""), ("claimed", "Trần Thị Mai"), ("released", "Trần Thị Mai")]


def test_the_state_s_law_sets_the_due_date_in_its_own_zone() -> None:
    opened_at = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)  # the 27th in Ha Noi and Tokyo
    appeal_id = open_appeal(make_linh(), now=opened_at)
    vn = Appeal.objects.get(pk=appeal_id)
    assert (vn.due_at, vn.due_time_zone) == (datetime(2026, 12, 27, 16, 59, 59, tzinfo=UTC), "Asia/Ho_Chi_Minh")
    assert vn.due_rule == {"value": 30, "unit": "calendar_days", "standing": "unknown", "from_default": True}
    assert PolicyDefault.objects.get(key="appeal_due_days").value == 30
    Rule.objects.filter(state="JP", key="appeal_due_days").update(standing="value", value=10, unit="working_days")
    caches.forget()
    try:
        jp = Appeal.objects.get(pk=open_appeal(make_linh("JP"), now=opened_at))
    finally:
        caches.forget()
    assert (jp.due_at, jp.due_time_zone) == (datetime(2026, 12, 7, 14, 59, 59, tzinfo=UTC), "Asia/Tokyo")


def test_what_is_overdue_is_published_once_and_decided_by_nobody(caplog: pytest.LogCaptureFixture) -> None:
    linh, budi = make_linh(), make_linh("ID", name="Budi")
    late = open_appeal(linh, now=clock.now() - timedelta(days=40))
    open_appeal(budi)
    withdrawn = open_appeal(make_linh("TH"), now=clock.now() - timedelta(days=40))
    services.withdraw(appeal_id=withdrawn, learner_id=Appeal.objects.get(pk=withdrawn).learner_id, now=clock.now())
    note_overdue_appeals()
    assert services.note_overdue(now=clock.now()) == 0
    assert [event["appeal_id"] for event in recorded("assessments.appeal_overdue")] == [str(late)]
    assert AppealStep.objects.filter(what="overdue").count() == 1
    assert "overdue" in caplog.text
    shown = signed_in(linh.user).get(path(late), headers={"Accept-Language": "en"}).json()
    assert shown["overdue"] is True
    assert shown["state"] == "open"
    assert "late" in shown["status"]
    assert level_of(linh) == 1


def test_lists_are_pages_and_cost_one_query(query_budget: Callable[[int], AbstractContextManager[None]]) -> None:
    linh, mai = make_linh(), make_reviewer()
    for number in range(5):
        appeal_id = open_appeal(linh, now=clock.now() + timedelta(minutes=number))
        claim(appeal_id, mai) if number == 0 else None
        services.withdraw(appeal_id=appeal_id, learner_id=linh.pk, now=clock.now())
    client = signed_in(linh.user)
    with query_budget(1):
        first = client.get(APPEALS, {"limit": 3}).json()
    rest = client.get(APPEALS, {"limit": 3, "cursor": first["next"]}).json()
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert len(set(ids)) == 5
    assert rest["next"] is None
    assert client.get(APPEALS, {"cursor": "x"}).json()["code"] == "bad_cursor"


def test_what_happened_is_kept_until_the_learner_is_erased() -> None:
    linh, mai = make_linh(), make_reviewer()
    appeal_id = open_appeal(linh)
    claim(appeal_id, mai)
    decide(appeal_id, mai, levels={SKILL: 2})
    for change in (
        lambda: AppealStep.objects.update(actor="x"),
        lambda: AppealDecision.objects.update(reason="x"),
        lambda: Appeal.objects.update(grounds="x"),
        lambda: AppealDecision.objects.all().delete(),
        lambda: Appeal.objects.update(reviewer=None, reviewer_since=None),
    ):
        with pytest.raises(DatabaseError, match=r"append-only|never changes"), transaction.atomic():
            change()
    with erasing(linh.pk):
        linh.user.delete()
    assert not Appeal.objects.exists()
    assert not AppealDecision.objects.exists()
    with pytest.raises(NotFound):
        claim(appeal_id, mai)
