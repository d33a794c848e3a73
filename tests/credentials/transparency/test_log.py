"""Every certificate and every change of its status is in the log, once; and whoever looks can tell."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connections, transaction
from django.test import Client

from common import clock
from credentials.certificates import status_changes
from credentials.models import Certificate, LogCheckpoint, LogEntry, LogLink, LogTile
from credentials.transparency import rules, selectors
from credentials.transparency.rules import Timeliness
from credentials.transparency.services import log_unlogged, publish
from events import public as events
from privacy.public import erasing
from tests.credentials.transparency.auditor import Auditor, Caught
from tests.credentials.transparency.conftest import CHANGED, ISSUED, as_superuser, drain, signed, tell
from tests.factories import stored

pytestmark = pytest.mark.django_db


def test_a_stranger_checks_aiko_s_certificate_offline(certify, auditor: Auditor) -> None:
    (aiko, *_) = certify(5)
    signed()
    certify(300)
    signed()
    proof = auditor.get(f"/verify/{aiko.public_code}/log-proof")
    assert proof["Cache-Control"] == "private, no-cache"
    told = proof.json()
    leaf = auditor.check_certificate(aiko.credential.encode(), told)
    assert leaf["kind"] == "issued"
    assert (told["tree_size"], told["timeliness"], told["covered_by"]) == (305, "in_time", None)
    assert auditor.follow() == 305
    assert auditor.leaves[told["index"]] == told["leaf"].encode()
    # The same in the one text that tools for such proofs read.
    head, _, note = told["tlog_proof"].partition("\n\n")
    first, extra, index, *path = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    assert base64.b64decode(extra.removeprefix("extra ")).hex() == told["salt"]
    assert (index, path, note) == (f"index {told['index']}", told["inclusion_proof"], told["checkpoint"])
    for credential in (b"{}", aiko.credential.encode() + b" "):
        with pytest.raises(Caught, match="another certificate"):
            auditor.check_certificate(credential, told)


def test_a_real_certificate_is_fetched_and_checked(issue, auditor: Auditor) -> None:
    """From the consumers that award, sign and log, to a stranger with a code and the log's key."""
    aiko = issue(name="山田 愛子")
    signed()
    credential = auditor.get(f"/verify/{aiko.public_code}/credential").content
    proof = auditor.get(f"/verify/{aiko.public_code}/log-proof").json()
    auditor.check_certificate(credential, proof)
    assert proof["timeliness"] == "in_time"
    auditor.follow()
    assert auditor.leaves[proof["index"]] == proof["leaf"].encode()


def test_the_log_names_nobody(certify, auditor: Auditor) -> None:
    made = certify(3)
    tell(CHANGED, made[0], status="revoked")
    signed()
    auditor.follow()
    text = b"".join(auditor.leaves).decode() + auditor.note
    for entry in made:
        for word in (str(entry.pk), str(entry.learner_id), entry.public_code, entry.learner.legal_name, "revoked"):
            assert word not in text
    assert {tuple(sorted(json.loads(leaf))) for leaf in auditor.leaves} == {
        ("commitment", "kind", "logged_at", "version")
    }


def test_a_revocation_is_logged_and_proved(certify, auditor: Auditor) -> None:
    aiko, budi = certify(2)
    drain()
    status_changes.revoke(certificate_id=budi.pk, actor="reviewer", reason="issued in error", now=clock.now())
    signed()
    told = auditor.get(f"/verify/{budi.public_code}/log-proof").json()
    auditor.check_certificate(budi.credential.encode(), told)
    assert [(status_change["status"], status_change["index"]) for status_change in told["status_changes"]] == [
        ("revoked", 2)
    ]
    assert auditor.get(f"/verify/{aiko.public_code}/log-proof").json()["status_changes"] == []


def test_a_change_of_status_that_is_told_first_takes_the_issuance_along(certify) -> None:
    (element,) = certify(1, tells=False)
    tell(CHANGED, element, status="suspended")
    tell(ISSUED, element)
    tell(CHANGED, element, status="active")
    drain()
    links = LogLink.objects.filter(certificate=element).order_by("entry_id")
    assert [(link.kind, link.status) for link in links] == [
        ("issued", ""),
        ("status", "suspended"),
        ("status", "active"),
    ]


def test_whatever_is_told_twice_is_logged_once(certify) -> None:
    made = certify(3)
    for _ in range(2):
        tell(ISSUED, *made, *made)
        drain()
    assert LogEntry.objects.count() == 3
    tell(CHANGED, made[0], status="revoked")
    from credentials.public import log_certificates

    (again,) = stored(CHANGED)
    for _ in range(3):
        log_certificates([again, again])
    drain()
    assert list(LogEntry.objects.order_by("index").values_list("index", flat=True)) == [0, 1, 2, 3]


def test_certificates_from_before_the_log_are_taken_in(certify) -> None:
    certify(4, tells=False)
    assert log_unlogged(limit=3) == 3
    assert log_unlogged(limit=3) == 1
    assert log_unlogged(limit=3) == 0
    assert LogEntry.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_appenders_at_once_leave_no_gap_and_no_double(certify, auditor: Auditor) -> None:
    made = certify(60, tells=False)
    for start in range(0, 60, 6):
        tell(ISSUED, *made[start : start + 6])
        tell(ISSUED, *made[start : start + 6])
        tell(CHANGED, *made[start : start + 3], status="suspended")
    from events import registry

    consumer = registry.consumers()["transparency"]
    small = replace(consumer, batch=7)
    start, errors = threading.Barrier(4), []

    def work(publishes: bool) -> None:
        try:
            start.wait()
            for _ in range(6):
                if publishes:
                    publish(now=clock.now())
                else:
                    events.drain("transparency")
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry._consumers, "transparency", small)
        threads = [threading.Thread(target=work, args=(number == 0,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        drain()
    assert not errors
    assert list(LogEntry.objects.order_by("index").values_list("index", flat=True)) == list(range(90))
    assert LogLink.objects.values("certificate", "kind").distinct().count() == 90
    publish(now=clock.now())
    assert auditor.follow() == 90
    for checkpoint in LogCheckpoint.objects.order_by("size"):
        assert selectors.consistency(old=checkpoint.size, new=90) or checkpoint.size == 90


def test_nothing_is_shown_that_is_not_signed(certify) -> None:
    client = Client()
    (aiko,) = certify(1)
    assert client.get("/log/checkpoint").json()["code"] == "log_not_published"
    drain()
    for path in (
        "/log/checkpoint",
        "/log/tile/0/000.p/1",
        "/log/tile/entries/000.p/1",
        "/log/proof/inclusion?index=0&size=1",
        f"/verify/{aiko.public_code}/log-proof",
    ):
        assert client.get(path).status_code == 404, path
    assert publish(now=clock.now()) is not None
    assert publish(now=clock.now()) is None, "nothing new"
    certify(1)
    drain()
    for path in ("/log/tile/0/000.p/2", "/log/tile/entries/000.p/2", "/log/proof/inclusion?index=1&size=2"):
        assert client.get(path).status_code == 404, path
    for path in ("/log/tile/0/000.p/1", "/log/tile/entries/000.p/1", "/log/proof/inclusion?index=0&size=1"):
        assert client.get(path).status_code == 200, path


def test_addresses_of_the_log(certify) -> None:
    client = Client()
    certify(258)
    signed()
    full = client.get("/log/tile/0/000")
    assert (len(full.content), full["Content-Type"]) == (8192, "application/octet-stream")
    assert full["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/log/tile/0/000", headers={"If-None-Match": full["ETag"]}).status_code == 304
    assert client.get("/log/tile/0/000.p/200").content == full.content[:6400], "of an earlier tree"
    assert len(client.get("/log/tile/1/000.p/1").content) == 32
    checkpoint = client.get("/log/checkpoint")
    assert checkpoint["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint["Cache-Control"] == "public, max-age=2"
    assert checkpoint.content.decode().startswith("testserver/log\n258\n")
    assert client.get("/log/proof/consistency?from=258&to=258").json() == {"proof": []}
    for path in (
        "/log/tile/0/001",
        "/log/tile/00/000",
        "/log/tile/64/000",
        "/log/tile/0/0",
        "/log/tile/1/000",
        "/log/tile/-1/000",
        "/log/tile/entries/001.p/3",
        "/log/tile/entries/%00",
        "/log/tile/7/x999/999",
        "/log/nothing",
        "/verify/0000000000000000000000000a/log-proof",
        "/verify/%00/log-proof",
        "/log/proof/inclusion?index=258&size=258",
        "/log/proof/consistency?from=259&to=258",
        "/log/proof/consistency?from=1&to=9223372036854775807",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path
    for query in (
        "",
        "?index=1",
        "?index=-1&size=2",
        "?index=01&size=2",
        "?index=x&size=2",
        "?index=0&size=9" + "0" * 30,
    ):
        answer = client.get(f"/log/proof/inclusion{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), query


def test_reads_and_appends_take_so_many_queries_however_long_the_log(certify, query_budget) -> None:
    client = Client()
    for number in (1, 299):
        made = certify(number)
        with query_budget(14 if number == 1 else 28):  # one batch, two batches
            assert drain() == number
        with query_budget(12):
            publish(now=clock.now())
        size = LogCheckpoint.objects.order_by("-size").first().size
        for most, path in (
            (2, "/log/checkpoint"),
            (2, f"/log/tile/0/000.p/{min(size, 255)}"),
            (2, "/log/tile/entries/000.p/1"),
            (2, f"/log/proof/inclusion?index=0&size={size}"),
            (2, f"/log/proof/consistency?from=1&to={size}"),
            (8, f"/verify/{made[0].public_code}/log-proof"),
        ):
            with query_budget(most):
                assert client.get(path).status_code == 200, path
        with query_budget(5):
            assert publish(now=clock.now()) is None


def test_erasing_aiko_leaves_entries_that_name_nobody(certify, auditor: Auditor) -> None:
    aiko, budi = certify(2)
    tell(CHANGED, aiko, status="suspended")
    signed()
    auditor.follow()
    with pytest.raises(DatabaseError, match="goes with its learner only"), erasing(budi.learner_id):
        LogLink.objects.filter(certificate=aiko).delete()
    with pytest.raises(DatabaseError, match="goes with its learner only"), transaction.atomic():
        LogLink.objects.filter(certificate=aiko).delete()
    with erasing(aiko.learner_id):
        aiko.learner.user.delete()
    assert not Certificate.objects.filter(pk=aiko.pk).exists()
    assert list(LogLink.objects.values_list("certificate", flat=True)) == [budi.pk]
    assert LogEntry.objects.count() == 3
    assert not auditor.client.get(f"/verify/{aiko.public_code}/log-proof").json().get("salt")
    # What is told late of somebody who is gone has no effect, and the log goes on as if nothing had happened.
    tell(ISSUED, aiko)
    tell(CHANGED, aiko, status="active")
    certify(1)
    signed()
    assert auditor.follow() == 4
    told = auditor.get(f"/verify/{budi.public_code}/log-proof").json()
    auditor.check_certificate(budi.credential.encode(), told)


def test_the_database_refuses_to_rewrite_the_log(certify) -> None:
    certify(2)
    signed()
    for change in (
        lambda: LogEntry.objects.update(leaf=b"x"),
        lambda: LogEntry.objects.filter(index=1)._raw_delete("default"),
        lambda: LogTile.objects.update(hashes=bytes(64)),
        lambda: LogTile.objects.update(hashes=b""),
        lambda: LogTile.objects.update(index=9),
        lambda: LogTile.objects.all().delete(),
        lambda: LogCheckpoint.objects.update(note="x"),
        lambda: LogCheckpoint.objects.all().delete(),
        lambda: LogLink.objects.update(salt=bytes(16)),
    ):
        with pytest.raises(DatabaseError, match=r"append-only|goes with its learner"), transaction.atomic():
            change()


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=59), timedelta(days=-1)])
def test_in_time(late: timedelta) -> None:
    now = clock.now()
    assert rules.logged_in_time(issued_at=now, covered_at=now + late) is Timeliness.IN_TIME


def test_late_and_not_at_all() -> None:
    now = clock.now()
    assert rules.logged_in_time(issued_at=now, covered_at=now + timedelta(minutes=61)) is Timeliness.LATE
    assert rules.logged_in_time(issued_at=now, covered_at=None) is Timeliness.NOT_LOGGED
    with pytest.raises(ValueError, match="16"):
        rules.commitment(b"short", b"")


def test_altered_rows_stop_the_log_from_signing(certify) -> None:
    """Each alteration alone; the log notices by what it signed before, or by what it is about to sign."""
    from credentials.transparency.errors import LogAltered

    certify(3)
    signed()
    certify(2)
    drain()
    for table, statement in (
        ("credentials_logentry", "UPDATE credentials_logentry SET leaf = 'x' WHERE index = 3"),
        ("credentials_logentry", "DELETE FROM credentials_loglink; DELETE FROM credentials_logentry WHERE index = 3"),
        ("credentials_logentry", "DELETE FROM credentials_loglink; DELETE FROM credentials_logentry WHERE index > 1"),
        ("credentials_logtile", "UPDATE credentials_logtile SET hashes = decode(repeat('00', 160), 'hex')"),
        ("credentials_logtile", "UPDATE credentials_logtile SET hashes = substring(hashes FROM 1 FOR 128)"),
        ("credentials_logtile", "DELETE FROM credentials_logtile"),
        ("credentials_logcheckpoint", "UPDATE credentials_logcheckpoint SET root = decode(repeat('00', 32), 'hex')"),
        (
            "credentials_logcheckpoint",
            "UPDATE credentials_logcheckpoint SET note = replace(note, E'\\n3\\n', E'\\n2\\n')",
        ),
    ):
        with transaction.atomic():
            with as_superuser(table, "credentials_loglink") as cursor:
                cursor.execute(statement)
            with pytest.raises(LogAltered):
                publish(now=clock.now())
            transaction.set_rollback(True)
    assert publish(now=clock.now()) is not None, "as it was"
