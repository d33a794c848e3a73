"""Writes of quizzes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.db import transaction

from assessments.errors import InvalidQuiz
from assessments.items.kinds import Issue
from assessments.items.selectors import Candidate, bank
from assessments.quizzes.filling import overexposures, shortages
from assessments.quizzes.issues import issues
from assessments.quizzes.models import EditionQuiz, Quiz, QuizVersion
from assessments.quizzes.rules import BLUEPRINT_FIELDS, Blueprint, digest_of, document_of, pools_of
from assessments.quizzes.selectors import blueprint_of
from common import clock
from common.errors import NotFound
from courses import public as courses
from learners import public as learners
from privacy import public as privacy


def check(blueprint: Blueprint, *, course_id: UUID, slug: str) -> list[Issue]:
    """Return what is wrong with a blueprint for a course, what it refers to and the bank in each language included.

    Raises:
        NotFound: there is no such course.
    """
    course = courses.course(course_id)
    if course is None:
        raise NotFound()
    found = issues(blueprint, languages=course.languages)
    if found:
        return found
    found = [*_level_issues(blueprint), *_reference_issues(blueprint, course_id, slug)]
    for language in course.languages:
        held = bank(course_id=course_id, language=language)
        found += [Issue(issue.pointer, f"in {language}: {issue.message}") for issue in _bank_issues(blueprint, held)]
    return found


@transaction.atomic
def put_quiz(
    *, quiz_id: UUID, course_id: UUID, slug: str, blueprint: Blueprint, actor: str, open_when_new: bool = False
) -> Quiz:
    """Make a quiz or bring it to this blueprint; a second call with the same values changes nothing.

    This is a draft: what is offered, and by what an attempt is judged, stays as it is until the quiz is frozen anew, or with
    the next edition. Windows hold at once. One that is open when it is made is offered in the published edition.

    Raises:
        NotFound: there is no such course.
        InvalidQuiz: the blueprint cannot be read, or a quiz that is open could not be drawn from the bank.
    """
    quiz = Quiz.objects.select_for_update(no_key=True).filter(pk=quiz_id).first()
    is_new = quiz is None
    if quiz is None:
        quiz = Quiz(pk=quiz_id, open=open_when_new)
    if not is_new and (quiz.course_id, quiz.slug, blueprint_of(quiz)) == (course_id, slug, blueprint):
        return quiz
    quiz.course_id, quiz.slug = course_id, slug
    for name in BLUEPRINT_FIELDS:
        setattr(quiz, name, getattr(blueprint, name))
    _refuse(quiz, blueprint)
    quiz.save(force_insert=is_new)
    privacy.audit(actor=actor, action="quiz.written", subject_kind="quiz", subject_id=str(quiz.pk))
    if quiz.open and is_new:
        _offer(quiz, blueprint, actor=actor)
    return quiz


@transaction.atomic
def freeze_quiz(*, edition_id: UUID, quiz_id: UUID, actor: str) -> EditionQuiz:
    """Offer a quiz in an edition as its author has it by now; a second call changes nothing.

    Attempts that were started before keep their version, also those under way.

    Raises:
        NotFound: the edition's course has no such quiz.
        InvalidQuiz: it is open, and the bank cannot satisfy it.
    """
    quiz = (
        Quiz.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=quiz_id, course__editions=edition_id)
        .first()
    )
    if quiz is None:
        raise NotFound()
    blueprint = blueprint_of(quiz)
    _refuse(quiz, blueprint)
    return pin(quiz, blueprint, edition_id=edition_id, actor=actor)


def offer_now(*, quiz_id: UUID, actor: str) -> EditionQuiz:
    """Offer a quiz as its author has it by now in the published edition of its course, as `freeze_quiz` does.

    Raises:
        NotFound: there is no such quiz, or no edition of its course is published.
        InvalidQuiz: it is open, and the bank cannot satisfy it.
    """
    course_id = Quiz.objects.filter(pk=quiz_id).values_list("course", flat=True).first()
    running = courses.running_editions([course_id]).get(course_id) if course_id else None
    if running is None:
        raise NotFound()
    return freeze_quiz(edition_id=running, quiz_id=quiz_id, actor=actor)


def _offer(quiz: Quiz, blueprint: Blueprint, *, actor: str) -> None:
    """Offer it in the course's published edition; before there is one, the first edition takes it when it is proposed."""
    running = courses.running_editions([quiz.course_id]).get(quiz.course_id)
    if running is not None:
        pin(quiz, blueprint, edition_id=running, actor=actor)


def pin(quiz: Quiz, blueprint: Blueprint, *, edition_id: UUID, actor: str) -> EditionQuiz:
    """Pin the version of these words; the caller has locked the quiz, so that numbers follow one another."""
    document = document_of(blueprint)
    digest = digest_of(document)
    version = quiz.versions.filter(digest=digest).first()
    if version is None:
        last = quiz.versions.order_by("-number").values_list("number", flat=True).first() or 0
        version = QuizVersion.objects.create(
            quiz=quiz, number=last + 1, digest=digest, blueprint=document, created_at=clock.now()
        )
    pinned = EditionQuiz.objects.filter(edition_id=edition_id, quiz=quiz).first()
    if pinned is not None and pinned.version_id == version.pk:
        return pinned
    if pinned is None:
        pinned = EditionQuiz(edition_id=edition_id, quiz=quiz)
    pinned.version = version
    pinned.save()
    privacy.audit(
        actor=actor, action="quiz.frozen", subject_kind="quiz", subject_id=str(quiz.pk), version=version.number
    )
    return pinned


@transaction.atomic
def set_open(*, quiz_id: UUID, opened: bool, actor: str) -> Quiz:
    """Let learners start attempts, or no more; a second call changes nothing. Opening freezes the quiz as it is by now.

    Raises:
        NotFound: there is no such quiz.
        InvalidQuiz: the bank cannot satisfy it.
    """
    quiz = Quiz.objects.select_for_update(no_key=True).filter(pk=quiz_id).first()
    if quiz is None:
        raise NotFound()
    if quiz.open == opened:
        return quiz
    quiz.open = opened
    blueprint = blueprint_of(quiz)
    _refuse(quiz, blueprint)
    quiz.save(update_fields=["open"])
    if opened:
        _offer(quiz, blueprint, actor=actor)
    privacy.audit(
        actor=actor, action="quiz.opened" if opened else "quiz.closed", subject_kind="quiz", subject_id=str(quiz.pk)
    )
    return quiz


def _refuse(quiz: Quiz, blueprint: Blueprint) -> None:
    """Raise InvalidQuiz for a blueprint with faults; a closed one may still wait for items, quizzes and cohorts."""
    found = (
        check(blueprint, course_id=quiz.course_id, slug=quiz.slug)
        if quiz.open
        else own_issues(blueprint, course_id=quiz.course_id)
    )
    if found:
        listed = [str(issue) for issue in found]
        raise InvalidQuiz("; ".join(listed), faults=listed)


def own_issues(blueprint: Blueprint, *, course_id: UUID) -> list[Issue]:
    """Return what is wrong with a blueprint as such.

    Raises:
        NotFound: there is no such course.
    """
    course = courses.course(course_id)
    if course is None:
        raise NotFound()
    return issues(blueprint, languages=course.languages)


def _bank_issues(blueprint: Blueprint, held: Sequence[Candidate]) -> Iterator[Issue]:
    codes = {entry.code for entry in held}
    for index, form in enumerate(blueprint.forms):
        missing = [code for code in form["items"] if code not in codes]
        if missing:
            yield Issue(f"/forms/{index}/items", f"the bank does not have {', '.join(missing)}")
    unknown = [code for code in blueprint.options_in_order if code not in codes]
    if unknown:
        yield Issue("/options_in_order", f"the bank does not have {', '.join(unknown)}")
    pools, classes = pools_of(blueprint), [(entry.skill, entry.level, entry.difficulty) for entry in held]
    short = shortages(pools, classes)
    yield from short
    if blueprint.mode == "certification" and not short:
        yield from overexposures(pools, classes, most=float(blueprint.max_exposure))


def _level_issues(blueprint: Blueprint) -> Iterator[Issue]:
    computed = sorted(courses.framework().thresholds)
    if blueprint.certified_level is not None and blueprint.certified_level not in computed:
        yield Issue("/certified_level", f"must be one of {', '.join(map(str, computed))}: others are given by people")


def _reference_issues(blueprint: Blueprint, course_id: UUID, slug: str) -> Iterator[Issue]:
    """Yield where the blueprint names a quiz, a skill or a cohort that is not there, or that waits for this quiz."""
    wanted: dict[str, list[str]] = {}
    if any("quiz" in prerequisite for prerequisite in blueprint.prerequisites):
        others = Quiz.objects.filter(course_id=course_id).values_list("slug", "prerequisites")
        wanted = {other: [question["quiz"] for question in asked if "quiz" in question] for other, asked in others}
    skills = courses.framework().skills
    for index, prerequisite in enumerate(blueprint.prerequisites):
        at = f"/prerequisites/{index}"
        if "quiz" in prerequisite:
            if prerequisite["quiz"] == slug or _leads_to(prerequisite["quiz"], slug, wanted):
                yield Issue(at, f"{prerequisite['quiz']} waits for this quiz itself")
            elif prerequisite["quiz"] not in wanted:
                yield Issue(at, f"the course has no quiz {prerequisite['quiz']}")
        if "skill" in prerequisite and prerequisite["skill"] not in skills:
            yield Issue(at, f"{prerequisite['skill']} is no skill of the framework")
    cohorts = {window["cohort"] for window in blueprint.windows if window.get("cohort")}
    for code in sorted(cohorts - learners.cohort_codes(course_id) if cohorts else ()):
        yield Issue("/windows", f"the course has no cohort {code}")


def _leads_to(start: str, end: str, wanted: Mapping[str, Sequence[str]]) -> bool:
    seen, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            waiting += wanted.get(at, ())
    return False
