"""Reading the answers of a course for analysis: one statement, then arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from assessments.analysis import groups
from assessments.analysis.classical import OPEN, Answers, Choice
from assessments.analysis.rules import METHOD, Stated
from assessments.analysis.statements import FirstAttempt, first_attempts
from assessments.items.models import ItemRevision
from assessments.items.selectors import banks_of
from assessments.outcomes.rules import LOGITS
from assessments.quizzes.models import Quiz
from privacy import public as privacy

# Practice and placement choose items by the learner's estimated ability, which would bias the figures.
MODES = (Quiz.Mode.ASSESSMENT, Quiz.Mode.CERTIFICATION)


@dataclass(frozen=True)
class Analysed:
    """Everything one run is made from. `revisions` and `quizzes` are the ids behind the indices of `answers`.

    An item is all revisions that measure the same: `revisions` has the first of them, `joined` the numbers of those that
    were answered.
    """

    answers: Answers
    revisions: Sequence[int]
    joined: Sequence[Sequence[int]]
    quizzes: Sequence[UUID]
    stated: Sequence[Stated]
    choices: Mapping[int, Choice]
    digest: str
    learners: int


def answers_of(course_id: UUID, *, now: datetime) -> Analysed | None:
    """Return the first attempts of the course's learners, None without any; one statement for all answers.

    Learners who have withdrawn the consent to learning records are left out: analysing is processing too.
    """
    revisions = {
        revision.pk: revision
        for revision in ItemRevision.objects.filter(item__bank__in=banks_of(course=course_id, also_ended=True))
        .only("pk", "item_id", "number", "measured_as", "key", "content", "guess", "difficulty")
        .order_by("pk")
    }
    choices = {
        pk: choice
        for pk, revision in revisions.items()
        if (choice := _choice(revision.key, revision.content)) is not None
    }
    attempts = first_attempts(course_id=course_id, modes=[str(mode) for mode in MODES], choices=choices)
    consenting = privacy.users_with_consent(
        user_ids={attempt.learner_id for attempt in attempts}, purpose=privacy.LEARNING_RECORDS
    )
    attempts = [attempt for attempt in attempts if attempt.learner_id in consenting]
    if not attempts:
        return None
    return _analysed(attempts, revisions, choices, now)


def _analysed(
    attempts: Sequence[FirstAttempt],
    revisions: Mapping[int, ItemRevision],
    choices: Mapping[int, Choice],
    now: datetime,
) -> Analysed:
    flat = [revision_id for attempt in attempts for revision_id in attempt.revision_ids]
    first_of = {(revision.item_id, revision.number): pk for pk, revision in revisions.items()}
    measure_of = {pk: first_of[revisions[pk].item_id, revisions[pk].measured_as] for pk in set(flat)}
    used = sorted(set(measure_of.values()))
    joined: dict[int, list[ItemRevision]] = {}
    for pk in sorted(measure_of, key=lambda pk: revisions[pk].number):
        joined.setdefault(measure_of[pk], []).append(revisions[pk])
    item_index = {pk: index for index, pk in enumerate(used)}
    quizzes = sorted({attempt.quiz_id for attempt in attempts})
    quiz_index = {pk: index for index, pk in enumerate(quizzes)}
    learner_ids = [attempt.learner_id for attempt in attempts]
    texts = [text for attempt in attempts for text in attempt.responses]
    vocabulary = sorted({text for text in texts if text is not None})
    code: dict[str | None, int] = {None: OPEN, **{text: index for index, text in enumerate(vocabulary)}}
    item = np.fromiter((item_index[measure_of[pk]] for pk in flat), np.int64, len(flat))
    attempt_of_answer = np.repeat(np.arange(len(attempts)), [len(attempt.revision_ids) for attempt in attempts])
    answers = Answers(
        attempt=attempt_of_answer,
        item=item,
        score=np.fromiter((score for attempt in attempts for score in attempt.scores), np.float64, len(flat)),
        seconds=np.fromiter(
            (np.nan if s is None else s for attempt in attempts for s in attempt.seconds), np.float64, len(flat)
        ),
        response=np.fromiter((code[text] for text in texts), np.int64, len(flat)),
        vocabulary=vocabulary,
        is_first=_first_encounters(learner_ids, attempt_of_answer, item, [revisions[pk].item_id for pk in used]),
        quiz=np.fromiter((quiz_index[attempt.quiz_id] for attempt in attempts), np.int64, len(attempts)),
        groups=_groups(attempts, learner_ids, now),
        items=len(used),
        wording=np.fromiter((revisions[pk].number for pk in flat), np.int64, len(flat)),
    )
    # What holds now is what the newest of them says.
    newest = [joined[pk][-1] for pk in used]
    stated = [Stated(revision.guess, LOGITS[revision.difficulty]) for revision in newest]
    return Analysed(
        answers,
        used,
        [[revision.number for revision in joined[pk]] for pk in used],
        quizzes,
        stated,
        {index: choices[revision.pk] for index, revision in enumerate(newest) if revision.pk in choices},
        _digest(answers, used, quizzes, stated),
        len(set(learner_ids)),
    )


def _choice(key: Any, content: Mapping[str, Any]) -> Choice | None:
    """Return what can be chosen where the key names right options; None of other kinds."""
    right = key.get("correct") if isinstance(key, dict) else None
    named = [right] if isinstance(right, str) else right
    if not isinstance(named, list) or not all(isinstance(option_id, str) for option_id in named):
        return None
    options: dict[str, None] = {}
    for text in content.values():
        options.update(dict.fromkeys(option["id"] for option in text.get("options", ())))
    return Choice(tuple(options), frozenset(named)) if options else None


def _first_encounters(learner_ids: Sequence[UUID], attempt: Any, item: Any, item_ids: Sequence[UUID]) -> Any:
    """Whether the learner had not seen the item (in any revision) in an attempt that began earlier."""
    learner_index = {pk: index for index, pk in enumerate(dict.fromkeys(learner_ids))}
    learner = np.fromiter((learner_index[pk] for pk in learner_ids), np.int64, len(learner_ids))[attempt]
    question_index = {pk: index for index, pk in enumerate(dict.fromkeys(item_ids))}
    question = np.fromiter((question_index[pk] for pk in item_ids), np.int64, len(item_ids))[item]
    first = np.zeros(len(item), dtype=bool)
    first[np.unique(learner * len(question_index) + question, return_index=True)[1]] = True
    return first


def _groups(attempts: Sequence[FirstAttempt], learner_ids: Sequence[UUID], now: datetime) -> dict[str, Any]:
    found = {
        groups.LANGUAGE: np.array([attempt.language for attempt in attempts]),
        groups.DEVICE: np.array([attempt.device_class for attempt in attempts]),
    }
    for factor, group_of in groups.of_learners(set(learner_ids), year=now.year).items():
        found[factor] = np.array([group_of.get(pk, "") for pk in learner_ids])
    return found


def _digest(answers: Answers, revisions: Sequence[int], quizzes: Sequence[UUID], stated: Sequence[Stated]) -> str:
    digest = hashlib.sha256(repr((METHOD, revisions, quizzes, stated, answers.vocabulary)).encode())
    for part in (
        answers.attempt,
        answers.item,
        answers.wording,
        answers.score,
        answers.seconds,
        answers.response,
        answers.quiz,
    ):
        assert part is not None
        digest.update(part.tobytes())
    for factor in sorted(answers.groups):
        digest.update(repr((factor, answers.groups[factor].tolist())).encode())
    return digest.hexdigest()
