"""Learners with something to dispute, and the people who review it. Linh learns in Viet Nam; Mai reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group

from accounts.models import User
from accounts.roles import REVIEWER, STATE_ADMINISTRATOR
from assessments.appeals import reviewing, services
from assessments.appeals.models import Reviewer
from assessments.appeals.rules import Remedy, Subject
from assessments.attempts import grading
from assessments.attempts import services as attempts
from assessments.attempts.selectors import AttemptView
from assessments.quizzes.models import Quiz
from common import clock
from common.ids import new_id
from courses.models import Edition
from events import public as events
from learners.models import Evidence, Learner, LevelChange, SkillState
from tests.assessments.factories import RIGHT, WRONG, enrol, make_bank, make_edition, make_quiz
from tests.factories import make_learner, make_user
from tests.learners.factories import ENROLLED_AT, an_answer, an_outcome, record_outcomes

APPEALS = "/api/v1/me/appeals"
SKILL = "AIS-A1"
LEVEL = {"kind": "level", "skill": SKILL}


def path(appeal_id: UUID | str) -> str:
    return f"{APPEALS}/{appeal_id}"


def make_linh(state: str = "VN", *, name: str = "Nguyễn Thị Linh", level: int | None = 1) -> Learner:
    """A learner in Viet Nam with a level in one skill that follows from answers; None: nothing was ever answered."""
    linh = make_learner(state, name=name, languages=("vi", "en"))
    if level == 0:
        answer_items(linh, score=0.0)
    elif level is not None:
        reach(linh, level)
        assert SkillState.objects.get(learner=linh, skill_code=SKILL).level == level
    return linh


def answer_items(learner: Learner, *, score: float = 1.0, level: int = 1) -> None:
    """One more answer on the skill, in a sitting of its own, and what follows from it."""
    at = ENROLLED_AT + timedelta(hours=Evidence.objects.filter(learner=learner).count())
    record_outcomes(an_outcome(learner.pk, [an_answer(skills=[SKILL], score=score, level=level, at=at)]))
    events.drain("mastery")


def reach(learner: Learner, level: int) -> None:
    """Right answers until evidence gives the level, whatever else holds the level that counts."""
    for _ in range(20):
        if LevelChange.objects.filter(learner=learner, skill_code=SKILL, level__gte=level).exists():
            return
        answer_items(learner, level=level)
    raise AssertionError(f"no level {level} after twenty right answers")


def make_reviewer(name: str = "Trần Thị Mai", *, role: str = REVIEWER, named: bool = True, **given: Any) -> User:
    user = make_user(is_staff=True, **given)
    user.groups.add(Group.objects.get(name=role))
    if named:
        Reviewer.objects.create(user=user, public_name=name)
    return user


def make_state_administrator(state: str) -> User:
    return make_reviewer(role=STATE_ADMINISTRATOR, named=False, member_state_id=state)


def quiz_for(learner: Learner, edition: Edition | None = None, **given: Any) -> Quiz:
    """A quiz of eight items on an edition that the learner takes."""
    edition = edition or make_edition(languages=("en", "vi"))
    make_bank(edition)
    enrol(learner, edition)
    return make_quiz(edition, **given)


def take(quiz: Quiz, learner: Learner, *, wrong: frozenset[int] | set[int] = frozenset()) -> AttemptView:
    """An attempt in which the items at the positions `wrong` were answered wrong and the others right."""
    started = attempts.start(
        attempt_id=new_id(),
        learner_id=learner.pk,
        quiz_id=quiz.pk,
        language=None,
        accept_language="vi",
        now=clock.now(),
    ).attempt
    answers = [
        {"item": item.id, "response": (WRONG if item.position in wrong else RIGHT)[item.kind]} for item in started.items
    ]
    return grading.submit(attempt_id=started.id, learner_id=learner.pk, answers=answers, now=clock.now())


def open_appeal(learner: Learner, subject: Subject | None = None, **given: Any) -> UUID:
    opened = services.open_appeal(
        appeal_id=given.pop("appeal_id", None) or new_id(),
        learner_id=learner.pk,
        subject=subject or Subject("level", skill=SKILL),
        grounds=given.pop("grounds", "Tôi đã làm việc này ba năm."),
        language=None,
        now=given.pop("now", None) or clock.now(),
    )
    return opened.appeal.id


def claim(appeal_id: UUID, reviewer: User, **given: Any) -> None:
    reviewing.claim(appeal_id=appeal_id, reviewer_id=reviewer.pk, now=clock.now(), **given)


def decide(
    appeal_id: UUID,
    reviewer: User,
    outcome: str = "upheld",
    *,
    reason: str = "The work shown is at level 2.",
    levels: dict[str, int] | None = None,
    scores: dict[UUID, float | None] | None = None,
    new_try: bool = False,
) -> UUID:
    return reviewing.decide(
        appeal_id=appeal_id,
        reviewer_id=reviewer.pk,
        outcome=outcome,
        reason=reason,
        remedy=Remedy(levels or {}, scores or {}, new_try),
        now=clock.now(),
    )
