"""From entitlement to a signed certificate: exactly once, and by nothing but entitlement."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from common import clock
from common.ids import new_id
from credentials.certificates import approvals, issuing, keys, status_changes
from credentials.certificates.loading import AchievementInvalid, load_achievement
from credentials.certificates.rules import evidence_digest
from credentials.certificates.selectors import certificates_for_progress
from credentials.certificates.signer import FileSigner, create_key_file, did_of, signer_for
from credentials.certificates.verification import verify_credential
from credentials.events import AwardDecided
from credentials.models import Achievement, AchievementVersion, Approval, Award, Certificate, IssuerKey
from events import public as events
from events.kinds import Recorded
from learners.events import EditionCompleted, MasteryChanged
from learners.models import Evidence
from privacy.models import AuditEntry
from tests.credentials.certificates.factories import (
    edition_of,
    end_approvals,
    make_achievement,
    make_entitled,
    settle,
    tell,
)

pytestmark = pytest.mark.django_db


def _kinds(kind: str) -> list[dict]:
    from events.models import Event

    return list(Event.objects.filter(kind=kind).order_by("id").values_list("payload", flat=True))


def test_aiko_is_awarded_and_certified_once(achievement) -> None:
    aiko = make_entitled(achievement, name="山田 愛子")
    for _ in range(3):
        tell(EditionCompleted, aiko)
        tell(MasteryChanged, aiko, aiko)
        settle()
    award = Award.objects.get()
    certificate = Certificate.objects.get()
    assert award.learner == certificate.learner == aiko
    assert award.evidence_sha256 == evidence_digest(Evidence.objects.filter(learner=aiko).values_list("pk", flat=True))
    assert award.facts["answers"] == 2
    assert award.facts["skills"][0] == {
        "skill": "AIS-A1",
        "level": 1,
        "probability": 0.9,
        "framework_version": award.facts["skills"][0]["framework_version"],
        "rule": "test-rule",
    }
    verify_credential(certificate.credential)
    assert _kinds("credentials.award_decided") == [{"award_id": str(award.pk), "learner_id": str(aiko.pk)}]
    assert _kinds("credentials.certificate_issued") == [
        {
            "certificate_id": str(certificate.pk),
            "learner_id": str(aiko.pk),
            "edition_id": str(edition_of(achievement).pk),
            "course_id": str(achievement.achievement.course_id),
        }
    ]
    assert AuditEntry.objects.filter(action="award.decided", subject_id=str(award.pk)).count() == 1
    assert AuditEntry.objects.filter(action="certificate.issued", subject_id=str(certificate.pk)).count() == 1
    listed = certificates_for_progress([aiko.pk])[aiko.pk]
    assert [row["id"] for row in listed] == [str(certificate.pk)]
    assert certificate.public_code not in json.dumps(listed)
    assert "愛子" not in json.dumps(listed, ensure_ascii=False)


@pytest.mark.parametrize("lacking", [{"level": 0}, {"completed": False}])
def test_who_lacks_something_gets_nothing(achievement, lacking) -> None:
    dao = make_entitled(achievement, **lacking)
    tell(EditionCompleted, dao)
    tell(MasteryChanged, dao)
    settle()
    assert not Award.objects.exists()
    assert not Certificate.objects.exists()
    assert not _kinds("credentials.award_decided")


def test_an_event_about_nobody_does_nothing(achievement) -> None:
    with transaction.atomic():
        events.record(EditionCompleted(learner_id=new_id(), edition_id=new_id(), course_id=new_id()))
        events.record(AwardDecided(award_id=new_id(), learner_id=new_id()))
    settle()
    assert not Award.objects.exists()
    assert not Certificate.objects.exists()


def test_a_version_that_nobody_approves_is_not_awarded_and_a_newer_one_not_again(achievement) -> None:
    aiko = make_entitled(achievement)
    end_approvals()
    tell(EditionCompleted, aiko)
    settle()
    assert not Award.objects.exists()
    approvals.approve(version_id=achievement.pk, authority="regional", by=new_id(), now=clock.now())
    tell(EditionCompleted, aiko)
    settle()
    make_achievement(achievement.achievement.course, number=2)
    tell(EditionCompleted, aiko)
    settle()
    assert Award.objects.get().version == achievement


def test_the_number_of_queries_does_not_grow(achievement) -> None:
    def queries(learners: int, consumer: str) -> int:
        if consumer == "awards":
            tell(EditionCompleted, *[make_entitled(achievement) for _ in range(learners)])
        with CaptureQueriesContext(connection) as captured:
            assert events.drain(consumer, budget_s=60).done == learners
        return len(captured)

    element = [queries(1, "awards"), queries(1, "certificates")]
    fifty = [queries(49, "awards"), queries(49, "certificates")]
    assert fifty[0] == element[0] <= 19
    # The first batch registers the key, and opens and publishes the issuer's first status lists.
    assert fifty[1] <= 24
    assert element[1] <= 40
    assert Certificate.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_concurrent_drains_issue_one_each(achievement) -> None:
    learners = [make_entitled(achievement) for _ in range(12)]
    # Every event twice, so that both workers meet every learner.
    tell(EditionCompleted, *learners)
    tell(MasteryChanged, *learners)
    start = threading.Barrier(3)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            for _ in range(3):
                settle()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    settle()
    assert not errors
    assert Award.objects.count() == Certificate.objects.count() == 12
    assert len(_kinds("credentials.certificate_issued")) == len(_kinds("credentials.award_decided")) == 12
    for certificate in Certificate.objects.all():
        verify_credential(certificate.credential)


@pytest.mark.django_db(transaction=True)
def test_a_second_issuer_that_comes_in_between_changes_nothing(achievement, monkeypatch) -> None:
    """Forced race: another worker has read the same award while this one has signed and not yet stored."""
    aiko = make_entitled(achievement)
    tell(EditionCompleted, aiko)
    events.drain("awards")
    award = Award.objects.get()
    decided = [Recorded(1, AwardDecided(award_id=award.pk, learner_id=award.learner_id), clock.now())]
    insert, meanwhile = issuing._insert, []

    def late(*args, **kwargs):
        monkeypatch.setattr(issuing, "_insert", insert)

        def other() -> None:
            issuing.issue_certificates(decided)
            connections.close_all()

        meanwhile.append(threading.Thread(target=other))
        meanwhile[0].start()
        _await_a_waiting_backend()
        return insert(*args, **kwargs)

    # The key is registered beforehand, so that the two do not wait for each other's registration.
    with transaction.atomic():
        keys.ensure_registered(signer_for("jp"), issuer="jp", now=clock.now())
    monkeypatch.setattr(issuing, "_insert", late)
    issuing.issue_certificates(decided)
    meanwhile[0].join()
    assert Certificate.objects.count() == 1
    assert len(_kinds("credentials.certificate_issued")) == 1


def _await_a_waiting_backend() -> None:
    """Until another connection waits for a lock that this one holds."""
    for _ in range(500):
        with psycopg.connect(**connection.get_connection_params()) as outside:
            row = outside.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
        if row and row[0]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody came in between")


def test_the_name_is_that_of_the_moment_of_issue(issue) -> None:
    certificate = issue(name="Budi Santoso", languages=("id",))
    learner = certificate.learner
    learner.legal_name = "Sultan Budi the Great"
    learner.save()
    tell(EditionCompleted, learner)
    settle()
    assert Certificate.objects.get().credential == certificate.credential
    assert "Sultan" not in certificate.credential


def test_nobody_rewrites_what_was_certified(issue) -> None:
    certificate = issue()
    changes = [
        lambda: Certificate.objects.filter(pk=certificate.pk).update(credential="{}"),
        lambda: Certificate.objects.filter(pk=certificate.pk).update(valid_until=None),
        lambda: Award.objects.update(evidence_sha256="0" * 64),
        lambda: IssuerKey.objects.update(multikey="z6Mk"),
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Certificate.objects.get().credential == certificate.credential


def test_an_achievement_loads_twice_and_is_frozen_once_approved(achievement, tmp_path: Path) -> None:
    text = """
slug = "second-steps"
version = 1
[criteria]
course_completed = true
skills = [{ skill = "AIS-A1", level = 1 }]
[texts.en]
name = "Second steps"
description = "Knows them."
criteria = "Completed."
"""

    def load(**given: str) -> UUID:
        return load_achievement(tmp_path, course_id=achievement.achievement.course_id, now=clock.now(), **given)

    file = tmp_path / "achievement.toml"
    file.write_text(text)
    first = load()
    assert load() == first
    file.write_text(text.replace("Knows them.", "Knows them well."))
    assert load() == first
    assert load(approved_as="regional", actor="starter-course") == first
    assert load(approved_as="regional", actor="starter-course") == first
    assert Approval.objects.get(version=first).authority == "regional"
    file.write_text(text)
    with pytest.raises(AchievementInvalid, match="new version"):
        load()
    assert AchievementVersion.objects.get(pk=first).texts["en"]["description"] == "Knows them well."
    file.write_text(text.replace("version = 1", "version = 2"))
    second = load(approved_as="regional", actor="starter-course")
    assert second != first
    # A file that is older than what was decided since approves nothing, nor one that people turned down.
    file.write_text(text.replace("Knows them.", "Knows them well."))
    assert load(approved_as="regional", actor="starter-course") == first
    active = Approval.objects.filter(achievement__slug="second-steps", ended_at__isnull=True)
    assert active.get().version_id == second
    end_approvals()
    file.write_text(text.replace("version = 1", "version = 2"))
    assert load(approved_as="regional", actor="starter-course") == second
    assert not active.exists()
    assert Achievement.objects.filter(slug="second-steps").count() == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('skill = "AIS-A1"', 'skill = "AIS-Z9"'),
        ("level = 1", "level = 9"),
        ("course_completed = true", "course_completed = 1"),
        ("[texts.en]", "[texts.ja]"),
        ('name = "N"', 'title = "N"'),
        ("version = 1", 'version = "1"'),
        ("version = 1", "version = 1\nstray = 2"),
        ("version = 1", "version = 1\nvalidity_days = 0"),
        ("skills = [", 'quizzes = ["final"]\nskills = ['),
        ('slug = "s"', 'slug = "s'),
    ],
)
def test_a_wrong_achievement_is_refused_whole(achievement, tmp_path: Path, before: str, after: str) -> None:
    text = (
        'slug = "s"\nversion = 1\n[criteria]\ncourse_completed = true\nskills = [{ skill = "AIS-A1", level = 1 }]\n'
        '[texts.en]\nname = "N"\ndescription = "D"\ncriteria = "C"\n'
    )
    assert before in text
    (tmp_path / "achievement.toml").write_text(text.replace(before, after, 1))
    with pytest.raises(AchievementInvalid):
        load_achievement(tmp_path, course_id=achievement.achievement.course_id, now=clock.now())
    assert not Achievement.objects.filter(slug="s").exists()


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.pem"
    threads = [threading.Thread(target=create_key_file, args=(path,), kwargs={"password": ""}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["key.pem"]
    made = path.read_bytes()
    create_key_file(path, password="")
    assert path.read_bytes() == made
    assert FileSigner(path, password="", did="did:web:a").multikey.startswith("z6Mk")


def test_a_missing_or_wrong_key_is_told_without_its_content(tmp_path: Path, settings) -> None:
    settings.ISSUER_KEY_DIR, settings.ISSUER_KEY_CREATE = str(tmp_path), False
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        signer_for("jp")
    locked = tmp_path / "locked.pem"
    create_key_file(locked, password="open sesame")
    assert FileSigner(locked, password="open sesame", did="did:web:a").sign(b"")
    for password in ("", "guessed"):
        with pytest.raises(ImproperlyConfigured, match="ISSUER_KEY_PASSWORD"):
            FileSigner(locked, password=password, did="did:web:a")
    (tmp_path / "text.pem").write_text("hunter2")
    with pytest.raises(ImproperlyConfigured) as error:
        FileSigner(tmp_path / "text.pem", password="", did="did:web:a")
    assert "hunter2" not in str(error.value)


def test_the_did_follows_the_address() -> None:
    assert did_of("https://skills.example.org") == "did:web:skills.example.org"
    assert did_of("http://localhost:8123") == "did:web:localhost%3A8123"
    assert did_of("https://example.org/a/b") == "did:web:example.org:a:b"
    assert did_of("https://example.org/a", "jp") == "did:web:example.org:a:issuers:jp"


def test_what_was_revoked_stays_revoked_whoever_asks(issue) -> None:
    certificate = issue(name="Budi")
    status_changes.revoke(certificate_id=certificate.pk, actor="reviewer", reason="issued in error", now=clock.now())
    for change in ({"status": Certificate.Status.ACTIVE}, {"status_reason": ""}, {"status_changed_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Certificate.objects.filter(pk=certificate.pk).update(**change)
    assert Certificate.objects.get().status == Certificate.Status.REVOKED
