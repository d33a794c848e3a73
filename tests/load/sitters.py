"""Many learners in the middle of an attempt, written as rows; and the tokens they call with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from allauth.headless.tokens.strategies.jwt import internal
from django.db import transaction

from accounts.models import User
from accounts.tokens import TokenStrategy
from assessments.attempts.models import Attempt, AttemptItem
from assessments.items.models import Item
from assessments.quizzes.models import Quiz
from common import clock
from common.ids import new_id
from learners.models import Learner
from privacy.models import ConsentRecord
from tests.assessments.factories import RIGHT, WRONG, edition_of, make_bank, make_edition, make_quiz, version_of

QUESTIONS = 10
LANGUAGES = ("en", "ja", "th", "vi", "id", "km", "lo", "my", "ms", "fil", "zh-Hans", "ta")


@dataclass(frozen=True)
class Sitter:
    """A learner with a live attempt. `items` are pairs of the attempt item's id and its kind."""

    user: User
    attempt_id: UUID
    items: tuple[tuple[UUID, str], ...]

    @property
    def path(self) -> str:
        return f"/api/v1/me/attempts/{self.attempt_id}/submission"

    def token(self) -> str:
        """A real access token, made without the sign-in: hashing a password takes longer than all the rest."""
        session: Any = SimpleNamespace(session_key=self.user.pk.hex)
        return internal.create_access_token(self.user, session, TokenStrategy().get_claims(self.user))

    def answers(self, *, right: int = QUESTIONS) -> dict[str, Any]:
        """A submission with the first `right` items right, and how long each took."""
        return {
            "answers": [
                {"item": str(item), "response": (RIGHT if n < right else WRONG)[kind], "seconds": 5.0 + n}
                for n, (item, kind) in enumerate(self.items)
            ]
        }


def seat(count: int, *, quiz: Quiz | None = None) -> list[Sitter]:
    """Write `count` learners, each with a live attempt of ten questions in Japanese; a bank in twelve languages."""
    if quiz is None:
        quiz = make_quiz(_edition(), pools=[{"skill": "AIS-A1", "count": 5}, {"skill": "AIS-B1", "count": 5}])
    revisions = [item.revisions.get() for item in Item.objects.filter(bank__course=quiz.course_id).order_by("code")]
    now = clock.now()
    sitters: list[Sitter] = []
    attempts: list[Attempt] = []
    version = version_of(quiz)
    items: list[AttemptItem] = []
    for n in range(count):
        user = User(id=new_id(), username=f"sitter-{new_id()}", password="!", member_state_id="JP")
        attempt = Attempt(
            pk=new_id(),
            quiz=quiz,
            quiz_version=version,
            edition=edition_of(quiz),
            learner_id=user.pk,
            number=1,
            seed=n,
            language="ja",
            started_at=now - timedelta(minutes=10),
            due_at=now + timedelta(hours=1),
        )
        asked = [
            AttemptItem(
                pk=new_id(),
                attempt=attempt,
                position=position,
                revision=revisions[(n + position) % len(revisions)],
                option_order=[] if revisions[(n + position) % len(revisions)].kind == "numeric" else list("badc"),
            )
            for position in range(QUESTIONS)
        ]
        attempts.append(attempt)
        items += asked
        sitters.append(Sitter(user, attempt.pk, tuple((question.pk, question.revision.kind) for question in asked)))
    with transaction.atomic():
        User.objects.bulk_create([sitter.user for sitter in sitters])
        Learner.objects.bulk_create(
            Learner(
                user_id=sitter.user.pk, legal_name="山田 愛子", member_state_id="JP", languages=["ja"], birth_year=1990
            )
            for sitter in sitters
        )
        ConsentRecord.objects.bulk_create(
            ConsentRecord(
                user_id=sitter.user.pk, purpose_id="learning_records", given=True, text_version=1, text_language="en"
            )
            for sitter in sitters
        )
        Attempt.objects.bulk_create(attempts)
        AttemptItem.objects.bulk_create(items, batch_size=5000)
    return sitters


def _edition() -> Any:
    edition = make_edition(languages=LANGUAGES)
    make_bank(edition, each=8)
    return edition
