"""Hints to a person: two attempts alike, one too fast; a reviewer decides, and nothing happens by itself."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
from assessments import tasks
from assessments.attempts.models import Attempt, AttemptItem
from assessments.errors import HintDecided, HintOnOneself
from assessments.integrity import search, selectors, services
from assessments.integrity.models import IntegrityHint, IntegrityRun
from assessments.items.models import ItemRevision
from assessments.quizzes.models import Quiz
from common import clock
from common.errors import NotFound, ReasonMissing
from common.ids import new_id
from credentials.models import Certificate
from events.models import Event
from learners.models import Ability, Evidence, Learner, LevelChange, SkillState
from privacy.models import AuditEntry
from tests.assessments.factories import edition_of, make_bank, make_edition, make_quiz, version_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1)
SECONDS = 40.0


@pytest.fixture
def bank() -> list[ItemRevision]:
    return make_bank(make_edition(), each=20, skills=("AIS-A1",), kinds=("single",))


@pytest.fixture
def quiz(bank: list[ItemRevision]) -> Quiz:
    return make_quiz(bank[0].item.bank.course.editions.get())


def sit(
    quiz: Quiz,
    bank: list[ItemRevision],
    answers: np.ndarray,
    seconds: np.ndarray,
    *,
    days_ago: float = 1,
    states: str = "JP",
) -> list[Attempt]:
    """Attempts written as rows: `answers` says which option each gave to each question (b is right)."""
    at = clock.now() - timedelta(days=days_ago)
    users = User.objects.bulk_create(
        User(id=new_id(), username=f"sitter-{next(_numbers)}", password="!") for _ in answers
    )
    learners = Learner.objects.bulk_create(
        Learner(
            user=user, legal_name=f"Name {user.username}", member_state_id=states, languages=["ja"], birth_year=1990
        )
        for user in users
    )
    right = (answers == "b").mean(1)
    version = version_of(quiz)
    attempts = Attempt.objects.bulk_create(
        Attempt(
            quiz=quiz,
            quiz_version=version,
            edition=edition_of(quiz),
            learner=learner,
            number=1,
            seed=1,
            language="ja",
            started_at=at,
            due_at=at,
            submitted_at=at,
            score=score,
            passed=bool(score > 0.5),
        )
        for learner, score in zip(learners, right, strict=True)
    )
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt,
            position=position,
            revision=revision,
            response=answers[row, position],
            score=float(answers[row, position] == "b"),
            seconds=float(seconds[row, position]),
        )
        for row, attempt in enumerate(attempts)
        for position, revision in enumerate(bank)
    )
    return attempts


def crowd(seed: int, people: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    ability = rng.normal(0.3, 1, (people, 1))
    right = rng.random((people, 20)) < 1 / (1 + np.exp(rng.normal(0, 1, 20) - ability))
    wrong = np.array(["a", "c", "d"])[rng.integers(0, 3, (people, 20))]
    seconds = SECONDS * np.exp(rng.normal(0, 0.3, (people, 1)) + rng.normal(0, 0.4, (people, 20)))
    return np.where(right, "b", wrong), seconds


@pytest.fixture
def attempts(quiz: Quiz, bank: list[ItemRevision]) -> list[Attempt]:
    """Eighty people; the second copied from the first, the third answered in a second each and passed."""
    answers, seconds = crowd(11)
    middling = (answers == "b").mean(1)
    answers[0] = answers[int(np.abs(middling - 0.5).argmin())]
    answers[0, ::4] = np.roll(answers[0, ::4], 1)
    answers[1] = answers[0]
    answers[2, :14], seconds[2] = "b", 1.0
    return sit(quiz, bank, answers, seconds)


@pytest.fixture
def pair(attempts: list[Attempt]) -> IntegrityHint:
    search.search_new_attempts(now=clock.now())
    return IntegrityHint.objects.get(kind="shared_answers", attempt__in=attempts[:2], other__in=attempts[:2])


def _everything() -> dict[str, Any]:
    models = (Attempt, AttemptItem, Evidence, Ability, SkillState, LevelChange, Certificate, Event)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_a_copy_and_a_rush_are_shown_to_a_person_with_words_for_it(attempts: list[Attempt], query_budget: Any) -> None:
    with query_budget(16):
        run = search.search_new_attempts(now=clock.now())
    assert run is not None
    assert (run.attempts, run.pairs) == (80, 80 * 79 / 2)
    by_kind = {hint.kind: hint for hint in IntegrityHint.objects.all()}
    assert IntegrityHint.objects.count() == run.hints == 2
    shared, fast = by_kind["shared_answers"], by_kind["fast_answers"]
    assert {shared.attempt_id, shared.other_id} == {attempts[0].pk, attempts[1].pk}
    assert shared.p_value < shared.q_value <= 0.01
    assert (shared.facts["common"], shared.facts["same"]) == (20, 20)
    assert fast.attempt_id == attempts[2].pk
    assert (fast.facts["hasty"], fast.facts["timed"], fast.statistic < -3) == (20, 20, True)
    (mine,) = selectors.hints_of(attempts[1].learner_id)
    assert "answered 20 of the same questions, and gave the same answer to 20" in mine.explanation
    assert "3,160 pairs were compared" in mine.explanation
    assert "proves nothing" in mine.explanation
    (rushed,) = selectors.hints_of(attempts[2].learner_id)
    assert "20 of 20 timed answers came before the question can have been read" in rushed.explanation
    assert AuditEntry.objects.filter(action="integrity.hinted").count() == 2


def test_honest_people_are_not_hinted_at(quiz: Quiz, bank: list[ItemRevision]) -> None:
    sit(quiz, bank, *crowd(12))
    run = search.search_new_attempts(now=clock.now())
    assert run is not None
    assert (run.pairs, run.timed > 20, run.hints) == (80 * 79 / 2, True, 0)


def test_nothing_happens_to_a_learner_by_itself_nor_when_a_person_notes_it(attempts: list[Attempt]) -> None:
    before = _everything()
    tasks.look_for_hints()
    assert IntegrityHint.objects.exists()
    assert _everything() == before
    reviewer = make_user()
    for hint in IntegrityHint.objects.all():
        services.decide(hint_id=hint.pk, state="noted", reason="Copied.", decided_by=reviewer.pk, now=clock.now())
    assert _everything() == before


def test_each_attempt_is_new_once_and_is_compared_with_all_before(
    quiz: Quiz, bank: list[ItemRevision], attempts: list[Attempt]
) -> None:
    now = clock.now()
    first = search.search_new_attempts(now=now)
    assert search.search_new_attempts(now=now) is None
    assert first is not None
    IntegrityHint.objects.all().delete()
    # The next night somebody hands in what the first two had.
    answers = np.array([list(AttemptItem.objects.filter(attempt=attempts[0]).values_list("response", flat=True))])
    (late,) = sit(quiz, bank, answers, np.full((1, 20), SECONDS), days_ago=-0.5)
    second = search.search_new_attempts(now=now + timedelta(days=1))
    assert second is not None
    assert (second.since, second.attempts, second.pairs) == (first.until, 1, 80)
    assert all(late.pk in {hint.attempt_id, hint.other_id} for hint in IntegrityHint.objects.all())
    assert IntegrityHint.objects.count() == 2
    assert IntegrityRun.objects.count() == 2


def test_what_the_clock_closed_is_new_when_it_was_closed_however_long_it_was_over_then(
    quiz: Quiz, bank: list[ItemRevision], attempts: list[Attempt]
) -> None:
    now = clock.now()
    answers = np.array([list(AttemptItem.objects.filter(attempt=attempts[0]).values_list("response", flat=True))])
    (left,) = sit(quiz, bank, answers, np.full((1, 20), SECONDS), days_ago=2)
    # It was due before the first night, and closed after it: the answers were saved, and nobody came by.
    Attempt.objects.filter(pk=left.pk).update(submitted_at=None, score=None, passed=None)
    first = search.search_new_attempts(now=now)
    assert first is not None
    Attempt.objects.filter(pk=left.pk).update(
        submitted_at=left.due_at, score=0.6, passed=True, closed_by_clock=True, known_at=now + timedelta(hours=12)
    )
    second = search.search_new_attempts(now=now + timedelta(days=1))
    assert second is not None
    assert (second.attempts, second.pairs) == (1, 80)
    assert left.pk in {pk for hint in IntegrityHint.objects.all() for pk in (hint.attempt_id, hint.other_id)}


def test_too_few_attempts_or_too_few_common_questions_are_passed_over(quiz: Quiz, bank: list[ItemRevision]) -> None:
    answers, seconds = crowd(13, people=40)
    answers[1] = answers[0]
    sit(quiz, bank, answers, seconds)
    run = search.search_new_attempts(now=clock.now())
    assert run is not None
    assert (run.attempts, run.pairs, run.hints) == (0, 0, 0)


def test_a_hint_is_closed_once_by_a_named_person_with_a_reason(pair: IntegrityHint) -> None:
    reviewer, second, now = make_user(), make_user(), clock.now()
    given: dict[str, Any] = {"hint_id": pair.pk, "state": "dismissed", "reason": " A study group. ", "now": now}
    with pytest.raises(ReasonMissing):
        services.decide(**{**given, "reason": "  "}, decided_by=reviewer.pk)
    with pytest.raises(HintOnOneself):
        services.decide(**given, decided_by=pair.attempt.learner_id)
    with pytest.raises(NotFound):
        services.decide(**{**given, "hint_id": new_id()}, decided_by=reviewer.pk)
    assert IntegrityHint.objects.get(pk=pair.pk).state == "open"
    for _ in range(2):
        services.decide(**given, decided_by=reviewer.pk)
    with pytest.raises(HintDecided):
        services.decide(**given, decided_by=second.pk)
    with pytest.raises(HintDecided):
        services.decide(**{**given, "state": "noted"}, decided_by=reviewer.pk)
    pair.refresh_from_db()
    assert (pair.state, pair.reason, pair.decided_by_id, pair.decided_at) == (
        "dismissed",
        "A study group.",
        reviewer.pk,
        now,
    )
    (entry,) = AuditEntry.objects.filter(action="integrity.dismissed")
    assert (entry.actor, entry.subject_id, entry.detail) == (str(reviewer.pk), str(pair.pk), {})
    with pytest.raises(IntegrityError, match="closed_with_a_reason"), transaction.atomic():
        IntegrityHint.objects.filter(pk=pair.pk).update(reason="")


def test_an_export_has_what_concerns_oneself_and_nobody_else(pair: IntegrityHint) -> None:
    services.decide(hint_id=pair.pk, state="noted", reason="Looked at.", decided_by=make_user().pk, now=clock.now())
    assert pair.other is not None
    first_id, second_id = pair.attempt.learner_id, pair.other.learner_id
    (mine,), (theirs,) = selectors.hints_of(first_id), selectors.hints_of(second_id)
    assert (mine.attempt_id, theirs.attempt_id) == (pair.attempt_id, pair.other_id)
    assert (mine.state, mine.reason) == ("noted", "Looked at.")
    assert str(second_id) not in str(mine)
    assert str(pair.other_id) not in str(mine)
    assert selectors.hints_of(make_user().pk) == []


def test_hints_are_forgotten_after_a_while_and_with_the_learner(pair: IntegrityHint) -> None:
    IntegrityHint.objects.exclude(pk=pair.pk).delete()
    now = clock.now()
    assert services.forget(now=now + timedelta(days=179)) == 0
    services.decide(hint_id=pair.pk, state="noted", reason="Looked at.", decided_by=make_user().pk, now=now)
    assert services.forget(now=now + timedelta(days=181)) == 0
    other = IntegrityHint.objects.create(
        kind="fast_answers", quiz=pair.quiz, attempt=pair.attempt, statistic=-4, p_value=0, q_value=0, facts={}
    )
    assert services.forget(now=now + timedelta(days=181)) == 1
    assert not IntegrityHint.objects.filter(pk=other.pk).exists()
    assert pair.other is not None
    Attempt.objects.filter(pk=pair.other_id).delete()
    assert not IntegrityHint.objects.exists()


def staff(client: Any, role: str, **given: Any) -> User:
    user = make_user(is_staff=True, **given)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


def test_a_reviewer_decides_in_the_admin(client: Any, pair: IntegrityHint) -> None:
    reviewer = staff(client, REVIEWER)
    listing = client.get(reverse("admin:assessments_integrityhint_changelist")).content.decode()
    assert pair.attempt.learner.legal_name in listing
    page = reverse("admin:assessments_integrityhint_change", args=[pair.pk])
    assert "gave the same answer to 20 of them" in client.get(page).content.decode()
    assert client.post(page, {"decision": "dismissed", "why": ""}).status_code == 200
    assert (
        client.post(page, {"decision": "dismissed", "why": "They sat side by side in a study group."}).status_code
        == 302
    )
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by_id) == ("dismissed", reviewer.pk)
    closed = client.get(page).content.decode()
    assert "study group" in closed
    assert 'name="decision"' not in closed
    assert client.get(reverse("admin:assessments_integrityrun_changelist")).status_code == 200


def test_a_pair_shows_to_whoever_may_see_both_and_to_no_trainer(client: Any, pair: IntegrityHint) -> None:
    listing = reverse("admin:assessments_integrityhint_changelist")
    page = reverse("admin:assessments_integrityhint_change", args=[pair.pk])

    def sees() -> bool:
        return str(pair.pk) in client.get(listing).content.decode() and client.get(page).status_code == 200

    staff(client, REVIEWER, member_state_id="JP")
    assert sees()
    Learner.objects.filter(pk=pair.other.learner_id).update(member_state_id="ID")  # type: ignore[union-attr]
    assert not sees()
    staff(client, REVIEWER, member_state_id="ID")
    assert not sees()
    for role in (TRAINER, STATE_ADMINISTRATOR):
        staff(client, role, member_state_id="JP")
        assert client.get(listing).status_code == 403


def test_the_list_costs_the_same_for_many(client: Any, attempts: list[Attempt], query_budget: Any) -> None:
    staff(client, REVIEWER)
    listing = reverse("admin:assessments_integrityhint_changelist")
    client.get(listing)

    def hint(attempt_id: UUID) -> IntegrityHint:
        facts = {"hasty": 1, "timed": 2}
        return IntegrityHint(
            kind="fast_answers",
            quiz_id=attempts[0].quiz_id,
            attempt_id=attempt_id,
            statistic=0,
            p_value=0,
            q_value=0,
            facts=facts,
        )

    for chosen in (attempts[:1], attempts[1:51]):
        IntegrityHint.objects.bulk_create(hint(candidate.pk) for candidate in chosen)
        with query_budget(11):
            assert client.get(listing).status_code == 200
