"""Writes of quizzes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.errors import UnsoundQuiz
from assessments.items.kinds import Fault
from assessments.items.selectors import bank
from assessments.quizzes.models import Quiz
from assessments.quizzes.rules import Blueprint, faults, read_pools, shortages
from common.errors import NotFound
from courses import public as courses
from privacy import public as privacy


def check(blueprint: Blueprint, *, edition_id: UUID) -> list[Fault]:
    """Return what is wrong with a blueprint for an edition, the bank's shortages in each language included.

    Raises:
        NotFound: there is no such edition.
    """
    edition = courses.edition(edition_id)
    if edition is None:
        raise NotFound()
    found = faults(blueprint, languages=edition.languages)
    if found:
        return found
    pools = read_pools(blueprint.pools)
    for language in edition.languages:
        held = [(one.skill, one.level) for one in bank(edition_id=edition_id, language=language)]
        found += [
            Fault(fault.pointer, f"in {language}: {fault.message}") for fault in shortages(pools, held)
        ]  # fmt: skip
    return found


def blueprint_of(quiz: Quiz) -> Blueprint:
    """The quiz as the rules see it."""
    return Blueprint(
        quiz.titles, quiz.mode, quiz.pools, quiz.attempt_limit, quiz.time_limit_s, Decimal(str(quiz.pass_share))
    )


@transaction.atomic
def put_quiz(
    *, quiz_id: UUID, edition_id: UUID, slug: str, titles: Mapping[str, str], mode: str, pools: list[dict[str, Any]],
    attempt_limit: int, time_limit_s: int, pass_share: Decimal, actor: str, open_when_new: bool = False,
) -> Quiz:  # fmt: skip
    """Make a quiz or bring it to this blueprint; a second call with the same values changes nothing.

    Attempts under way keep what they drew and when they are due.

    Raises:
        NotFound: there is no such edition.
        UnsoundQuiz: the blueprint cannot be read, or a quiz that is open could not be drawn from the bank.
    """
    quiz = Quiz.objects.select_for_update(no_key=True).filter(pk=quiz_id).first()
    is_new = quiz is None
    if quiz is None:
        quiz = Quiz(pk=quiz_id, open=open_when_new)
    before = None if is_new else (quiz.edition_id, quiz.slug, blueprint_of(quiz))
    quiz.edition_id, quiz.slug, quiz.titles, quiz.mode, quiz.pools = edition_id, slug, dict(titles), mode, pools
    quiz.attempt_limit, quiz.time_limit_s, quiz.pass_share = attempt_limit, time_limit_s, pass_share
    if before == (edition_id, slug, blueprint_of(quiz)):
        return quiz
    _refuse(quiz)
    quiz.save(force_insert=is_new)
    privacy.audit(actor=actor, action="quiz.written", subject_kind="quiz", subject_id=str(quiz.pk))
    return quiz


@transaction.atomic
def set_open(*, quiz_id: UUID, opened: bool, actor: str) -> Quiz:
    """Let learners start attempts, or no more; a second call changes nothing.

    Raises:
        NotFound: there is no such quiz.
        UnsoundQuiz: the bank cannot satisfy it.
    """
    quiz = Quiz.objects.select_for_update(no_key=True).filter(pk=quiz_id).first()
    if quiz is None:
        raise NotFound()
    if quiz.open == opened:
        return quiz
    quiz.open = opened
    _refuse(quiz)
    quiz.save(update_fields=["open"])
    privacy.audit(
        actor=actor, action="quiz.opened" if opened else "quiz.closed", subject_kind="quiz", subject_id=str(quiz.pk)
    )
    return quiz


def _refuse(quiz: Quiz) -> None:
    """Raise UnsoundQuiz for a blueprint with faults; a closed one may still wait for items."""
    found = check(blueprint_of(quiz), edition_id=quiz.edition_id) if quiz.open else _own_faults(quiz)
    if found:
        listed = [str(fault) for fault in found]
        raise UnsoundQuiz("; ".join(listed), faults=listed)


def _own_faults(quiz: Quiz) -> list[Fault]:
    edition = courses.edition(quiz.edition_id)
    if edition is None:
        raise NotFound()
    return faults(blueprint_of(quiz), languages=edition.languages)
