"""An agency of one state gets nothing of the other eleven: every endpoint, every client, canaries in every text column."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.test import Client
from django.urls import URLResolver, get_resolver
from oauth2_provider.models import AccessToken

from accounts.models import RecoveryCode, User
from agencies import services
from agencies.feed import services as feed
from agencies.models import Agency, ApiClient, StatisticCell
from assessments.items.services import bank_of_course
from assessments.models import (
    Accommodation,
    Appeal,
    AppealDecision,
    AppealStep,
    Attempt,
    AttemptAllowance,
    AttemptItem,
    Claim,
    HandedInFile,
    IntegrityHint,
    Item,
    ItemRevision,
    Mark,
    MarkingTask,
    Quiz,
    Reviewer,
    ScoreCorrection,
)
from common import clock
from common.ids import new_id
from courses.models import Lesson
from credentials.models import (
    Achievement,
    AchievementVersion,
    Award,
    Certificate,
    CertificateCorrection,
    CertificateJwt,
    ExpiryReminder,
    IssuerKey,
    LogLink,
    PassedQuiz,
    Passport,
    Rendering,
    Share,
    SharedCertificate,
    StatusList,
)
from learners.models import (
    Ability,
    AssessorVerdict,
    Cohort,
    CohortMember,
    EarlierState,
    Enrolment,
    EnrolmentEdition,
    Evidence,
    Learner,
    LessonProgress,
    LessonWaiver,
    LevelAssessment,
    LevelChange,
    LevelDecision,
    LevelFreeze,
    SelfDescription,
    SittingTrace,
    SkillState,
)
from member_states.public import codes
from privacy.models import ConsentRecord, Disclosure, Pull, PurposeTextReview
from tests.agencies.factories import Machine, make_agency, make_edition, make_grant, signed_in_machine
from tests.assessments.factories import edition_of, version_of

pytestmark = pytest.mark.django_db

CANARY = re.compile(r"CANARY-([A-Z]{2})")
GRANTED_TO_THE_REGION = {"PH", "TH"}
# Tables of a person in which there is no text to put a canary into.
# What a link to the log has is a salt; the log itself is read in tests/credentials/transparency/test_log.py.
# A gender is one of four words: tests/learners/test_self_description.py looks for it in what agencies get.
WITHOUT_TEXT = {
    SittingTrace,
    AttemptAllowance,
    Claim,
    CohortMember,
    Disclosure,
    EarlierState,
    Enrolment,
    EnrolmentEdition,
    ExpiryReminder,
    HandedInFile,
    LessonProgress,
    LogLink,
    PassedQuiz,
    SelfDescription,
    SharedCertificate,
    # Of staff and of texts; no learner is in it.
    PurposeTextReview,
}

# It names the staff who wrote and approved it, and says nothing of people.
ONLY_WRITTEN_BY_PEOPLE = {ItemRevision}


def _canaried(model: type[models.Model], state: str, /, **given: Any) -> Any:
    """Make a row of which every text that is not given says which state it is of."""
    word = f"CANARY-{state}"
    for field in model._meta.concrete_fields:
        if field.name in given or field.attname in given or field.primary_key or field.choices or field.remote_field:
            continue
        if isinstance(field, ArrayField) and isinstance(field.base_field, models.CharField):
            given[field.name] = [word]
        elif isinstance(field, models.JSONField):
            given[field.name] = {word: word}
        elif isinstance(field, models.CharField | models.TextField):
            given[field.name] = word
    return model._default_manager.create(**given)


class World:
    """Twelve learners, one in each state, full of canaries, who consent to everybody there is."""

    def __init__(self) -> None:
        self.states = sorted(codes())
        self.agencies = {state: make_agency(state, name=f"Agency of {state}") for state in self.states}
        self.region = make_agency(None, name="Region")
        for state in GRANTED_TO_THE_REGION:
            make_grant(self.region, state, "aggregate")
        # Written past the service, which refuses them: learner-level grants of other states open nothing.
        make_grant(self.agencies["PH"], "JP", "learner")
        make_grant(self.region, "JP", "learner")
        self.edition = make_edition()
        self._shared()
        self.ids: dict[str, list[Any]] = {"edition_id": [self.edition.pk], "lesson_id": [self.lesson.pk]}
        learners = [self._learner(state) for state in self.states]
        feed.publish(learner_ids=learners, now=clock.now())
        for state in self.states:
            StatisticCell.objects.create(member_state_id=state, skill_code=f"CANARY-{state}", level=1, learners=10)

    def _shared(self) -> None:
        self.lesson = Lesson.objects.get(activity__course=self.edition.course_id)
        self.key = IssuerKey.objects.create(
            id="did:web:testserver#z1", issuer_id="regional", did="did:web:testserver", multikey="z1"
        )
        self.list = StatusList.objects.create(issuer_id="regional", number=1, secret=b"")
        self.achievement = Achievement.objects.create(slug="a", course=self.edition.course)
        self.version = AchievementVersion.objects.create(achievement=self.achievement, criteria={}, texts={})
        self.quiz = Quiz.objects.create(course=self.edition.course, slug="q", titles={}, pools=[])
        self.cohort = Cohort.objects.create(course=self.edition.course, code="c")
        item = Item.objects.create(bank=bank_of_course(self.edition.course_id), code="i")
        self.revision = ItemRevision.objects.create(
            item=item, kind="single", content={}, key={}, skills=["AIS-A1"], level=1, guess=0.25
        )

    def _learner(self, state: str) -> Any:
        now = clock.now()
        user = _canaried(User, state)
        _canaried(RecoveryCode, state, user=user, made_at=now)
        learner = _canaried(Learner, state, user=user, member_state_id=state, birth_year=1990)
        enrolment = Enrolment.objects.create(learner=learner, edition=self.edition, enrolled_at=now)
        EnrolmentEdition.objects.create(enrolment=enrolment, edition=self.edition, since=now, by=user.pk)
        LessonProgress.objects.create(
            enrolment=enrolment, lesson=self.lesson, furthest=50, version=f"CANARY-{state}", updated_at=now
        )
        grounds = [{"skill": f"CANARY-{state}", "level": 1, "held": 1, "probability": 0.9}]
        _canaried(LessonWaiver, state, enrolment=enrolment, lesson=self.lesson, because=grounds, at=now)
        CohortMember.objects.create(cohort=self.cohort, enrolment=enrolment)
        _canaried(Accommodation, state, learner=learner, reason="other", granted_at=now)
        numbers = {"mean": 1.0, "variance": 0.5, "count": 4, "last_at": now}
        _canaried(Ability, state, learner=learner, **numbers)
        _canaried(SkillState, state, learner=learner, probability=0.9, level=1, **numbers)
        _canaried(
            Evidence,
            state,
            id=new_id(),
            learner=learner,
            item_id=new_id(),
            item_revision=1,
            level=1,
            score=1,
            guess=0,
            difficulty=0,
            answered_at=now,
        )
        _canaried(LevelChange, state, learner=learner, level=1, evidence_id=new_id(), probability=0.9, at=now)
        decision = _canaried(
            LevelDecision,
            state,
            id=new_id(),
            learner=learner,
            level=4,
            computed_level=1,
            cause="assessors",
            decided_by=[new_id()],
            decided_at=now,
        )
        _canaried(LevelFreeze, state, id=new_id(), learner=learner, level=4, decision=decision, frozen_at=now)
        case = _canaried(
            LevelAssessment,
            state,
            id=new_id(),
            learner=learner,
            level=4,
            state="decided",
            outcome="refused",
            evidence=[{"kind": "work_based_record", "description": f"CANARY-{state}", "link": ""}],
            opened_at=now,
        )
        _canaried(
            AssessorVerdict,
            state,
            id=new_id(),
            assessment=case,
            learner=learner,
            assessor=new_id(),
            recommended=False,
            given_at=now,
        )
        PassedQuiz.objects.create(learner=learner, quiz_id=self.quiz.pk, passed_at=now)
        award = _canaried(
            Award,
            state,
            learner=learner,
            achievement=self.achievement,
            version=self.version,
            edition=self.edition,
            decided_at=now,
        )
        certificate = _canaried(
            Certificate,
            state,
            award=award,
            learner=learner,
            predecessor=None,
            key=self.key,
            status_list=self.list,
            status_index=StatusList.objects.count() + Certificate.objects.count(),
            valid_from=now,
        )
        Rendering.objects.create(sha256=state, certificate=certificate, body=f"CANARY-{state}".encode())
        share = _canaried(
            Share,
            state,
            id=new_id(),
            learner=learner,
            token_sha256=state.encode(),
            salt=b"",
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        _canaried(CertificateJwt, state, certificate=certificate, key=self.key, asked_at=now, signed_at=now)
        _canaried(Passport, state, learner=learner, key=self.key, asked_at=now, valid_until=now)
        SharedCertificate.objects.create(share=share, certificate=certificate, position=0)
        correction = _canaried(
            CertificateCorrection, state, id=new_id(), certificate=certificate, learner=learner, asked_by=new_id()
        )
        ExpiryReminder.objects.create(certificate=certificate, days=90)
        AttemptAllowance.objects.create(quiz=self.quiz, learner=learner, used=1)
        attempt = _canaried(
            Attempt,
            state,
            quiz=self.quiz,
            edition=edition_of(self.quiz),
            quiz_version=version_of(self.quiz),
            learner=learner,
            number=1,
            seed=1,
            started_at=now,
            due_at=now,
        )
        item = _canaried(AttemptItem, state, attempt=attempt, position=0, revision=self.revision)
        task = _canaried(MarkingTask, state, attempt_item=item, opened_at=now)
        _canaried(Mark, state, task=task, learner=learner, marker_id=new_id(), number=1, score=1, given_at=now)
        _canaried(
            IntegrityHint,
            state,
            kind="fast_answers",
            quiz=self.quiz,
            attempt=attempt,
            other=None,
            decided_by=None,
            statistic=-4,
            p_value=0,
            q_value=0,
            state="noted",
            decided_at=now,
        )
        file = HandedInFile.objects.create(
            id=new_id(),
            attempt=attempt,
            media_type="text/plain",
            size=9,
            sha256=b"",
            body=f"CANARY-{state}".encode(),
            uploaded_at=now,
        )
        appeal = _canaried(Appeal, state, learner=learner, opened_at=now, due_at=now)
        reviewer = _canaried(
            Reviewer, state, user=_canaried(User, state, username=f"CANARY-{state}-reviewer", email="")
        )
        _canaried(AppealStep, state, appeal=appeal, learner=learner, at=now)
        _canaried(
            AppealDecision,
            state,
            appeal=appeal,
            learner=learner,
            decided_by=reviewer,
            decided_at=now,
            revisions=[],
            outcome="upheld",
        )
        _canaried(ScoreCorrection, state, learner=learner, item=item, corrects=item.pk, score=0.5, at=now)
        pull = Pull.objects.create(agency=self.agencies[state], client_id="x", operation="x", row_count=1)
        Disclosure.objects.create(pull=pull, user=user)
        ConsentRecord.objects.create(user=user, purpose_id="learning_records", given=True, text_version=1)
        for agency in (*self.agencies.values(), self.region):
            record = _canaried(
                ConsentRecord, state, user=user, purpose_id="share_progress", agency=agency, given=True, text_version=1
            )
        for name, value in (
            ("enrolment_id", enrolment.pk),
            ("attempt_id", attempt.pk),
            ("record_id", record.record_id),
            ("learner_id", learner.pk),
            ("assessment_id", case.pk),
            ("file_id", file.pk),
            ("task_id", task.pk),
            ("appeal_id", appeal.pk),
            ("share_id", share.pk),
            ("certificate_id", certificate.pk),
            ("correction_id", correction.pk),
        ):
            self.ids.setdefault(name, []).append(value)
        return learner.pk


@pytest.fixture
def world() -> World:
    return World()


def _paths(world: World, patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of ours, with the ids of other people's things in it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _paths(world, pattern.url_patterns, route)
        elif route.startswith(("api/v1", "agency/", "verify", "log/", ".well-known", "shared/", "ims/")):
            names = re.findall(r"<(?:\w+:)?(\w+)>", route)
            for values in itertools.product(*(world.ids.get(name, [uuid4()])[:3] for name in names)):
                filled = route
                for name, value in zip(names, values, strict=True):
                    filled = re.sub(rf"<(\w+:)?{name}>", str(value), filled)
                yield "/" + filled


def _requests(world: World) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = [(path, {}) for path in _paths(world)]
    for state in ("JP", "PH", "TH"):
        found.append(("/agency/v1/statistics", {"state": state}))
        found.append(("/agency/v1/statistics", {"skill": f"CANARY-{state}"}))
        found.append(
            (
                "/agency/v1/progress",
                {"state": state, "member_state": state, "agency_id": str(world.agencies[state].pk)},
            )
        )
        cursor = signed_in_machine(world.agencies[state]).pull(limit=1).json()["next"]
        found.append(("/agency/v1/progress", {"cursor": cursor}))
    return found


def _told(client: Any, requests: list[tuple[str, dict[str, str]]], token: str) -> set[str]:
    """Return the states whose canaries are anywhere in the answers, headers included."""
    states: set[str] = set()
    for path, query in requests:
        answer = client.get(path, query, headers={"authorization": f"Bearer {token}"} if token else {})
        assert answer.status_code < 500, path
        assert not answer.streaming
        text = answer.content.decode("utf-8", "replace") + str(answer.headers)
        states |= set(CANARY.findall(text))
    return states


def test_every_text_of_a_person_holds_a_canary(world: World) -> None:
    """Keeps the test below honest when a table is added: it must get its canaries, or a reason not to."""
    personal: set[Any] = {User}
    ours = [apps.get_app_config(name) for name in ("accounts", "learners", "credentials", "assessments", "privacy")]
    while True:
        found = {
            model
            for config in ours
            for model in config.get_models()
            if model not in ONLY_WRITTEN_BY_PEOPLE
            and any(field.remote_field and field.related_model in personal for field in model._meta.concrete_fields)
        }
        if found <= personal:
            break
        personal |= found
    for model in personal - WITHOUT_TEXT:
        rows = [str(list(row.values())) for row in model._default_manager.values()]
        for state in world.states:
            assert any(f"CANARY-{state}" in row for row in rows), (model, state)


def test_each_state_s_agency_sees_its_own_learners_only(world: World) -> None:
    requests = _requests(world)
    for state, agency in world.agencies.items():
        machine = signed_in_machine(agency)
        assert _told(machine, requests, machine.token) == {state}
        assert len(machine.pull().json()["items"]) == 1


def test_a_regional_body_sees_no_learner(world: World) -> None:
    machine = signed_in_machine(world.region)
    requests = _requests(world)
    assert _told(machine, requests, machine.token) == GRANTED_TO_THE_REGION, "cells of granted states"
    progress = [request for request in requests if request[0] != "/agency/v1/statistics"]
    assert _told(machine, progress, machine.token) == set()


def _revoked(agency: Agency) -> Machine:
    machine = signed_in_machine(agency)
    client = ApiClient.objects.get(application__client_id=machine.credentials.client_id)
    services.set_client_active(application_id=client.pk, active=False, actor="test")
    return machine


def test_nobody_else_sees_anything(world: World) -> None:
    requests = _requests(world)
    revoked = _revoked(world.agencies["PH"])
    expired = signed_in_machine(world.agencies["TH"])
    AccessToken.objects.filter(application__client_id=expired.credentials.client_id).update(
        expires=clock.now() - timedelta(seconds=1)
    )
    dao = Client()
    signed = dao.post(
        "/auth/app/v1/auth/signup", {"username": "dao-dao", "password": "correct horse 42"}, "application/json"
    ).json()
    for client, token in (
        (revoked, revoked.token),
        (expired, expired.token),
        (dao, signed["meta"]["access_token"]),
        (Client(), ""),
    ):
        assert _told(client, requests, token) == set()
        for path in ("/agency/v1/progress", "/agency/v1/statistics"):
            assert client.get(path, headers={"authorization": f"Bearer {token}"}).status_code == 401
