"""Ways to get a certificate without being entitled to it, each tried and refused (decision 0043).

Dao is nobody here and learned nothing; Aiko holds a certificate, Budi's was revoked, Citra's is suspended. Those who try
have what an attacker may get hold of: a learner's account, a member of staff's, a shell or an injection in a web process
(the role skills_app). What that last one can still do is at the end, and it is not little: it is told as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client

from common import clock
from common.ids import new_id
from credentials.certificates import corrections, status_changes
from credentials.certificates.signer import FileSigner, create_key_file, signer_for
from credentials.certificates.verification import NotVerified, verify_credential
from credentials.events import AwardDecided, CorrectionMoved, RenewalRequested
from credentials.models import AchievementVersion, Award, Certificate, StatusList
from events import public as events
from events.kinds import Event
from events.models import Delivery
from learners.events import EditionCompleted, MasteryChanged
from learners.models import Ability, Enrolment, Evidence, Learner, SkillState
from tests.courses.factories import make_published
from tests.credentials.certificates.factories import (
    SKILLS,
    edition_of,
    end_approvals,
    make_achievement,
    make_entitled,
    settle,
    tell,
)
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import give_consent

CONSUMERS = (
    "completion",
    "mastery",
    "awards",
    "renewals",
    "certificates",
    "corrections",
    "bulk_revocations",
    "status_lists",
)


class Cast:
    """Who is there, and their certificates."""

    def __init__(self, achievement: AchievementVersion) -> None:
        self.achievement = achievement
        self.aiko, self.budi, self.citra = (
            make_entitled(achievement, state=state, name=name)
            for state, name in (("JP", "山田 愛子"), ("ID", "Budi"), ("PH", "Citra"))
        )
        tell(EditionCompleted, self.aiko, self.budi, self.citra)
        settle()
        self.dao: Learner = make_learner("TH", name="Dao")
        for entry in (self.aiko, self.budi, self.citra, self.dao):
            give_consent(entry)
        for learner, step in ((self.budi, status_changes.revoke), (self.citra, status_changes.suspend)):
            step(certificate_id=self.of(learner).pk, actor="reviewer", reason="bought", now=clock.now())
        self.dao_enrolment = Enrolment.objects.create(
            learner=self.dao, edition=edition_of(achievement), enrolled_at=clock.now()
        )
        drain()
        self.before = self.standing()

    def of(self, learner: Learner) -> Certificate:
        return Certificate.objects.get(learner=learner)

    def standing(self) -> Any:
        """Everything that certifies anything."""
        return (
            sorted(Award.objects.values_list("pk", "learner_id", "achievement_id", "evidence_sha256")),
            sorted(
                Certificate.objects.values_list("pk", "learner_id", "award_id", "status", "credential", "valid_until")
            ),
        )

    def nothing_changed(self) -> bool:
        drain()
        return bool(self.standing() == self.before)


def drain() -> None:
    for name in CONSUMERS:
        events.drain(name)


@pytest.fixture
def cast(achievement: AchievementVersion) -> Cast:
    return Cast(achievement)


# --- by the interface -------------------------------------------------------------------------------------------------


def _renewal(cast: Cast, who: Learner, certificate: Certificate) -> Any:
    path = f"/api/v1/me/certificates/{certificate.pk}/renewal"
    return signed_in(who.user).post(path, headers={"Idempotency-Key": f"key-{new_id()}"})


def _correction(cast: Cast, who: Learner, certificate: Certificate) -> Any:
    path = f"/api/v1/me/certificates/{certificate.pk}/corrections/{new_id()}"
    return signed_in(who.user).put(path, {"legal_name": "Dao", "reason": "It is mine."})


def _progress(cast: Cast, body: dict[str, Any]) -> Any:
    return signed_in(cast.dao.user).put(f"/api/v1/me/enrolments/{cast.dao_enrolment.pk}/progress", body)


BY_INTERFACE: dict[str, Callable[[Cast], Any]] = {
    "renew a revoked one": lambda c: _renewal(c, c.budi, c.of(c.budi)),
    "renew a suspended one": lambda c: _renewal(c, c.citra, c.of(c.citra)),
    "renew another's": lambda c: _renewal(c, c.dao, c.of(c.aiko)),
    "renew long before it expires": lambda c: _renewal(c, c.aiko, c.of(c.aiko)),
    "put one's name on another's": lambda c: _correction(c, c.dao, c.of(c.aiko)),
    "a new name for a revoked one": lambda c: _correction(c, c.budi, c.of(c.budi)),
    "a new name for a suspended one": lambda c: _correction(c, c.citra, c.of(c.citra)),
    "claim completion in progress": lambda c: _progress(c, {"completed_at": "2026-01-01T00:00:00Z", "lessons": []}),
    "claim a level in the profile": lambda c: signed_in(c.dao.user).put("/api/v1/me/profile", {"level": 3}),
    "post a certificate": lambda c: signed_in(c.dao.user).post(
        "/api/v1/me/certificates", {"achievement": "first-steps"}
    ),
    "delete one to get another": lambda c: signed_in(c.aiko.user).delete("/api/v1/me/certificates"),
    "enrol as another": lambda c: signed_in(c.dao.user).put(
        f"/api/v1/me/enrolments/{new_id()}",
        {"edition_id": str(edition_of(c.achievement).pk), "learner_id": str(c.aiko.pk)},
    ),
    "without a sign-in": lambda c: Client().post(f"/api/v1/me/certificates/{c.of(c.aiko).pk}/renewal"),
}


@contextmanager
def _undone() -> Iterator[None]:
    """What is attempted within is rolled back: every attempt finds the same world, which is made once."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_learner_gets_none_by_the_interface(cast: Cast) -> None:
    for attempt, act in BY_INTERFACE.items():
        with _undone():
            answer = act(cast)
            assert 400 <= answer.status_code < 500, (attempt, answer.content)
            assert cast.nothing_changed(), attempt


def _staff(*roles: str, **given: Any) -> Client:
    user = make_user(is_staff=True, **given)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client


def _add(model: str) -> Callable[[Cast, Client], None]:
    def attempt(cast: Cast, client: Client) -> None:
        client.post(
            f"/admin/credentials/{model}/add/",
            {
                "learner": str(cast.dao.pk),
                "achievement": str(cast.achievement.achievement_id),
                "version": str(cast.achievement.pk),
                "facts": "{}",
                "number": 1,
                "award": str(cast.of(cast.aiko).award_id),
                "status": "active",
                "credential": "{}",
            },
        )

    return attempt


def _change(cast: Cast, client: Client) -> None:
    certificate = cast.of(cast.budi)
    client.post(f"/admin/credentials/certificate/{certificate.pk}/change/", {"status": "active"})


def _action(action: str, **form: str) -> Callable[[Cast, Client], None]:
    def attempt(cast: Cast, client: Client) -> None:
        data = {"action": action, "_selected_action": [str(cast.of(cast.budi).pk)], **form}
        client.post("/admin/credentials/certificate/", data)

    return attempt


BY_STAFF: dict[str, tuple[Callable[[Cast, Client], None], str]] = {
    "a superuser adds an award": (_add("award"), "superuser"),
    "a superuser adds a certificate": (_add("certificate"), "superuser"),
    "a superuser edits a revoked one": (_change, "superuser"),
    "a superuser looks for an issue button": (_action("issue", reason="please"), "superuser"),
    "a superuser deletes one": (_action("delete_selected", post="yes"), "superuser"),
    "a reviewer reinstates a revoked one": (_action("reinstate", reason="please"), "reviewer"),
    "a reviewer renames a revoked one": (_action("correct", legal_name="Dao", reason="please"), "reviewer"),
    "a trainer reinstates": (_action("reinstate", reason="please"), "trainer"),
}


@pytest.mark.django_db
def test_staff_issue_none(cast: Cast) -> None:
    for attempt, (act, role) in BY_STAFF.items():
        with _undone():
            act(cast, _staff(role, is_superuser=role == "superuser"))
            assert cast.nothing_changed(), attempt


# --- by events, and by a standing that does not suffice ----------------------------------------------------------------


def _tell(event: Event) -> None:
    with transaction.atomic():
        events.record(event)


def _states(cast: Cast, **given: Any) -> None:
    """Dao completed the edition and has almost everything."""
    now = clock.now()
    Enrolment.objects.filter(pk=cast.dao_enrolment.pk).update(completed_at=now)
    Ability.objects.create(learner=cast.dao, mean=1, variance=0.5, count=2, last_at=now, rule_version="x", snapshot="x")
    for code in SKILLS:
        SkillState.objects.create(
            learner=cast.dao,
            skill_code=code,
            mean=1,
            variance=0.5,
            count=1,
            last_at=now,
            probability=0.9,
            framework_version="x",
            **{"level": 1, **given},
        )
    _tell(EditionCompleted(learner_id=cast.dao.pk, edition_id=edition_of(cast.achievement).pk, course_id=new_id()))


def _inactive(cast: Cast) -> None:
    end_approvals()
    _states(cast)


def _stricter(cast: Cast) -> None:
    """The version of today asks for more than the old one, which is not awarded any more."""
    make_achievement(
        cast.achievement.achievement.course,
        number=2,
        criteria={"course_completed": True, "skills": [{"skill": SKILLS[0], "level": 2}]},
    )
    _states(cast)


def _struck(cast: Cast) -> None:
    """All of Dao's evidence was struck out after a review, and mastery was computed anew."""
    for code in SKILLS:
        given = {
            "learner": cast.dao,
            "item_id": new_id(),
            "item_revision": 1,
            "skills": [code],
            "level": 1,
            "score": 1,
            "guess": 0.25,
            "difficulty": 0,
            "language": "en",
            "answered_at": clock.now(),
            "framework_version": "x",
            "rule_version": "x",
        }
        first = Evidence.objects.create(id=new_id(), **given)
        Evidence.objects.create(id=new_id(), corrects=first.pk, voided=True, corrected_at=clock.now(), **given)
    _states(cast, level=0)


def _edition_of_another(cast: Cast) -> None:
    """Another course is completed, in another state; the event says it was this one."""
    other = make_published(slug="another", languages=("en",))
    Enrolment.objects.filter(pk=cast.dao_enrolment.pk).update(edition=other, course=other.course_id)
    _states(cast)


BY_EVENT: dict[str, Callable[[Cast], None]] = {
    "an award that there is not": lambda c: _tell(AwardDecided(award_id=new_id(), learner_id=c.dao.pk)),
    "another's award under one's own name": lambda c: _tell(
        AwardDecided(award_id=c.of(c.aiko).award_id, learner_id=c.dao.pk)
    ),
    "an award told a second time": lambda c: _tell(AwardDecided(award_id=c.of(c.budi).award_id, learner_id=c.budi.pk)),
    "completion that is not so": lambda c: _tell(
        EditionCompleted(learner_id=c.dao.pk, edition_id=edition_of(c.achievement).pk, course_id=new_id())
    ),
    "mastery that is not so": lambda c: _tell(MasteryChanged(learner_id=c.dao.pk, skills=("AIS-A1",))),
    "a renewal nobody may have": lambda c: _tell(
        RenewalRequested(certificate_id=c.of(c.budi).pk, learner_id=c.budi.pk)
    ),
    "a renewal of another's": lambda c: _tell(RenewalRequested(certificate_id=c.of(c.aiko).pk, learner_id=c.dao.pk)),
    "a correction that nobody asked for": lambda c: _tell(
        CorrectionMoved(
            correction_id=new_id(),
            learner_id=c.dao.pk,
            certificate_id=c.of(c.aiko).pk,
            outcome="approved",
        )
    ),
    "a revoked holder earns it again": lambda c: _tell(
        EditionCompleted(learner_id=c.budi.pk, edition_id=edition_of(c.achievement).pk, course_id=new_id())
    ),
    "a level that is frozen too low": lambda c: _states(c, level=0, computed_level=1),
    "an achievement that is not awarded": _inactive,
    "the criteria of an old version": _stricter,
    "evidence that was voided": _struck,
    "another edition": _edition_of_another,
}


@pytest.mark.django_db
def test_no_event_and_no_lesser_standing_makes_an_entitlement(cast: Cast) -> None:
    for attempt, act in BY_EVENT.items():
        with _undone():
            act(cast)
            assert cast.nothing_changed(), attempt
            assert not Delivery.objects.filter(consumer__in=CONSUMERS).exists(), attempt


@pytest.mark.django_db
def test_the_same_standing_without_a_flaw_is_certified(cast: Cast) -> None:
    """Control: what the attempts above lack is what decides."""
    _states(cast)
    drain()
    assert cast.of(cast.dao).status == "active"


@pytest.mark.django_db
def test_a_correction_is_not_approved_by_whoever_asked(cast: Cast) -> None:
    correction_id = new_id()
    corrections.request_correction(
        correction_id=correction_id,
        certificate_id=cast.of(cast.aiko).pk,
        legal_name="Dao",
        reason="please",
        asked_by=cast.dao.pk,
        now=clock.now(),
    )
    cast.of(cast.aiko).corrections.update()
    for insider in (cast.dao.pk, cast.aiko.pk):
        with pytest.raises(corrections.SecondPersonNeeded):
            corrections.decide(correction_id=correction_id, approved=True, decided_by=insider, now=clock.now())
    assert cast.nothing_changed()


@pytest.mark.django_db
def test_signing_with_a_key_of_one_s_own_convinces_nobody(cast: Cast, tmp_path: Any) -> None:
    from credentials.certificates import proofs

    create_key_file(tmp_path / "jp.pem", password="")
    forger = FileSigner(tmp_path / "jp.pem", password="", did=signer_for("jp").did)
    document = json.loads(cast.of(cast.aiko).credential)
    document.pop("proof")
    document["credentialSubject"]["identifier"][0]["identityHash"] = "Dao"
    with pytest.raises(NotVerified):
        verify_credential(json.dumps(proofs.secured(document, signer=forger, created=clock.now())))


# --- in a web process: SQL as skills_app --------------------------------------------------------------------------------

_INSERT_AWARD = (
    "INSERT INTO credentials_award (id, learner_id, achievement_id, version_id, number, decided_at, facts, evidence_sha256) "
    "SELECT gen_random_uuid(), %(dao)s, achievement_id, version_id, 1, now(), facts, evidence_sha256 "
    "FROM credentials_award LIMIT 1"
)
_INSERT_CERTIFICATE = (
    "INSERT INTO credentials_certificate (id, public_code, award_id, learner_id, key_id, status_list_id, status_index, "
    "credential, valid_from, valid_until, status, status_reason) SELECT gen_random_uuid(), 'forged', award_id, %(dao)s, "
    "key_id, status_list_id, status_index + 1, credential, now(), now() + interval '3 years', 'active', '' "
    "FROM credentials_certificate WHERE id = %(aikos)s"
)
BY_SQL: dict[str, tuple[str, ...]] = {
    "insert an award": (_INSERT_AWARD,),
    "insert a certificate": (_INSERT_CERTIFICATE,),
    "copy certificates in": ("COPY credentials_certificate FROM STDIN",),
    "take the issuer's role": ("SET ROLE skills_issuer", _INSERT_AWARD),
    "take the issuer's role for the transaction": ("SET LOCAL ROLE skills_issuer", _INSERT_CERTIFICATE),
    "take the worker's role": ("SET ROLE skills_worker", _INSERT_AWARD),
    "take the owner's role": ("SET ROLE skills_owner", _INSERT_AWARD),
    "take the session of the owner": ("SET SESSION AUTHORIZATION skills_owner",),
    "grant oneself the right": ("GRANT INSERT ON credentials_award TO skills_app", _INSERT_AWARD),
    "grant oneself the role": ("GRANT skills_issuer TO skills_app",),
    "take an award over": ("UPDATE credentials_award SET learner_id = %(dao)s WHERE learner_id = %(aiko)s",),
    "take a certificate over": ("UPDATE credentials_certificate SET learner_id = %(dao)s WHERE id = %(aikos)s",),
    "hang it on another award": (
        "UPDATE credentials_certificate SET award_id = gen_random_uuid() WHERE id = %(aikos)s",
    ),
    "rewrite the credential": ("UPDATE credentials_certificate SET credential = '{}' WHERE id = %(aikos)s",),
    "make it valid for longer": ("UPDATE credentials_certificate SET valid_until = 'infinity' WHERE id = %(aikos)s",),
    "give it another code": ("UPDATE credentials_certificate SET public_code = 'mine' WHERE id = %(aikos)s",),
    "revive a revoked one": ("UPDATE credentials_certificate SET status = 'active' WHERE id = %(budis)s",),
    "suspend a revoked one": ("UPDATE credentials_certificate SET status = 'suspended' WHERE id = %(budis)s",),
    "supersede one without a successor": (
        "UPDATE credentials_certificate SET status = 'superseded' WHERE id = %(aikos)s",
    ),
    "delete a revoked one": ("DELETE FROM credentials_certificate WHERE id = %(budis)s",),
    "delete an award to be awarded anew": ("DELETE FROM credentials_award WHERE learner_id = %(budi)s",),
    "empty the table": ("TRUNCATE credentials_certificate CASCADE",),
    "switch a trigger off": ("ALTER TABLE credentials_certificate DISABLE TRIGGER ALL",),
    "switch all triggers off": ("SET session_replication_role = replica",),
    "drop a trigger": ("DROP TRIGGER certificate_stays_withdrawn ON credentials_certificate",),
    "publish a key of one's own": (
        "INSERT INTO credentials_issuerkey (id, issuer_id, did, multikey) SELECT did || '#mine', issuer_id, did, 'z6Mk' "
        "FROM credentials_issuerkey LIMIT 1",
    ),
    "put one's own key in the place of the issuer's": ("UPDATE credentials_issuerkey SET multikey = 'z6Mk'",),
    "close the issuer's key": ("UPDATE credentials_issuerkey SET valid_until = now()",),
    "rotate to a key of one's own": (
        "INSERT INTO credentials_keyrotation (id, issuer_id, did, multikey, planned_from, prepared_at) SELECT "
        "gen_random_uuid(), issuer_id, did, 'z6Mk', now(), now() FROM credentials_issuerkey LIMIT 1",
    ),
    "publish a list of one's own": ("UPDATE credentials_statuslist SET revocation = ''",),
    "hand a place out again": ("UPDATE credentials_statuslist SET used = 0",),
    "strike evidence out by hand": ("UPDATE learners_evidence SET voided = true",),
    "a trigger of one's own": (
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END'",
    ),
}
# Statements that the database takes and that lead nowhere: the worker judges by what is there.
FRUITLESS: dict[str, tuple[str, ...]] = {
    "tell of an award that there is not": (
        "WITH told AS (INSERT INTO events_event (kind, version, request_id, payload) VALUES ('credentials.award_decided', 1, '', "
        "jsonb_build_object('award_id', gen_random_uuid(), 'learner_id', %(dao)s::text)) RETURNING id) "
        "INSERT INTO events_delivery (event_id, consumer) SELECT id, 'certificates' FROM told",
    ),
    "tell of an award a second time": (
        "WITH told AS (INSERT INTO events_event (kind, version, request_id, payload) SELECT 'credentials.award_decided', 1, '', "
        "jsonb_build_object('award_id', id, 'learner_id', %(dao)s::text) FROM credentials_award RETURNING id) "
        "INSERT INTO events_delivery (event_id, consumer) SELECT id, 'certificates' FROM told",
    ),
    "deliver to a consumer that nothing was told": (
        "INSERT INTO events_delivery (event_id, consumer) SELECT id, 'corrections' FROM events_event "
        "WHERE kind = 'credentials.award_decided' LIMIT 1",
    ),
}


@pytest.fixture
def web_process(cast: Cast) -> Iterator[psycopg.Connection]:
    """A connection of the role of web processes to the database of the tests."""
    given = {**connection.get_connection_params(), "user": "skills_app"}
    given.pop("cursor_factory", None)
    given.pop("context", None)
    try:
        made = psycopg.connect(**given)
    except psycopg.OperationalError:
        pytest.skip("the roles of this database have passwords of their own")
    with made:
        yield made


@pytest.mark.django_db(transaction=True)
def test_a_web_process_writes_no_certificate_by_sql(cast: Cast, web_process: psycopg.Connection) -> None:
    names: dict[str, UUID] = {
        "dao": cast.dao.pk,
        "aiko": cast.aiko.pk,
        "budi": cast.budi.pk,
        "aikos": cast.of(cast.aiko).pk,
        "budis": cast.of(cast.budi).pk,
    }
    for attempt, statements in BY_SQL.items():
        refused_by = None
        try:
            for statement in statements:
                web_process.execute(statement, names)  # type: ignore[arg-type]
        except psycopg.Error as error:
            refused_by = error.sqlstate
        web_process.rollback()
        # By a privilege that is missing, or by a trigger; not by a slip in the attempt.
        assert refused_by in ("42501", "23001"), (attempt, refused_by)
    for attempt, statements in FRUITLESS.items():
        for statement in statements:
            web_process.execute(statement, names)  # type: ignore[arg-type]
        web_process.commit()
        assert cast.nothing_changed(), attempt
        Delivery.objects.all().delete()
    # What is left to it. Suspending and reinstating is the reviewers' work in the admin, which is a web process: it can
    # lift a suspension, and the audit log then lacks the entry.
    web_process.execute("UPDATE credentials_certificate SET status = 'active' WHERE learner_id = %s", [cast.citra.pk])
    web_process.rollback()
    # And a standing: levels, enrolments and evidence are written by the application's role. A worker believes them, so
    # that an attacker in a web process who forges all of it, and the event, is awarded. Decision 0043 says so.
    web_process.execute("UPDATE learners_enrolment SET completed_at = now() WHERE learner_id = %(dao)s", names)
    for code in SKILLS:
        web_process.execute(
            "INSERT INTO learners_skillstate (learner_id, skill_code, mean, variance, count, shown_level, computed_level, "
            "level, probability, certified_level, tests, framework_version) VALUES (%s, %s, 1, 1, 1, 1, 1, 1, 0.9, 0, "
            "'[]', 'x')",
            [cast.dao.pk, code],
        )
    web_process.execute(
        "WITH told AS (INSERT INTO events_event (kind, version, request_id, payload) "
        "VALUES ('learners.edition_completed', 1, '', "
        "jsonb_build_object('learner_id', %(dao)s::text, 'edition_id', gen_random_uuid(), 'course_id', "
        "gen_random_uuid())) RETURNING id) "
        "INSERT INTO events_delivery (event_id, consumer) SELECT id, 'awards' FROM told",
        names,
    )
    web_process.commit()
    drain()
    assert cast.of(cast.dao).award.facts["answers"] == 0, "it shows on the certificate: no evidence at all"


def test_there_are_enough_of_them() -> None:
    assert len(BY_INTERFACE) + len(BY_STAFF) + len(BY_EVENT) + len(BY_SQL) + len(FRUITLESS) >= 60


@pytest.mark.django_db
def test_renewing_an_expired_one_needs_today_s_level(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = cast.of(cast.aiko)
    assert certificate.valid_until is not None
    later = certificate.valid_until + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    SkillState.objects.filter(learner=cast.aiko).update(level=0)
    assert _renewal(cast, cast.aiko, certificate).json()["code"] == "renewal_not_earned"
    give_consent(cast.aiko, given=False)
    assert _renewal(cast, cast.aiko, certificate).json()["code"] == "consent_missing"
    assert cast.nothing_changed()
    assert StatusList.objects.exists()
