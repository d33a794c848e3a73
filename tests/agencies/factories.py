"""Agencies with grants and machines, and learners who consent to them, as rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.test import Client

from agencies import public as agencies
from agencies.models import Agency, Grant
from common import clock
from courses.models import Edition
from events import public as events
from learners.events import MasteryChanged
from learners.models import Ability, Enrolment, Learner, SkillState
from privacy.events import ConsentChanged
from privacy.models import ConsentRecord
from privacy.public import LEARNING_RECORDS, SHARE_EXPLANATIONS, SHARE_PROGRESS
from tests.courses.factories import make_published
from tests.factories import make_learner

_numbers = itertools.count(1)
SKILL = "AIS-A1"


def make_agency(
    state: str | None = "PH", *, name: str | None = None, grants: Sequence[str] = ("learner", "aggregate")
) -> Agency:
    """An agency that holds these grants for its own state since last year."""
    agency = Agency.objects.create(member_state_id=state, name=name or f"Agency {next(_numbers)}", role="skills")
    if state is not None:
        for scope in grants:
            make_grant(agency, state, scope)
    return agency


def make_grant(agency: Agency, state: str, scope: str, **given: Any) -> Grant:
    """A grant as a row, past the service's checks; one on another state's statistics is approved, unless given otherwise."""
    now = clock.now()
    if scope == "aggregate" and agency.member_state_id != state:
        given.setdefault("approved_at", now)
    day = now.date()
    return Grant.objects.create(
        agency=agency,
        member_state_id=state,
        purpose_id=given.pop("purpose_id", SHARE_PROGRESS),
        scope=scope,
        legal_basis="Act 1, section 2",
        valid_from=given.pop("valid_from", day - timedelta(days=400)),
        **given,
    )


def make_explaining_agency(state: str = "PH", **given: Any) -> Agency:
    """An agency that may also be told why levels are what they are, of those who let it."""
    agency = make_agency(state, **given)
    make_grant(agency, state, "learner", purpose_id=SHARE_EXPLANATIONS)
    return agency


class Machine(Client):
    """An agency's machine: it gets its token as any other would."""

    def __init__(self, agency: Agency) -> None:
        super().__init__()
        self.agency = agency
        self.credentials = agencies.register_client(agency_id=agency.pk, name="machine", actor="test")
        self.token = ""

    def sign_in(self, **form: Any) -> Any:
        answer = self.post(
            "/agency/oauth/token",
            {
                "grant_type": "client_credentials",
                "client_id": self.credentials.client_id,
                "client_secret": self.credentials.client_secret,
                **form,
            },
        )
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer

    def read(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.get(path, query or {}, headers={"authorization": f"Bearer {self.token}", **headers})

    def pull(self, cursor: str | None = None, limit: int | None = None) -> Any:
        given = {"cursor": cursor, "limit": limit}
        return self.read("/agency/v1/progress", {name: value for name, value in given.items() if value is not None})


def signed_in_machine(agency: Agency) -> Machine:
    machine = Machine(agency)
    answer = machine.sign_in()
    assert answer.status_code == 200, answer.content
    return machine


def make_edition() -> Edition:
    """An edition with one lesson."""
    return make_published(slug=f"course-of-agencies-{next(_numbers)}", languages=("en",))


def give_skill(learner: Learner, *, code: str = SKILL, level: int = 1, mean: float = 1.0) -> None:
    """A mastered skill, as the filter would have left it."""
    now = clock.now()
    Ability.objects.update_or_create(
        learner=learner,
        defaults={
            "mean": mean,
            "variance": 0.5,
            "count": 4,
            "last_at": now,
            "rule_version": "test",
            "snapshot": "test",
        },
    )
    SkillState.objects.update_or_create(
        learner=learner,
        skill_code=code,
        defaults={
            "mean": mean,
            "variance": 0.5,
            "count": 4,
            "last_at": now,
            "level": level,
            "probability": 0.9,
            "framework_version": "test",
        },
    )


def consent(
    learner: Learner, agency: Agency | UUID, *, given: bool = True, tell: bool = True, purpose: str = SHARE_PROGRESS
) -> None:
    """What the learner says about an agency, and the event of it; whoever says so learns, and so consented to records."""
    if not ConsentRecord.objects.filter(user=learner.user, purpose_id=LEARNING_RECORDS).exists():
        consent_to_records(learner, tell=False)
    agency_id = agency if isinstance(agency, UUID) else agency.pk
    ConsentRecord.objects.create(
        user=learner.user,
        purpose_id=purpose,
        agency_id=agency_id,
        given=given,
        text_version=1,
        text_language="en",
    )
    if tell:
        events.record(ConsentChanged(user_id=learner.pk, purpose=purpose, agency_id=agency_id, given=given))


def consent_to_records(learner: Learner, *, given: bool = True, tell: bool = True) -> None:
    """What the learner says about records of learning, and the event of it."""
    ConsentRecord.objects.create(
        user=learner.user, purpose_id=LEARNING_RECORDS, given=given, text_version=1, text_language="en"
    )
    if tell:
        events.record(ConsentChanged(user_id=learner.pk, purpose=LEARNING_RECORDS, agency_id=None, given=given))


def make_sharing_learner(agency: Agency, *, edition: Edition | None = None, state: str | None = None) -> Learner:
    """A learner of the agency's state, enrolled and skilled, who consents to it; the events of it are recorded."""
    learner = make_learner(state or agency.member_state_id or "JP", name="Learner")
    Enrolment.objects.create(learner=learner, edition=edition or make_edition(), enrolled_at=clock.now())
    give_skill(learner)
    consent(learner, agency)
    return learner


def tell(learner: Learner) -> None:
    """Record that something about the learner changed."""
    events.record(MasteryChanged(learner_id=learner.pk, skills=(SKILL,)))


def drain() -> None:
    """Let the feed catch up, as the worker does."""
    events.drain("agency_feed")


def today() -> date:
    return clock.now().date()
