"""Witnesses of other states hold the log to what it told: whoever rewrites it is found out, and cannot say when it was."""

from __future__ import annotations

import http.server
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client, override_settings

from common import clock
from credentials import tasks
from credentials.models import LogCheckpoint, LogCosignature, LogFork, WitnessedLog
from credentials.transparency import cosigning, keys, merkle, notes, selectors
from credentials.transparency.auditing import audit
from credentials.transparency.errors import LogAltered
from credentials.transparency.notes import Checkpoint, Note, NoteSigner
from credentials.transparency.services import publish
from credentials.transparency.witness import Submission
from tests.credentials.transparency.auditor import Auditor, Caught
from tests.credentials.transparency.conftest import ISSUED, Witnesses, as_superuser, drain, signed, tell
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _asked(witnesses: Witnesses) -> dict[str, str]:
    answers = cosigning.request_cosignatures(send=witnesses.send, parallel=False)
    return {answer.witness.split(".")[0]: answer.problem for answer in answers}


def _submission(size: int, *, old: int, note: str | None = None) -> bytes:
    checkpoint = LogCheckpoint.objects.get(size=size)
    return Submission.body(
        old=old, proof=selectors.consistency(old=old, new=size), note=note or checkpoint.note
    ).encode()


def test_two_witnesses_cosign_and_a_stranger_needs_nobody_else(certify, witnesses: Witnesses, auditor: Auditor) -> None:
    (aiko,) = certify(1)
    signed()
    assert _asked(witnesses) == {"vn": "", "ph": ""}
    assert _asked(witnesses) == {}, "nothing to ask for"
    certify(300)
    signed()
    assert _asked(witnesses) == {"vn": "", "ph": ""}
    told = auditor.get(f"/verify/{aiko.public_code}/log-proof").json()
    auditor.check_certificate(aiko.credential.encode(), told)
    vkeys = [row.vkey for row in witnesses.listed]
    assert len(auditor.witnessed(told["checkpoint"], vkeys)) == 2
    assert told["covered_by"] in vkeys
    assert told["timeliness"] == "in_time"
    auditor.follow()
    assert len(auditor.witnessed(auditor.note, vkeys)) == 2
    assert LogCosignature.objects.count() == 4
    # What a witness saw last, by itself.
    origin_hash = sha256(b"testserver/log").hexdigest()
    for row in witnesses.listed:
        seen = row.get(f"/log/witness/{origin_hash}/checkpoint")
        assert seen.content.decode().startswith("testserver/log\n301\n")
        assert auditor.witnessed(seen.content.decode(), [row.vkey])
        assert row.get(f"/log/witness/{'0' * 64}/checkpoint").status_code == 404


def test_a_proof_is_given_with_the_checkpoint_that_most_cosigned(
    certify, witnesses: Witnesses, auditor: Auditor
) -> None:
    (aiko,) = certify(1)
    signed()
    _asked(witnesses)
    certify(1)
    signed()
    told = auditor.get(f"/verify/{aiko.public_code}/log-proof").json()
    assert told["tree_size"] == 1, "the witnesses have not answered for the newest"
    assert len(auditor.witnessed(told["checkpoint"], [row.vkey for row in witnesses.listed])) == 2


def test_a_witness_that_is_away_or_has_forgotten_is_asked_again(certify, witnesses: Witnesses) -> None:
    vietnam = witnesses.listed[0]
    certify(1)
    signed()
    vietnam.up = False
    assert _asked(witnesses) == {"vn": "it does not answer", "ph": ""}
    vietnam.up = True
    certify(2)
    signed()
    assert _asked(witnesses) == {"vn": "", "ph": ""}
    # Cosigned, and the answer was lost on the way: the witness tells where it is, and is asked from there.
    certify(1)
    signed()
    assert vietnam.post(_submission(4, old=3)).status_code == 200
    assert _asked(witnesses) == {"vn": "", "ph": ""}
    certify(1)
    signed()
    assert vietnam.post(_submission(5, old=4)).status_code == 200
    certify(1)
    signed()
    assert _asked(witnesses) == {"vn": "", "ph": ""}


def test_what_a_witness_answers(certify, witnesses: Witnesses) -> None:
    certify(3)
    signed()
    certify(2)
    signed()
    vietnam = witnesses.listed[0]
    first, second = LogCheckpoint.objects.order_by("size")
    good = _submission(3, old=0)
    stranger = NoteSigner("testserver/log", Ed25519PrivateKey.generate())
    text = Note.parse(first.note).text
    other_log = Checkpoint("elsewhere.example/log", 3, bytes(32)).text
    broken = notes.Signature(keys.log_signer().name, keys.log_signer().verifier.key_id, bytes(64))
    for status, body in (
        (400, b""),
        (400, b"\xff"),
        (400, b"old 0\n"),
        (400, good[:-1]),
        (400, good.replace(b"old 0", b"old 00")),
        (400, good.replace(b"old 0", b"old -1")),
        (400, good.replace(b"old 0", b"old 4")),
        (400, b"old 0\nx\n\n" + good[7:]),
        (400, b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + good[7:]),
        (400, b"x" * 200_000),
        (404, f"old 0\n\n{Note(other_log, (stranger.sign(other_log),)).whole}".encode()),
        (403, f"old 0\n\n{Note(text, (stranger.sign(text),)).whole}".encode()),
        (403, f"old 0\n\n{Note(text, (broken,)).whole}".encode()),
        (422, b"old 0\n" + notes.encoded(bytes(32)).encode() + b"\n\n" + good[7:]),
    ):
        answer = vietnam.post(body)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
            body[:60],
            answer.content,
        )
    assert not WitnessedLog.objects.exclude(size=0).exists()
    assert not LogFork.objects.exists()
    answer = vietnam.post(good, "application/octet-stream")
    assert answer.status_code == 200
    (line,) = notes.signatures(answer.content.decode())
    assert notes.holds(text, line, notes.Verifier.parse(vietnam.vkey))
    assert abs(notes.signed_at(line) - clock.now().timestamp()) < 5
    # Behind, ahead, wrong proof, once more.
    stale = vietnam.post(good)
    assert (stale.status_code, stale["Content-Type"], stale.content) == (409, "text/x.tlog.size", b"3\n")
    assert vietnam.post(_submission(5, old=0)).status_code == 409
    wrong = Submission.body(old=3, proof=[bytes(32)], note=second.note).encode()
    assert vietnam.post(wrong).status_code == 422
    assert vietnam.post(Submission.body(old=3, proof=[], note=second.note).encode()).status_code == 422
    assert vietnam.post(_submission(3, old=3)).status_code == 200, "once more, with a later instant"
    # Other signatures under a note are nobody's business.
    more = Note(Note.parse(second.note).text, (stranger.sign("x\n"), *Note.parse(second.note).signatures)).whole
    assert vietnam.post(_submission(5, old=3, note=more)).status_code == 200
    assert "testserver" in WitnessedLog.objects.get().note
    assert stranger.sign("x\n").line not in WitnessedLog.objects.get().note


def test_an_empty_log_may_be_cosigned_with_the_empty_root_only(witnesses: Witnesses) -> None:
    signer = keys.log_signer()
    for root, status in ((bytes(32), 422), (merkle.EMPTY_ROOT, 200)):
        text = Checkpoint(signer.name, 0, root).text
        body = Submission.body(old=0, proof=[], note=Note(text, (signer.sign(text),)).whole).encode()
        assert witnesses.listed[0].post(body).status_code == status


def test_who_is_no_witness_says_so() -> None:
    answer = Client().post("/log/witness/add-checkpoint", b"old 0\n", "text/plain")
    assert (answer.status_code, answer.json()["code"]) == (404, "log_unknown")
    assert Client().get("/log/keys").json()["witness"] is None


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_once_none_takes_a_witness_back(certify, witnesses: Witnesses) -> None:
    for _ in range(6):
        certify(1)
        signed()
    vietnam = witnesses.listed[0]
    bodies = [_submission(size, old=old) for size in range(1, 7) for old in range(size)]
    start, answers = threading.Barrier(3), []

    def work(mine: list[bytes]) -> None:
        try:
            start.wait()
            answers.extend(
                (body, Client().generic("POST", "/log/witness/add-checkpoint", body, "text/plain")) for body in mine
            )
        finally:
            connections.close_all()

    with override_settings(**vietnam.settings):
        threads = [threading.Thread(target=work, args=(bodies[number::3],)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    cosigned = sorted(
        tuple(int(part) for part in (body.split(b"\n")[0][4:], body.split(b"\n\n")[1].split(b"\n")[1]))
        for body, answer in answers
        if answer.status_code == 200
    )
    assert {answer.status_code for _, answer in answers} <= {200, 409}
    # Each cosigned step begins where the one before ended.
    assert cosigned
    assert [old for old, _ in cosigned] == [0, *(new for _, new in cosigned[:-1])]
    assert WitnessedLog.objects.get().size == cosigned[-1][1]


def test_a_log_that_tells_two_stories_is_refused_and_the_proof_is_kept(certify, witnesses: Witnesses) -> None:
    certify(3)
    signed()
    _asked(witnesses)
    signer, vietnam = keys.log_signer(), witnesses.listed[0]
    text = Checkpoint(signer.name, 3, sha256(b"another story").digest()).text
    forged = Note(text, (signer.sign(text),)).whole
    for _ in range(2):
        answer = vietnam.post(Submission.body(old=3, proof=[], note=forged).encode())
        assert (answer.status_code, answer.json()["code"]) == (422, "checkpoint_inconsistent")
    fork = LogFork.objects.get()
    # Two texts by the log's key, one size, two roots: anybody can check it.
    for told in (fork.kept, fork.refused):
        checkpoint, _ = notes.checkpoint_by(told, [signer.verifier])
        assert checkpoint.size == 3
    assert WitnessedLog.objects.filter(size=3).count() == 2


def test_a_superuser_who_rewrites_everything_is_found_out(
    certify, witnesses: Witnesses, auditor: Auditor, tmp_path, caplog
) -> None:
    """With the database and the log's key: entries, tiles and checkpoints fit each other again, and all is in vain."""
    made = certify(3)
    signed()
    _asked(witnesses)
    auditor.follow()
    (tmp_path / "checkpoint").write_text(auditor.note)
    call_command("audit_log", "--against", str(tmp_path / "checkpoint"))
    tables = (
        "credentials_logentry",
        "credentials_loglink",
        "credentials_logtile",
        "credentials_logcheckpoint",
        "credentials_logcosignature",
    )
    with as_superuser(*tables) as cursor:
        for table in reversed(tables[1:]):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM credentials_logentry")
    tell(ISSUED, *reversed(made))
    signed()
    assert audit(verifiers=[keys.log_signer().verifier]).problems == [], "in itself it fits"
    with pytest.raises(Caught, match="fork"):
        auditor.follow()
    with pytest.raises(
        CommandError, match="fork: the tree of the old checkpoint, of 3 entries, does not begin this log"
    ):
        call_command("audit_log", "--against", str(tmp_path / "checkpoint"))
    assert set(_asked(witnesses).values()) == {"it says that the checkpoint contradicts an earlier one"}
    assert LogFork.objects.count() == 1
    certify(2)
    signed()
    assert set(_asked(witnesses).values()) == {"it says that the checkpoint contradicts an earlier one"}
    assert [record.alert for record in caplog.records if hasattr(record, "alert")] == ["log_fork"] * 4
    assert LogCosignature.objects.count() == 0


def test_a_database_from_an_old_backup_is_found_out(certify, witnesses: Witnesses, auditor: Auditor) -> None:
    certify(3)
    signed()
    certify(2)
    signed()
    _asked(witnesses)
    auditor.follow()
    with as_superuser(
        "credentials_logcosignature", "credentials_logcheckpoint", "credentials_loglink", "credentials_logentry"
    ) as cursor:
        cursor.execute("DELETE FROM credentials_logcosignature")
        cursor.execute("DELETE FROM credentials_logcheckpoint WHERE size = 5")
    with pytest.raises(Caught, match="shrank"):
        auditor.follow()
    assert set(_asked(witnesses).values()) == {"it has seen 5 entries of this log, and there are fewer"}


def test_a_stolen_issuer_s_key_cannot_back_date(certify, witnesses: Witnesses, auditor: Auditor) -> None:
    """Whoever has the issuer's key signs any date; the log and its witnesses tell what was there at that date."""
    vkeys = [row.vkey for row in witnesses.listed]
    (honest,) = certify(1)
    signed()
    _asked(witnesses)
    (forged,) = certify(1, ago=timedelta(days=400), tells=False)
    certify(1)
    signed()
    _asked(witnesses)
    # Not in the log: nothing can be handed over with it, and another certificate's proof is not its own.
    assert auditor.get(f"/verify/{forged.public_code}/log-proof", 404).json()["code"] == "log_not_published"
    borrowed = auditor.get(f"/verify/{honest.public_code}/log-proof").json()
    with pytest.raises(Caught, match="another certificate"):
        auditor.check_certificate(forged.credential.encode(), borrowed)
    # Brought into the log today: it is there, from today on, by clocks that are not ours.
    tell(ISSUED, forged)
    signed()
    _asked(witnesses)
    told = auditor.get(f"/verify/{forged.public_code}/log-proof").json()
    auditor.check_certificate(forged.credential.encode(), told)
    assert told["timeliness"] == "late"
    assert told["covered_by"] in vkeys
    first = min(datetime.fromtimestamp(at, UTC) for at in auditor.witnessed(told["checkpoint"], vkeys))
    assert first - forged.valid_from > timedelta(days=399)
    assert borrowed["timeliness"] == "in_time"
    # Written among the old entries: then the log is not the one that was witnessed.
    auditor.follow()
    with as_superuser("credentials_logentry") as cursor:
        cursor.execute("UPDATE credentials_logentry SET leaf = 'x' WHERE index = 0")
    with pytest.raises(Caught):
        auditor.follow()


def test_the_command_tells_what_each_witness_said(certify, settings, capsys) -> None:
    settings.LOG_WITNESSES = []
    call_command("request_cosignatures")
    certify(1)
    signed()
    vkey = keys.Cosigner("w.example", Ed25519PrivateKey.generate()).verifier.vkey
    settings.LOG_WITNESSES = [f"{vkey} http://127.0.0.1:1/log/witness"]
    with pytest.raises(CommandError, match="1 of 1 witnesses did not cosign"):
        call_command("request_cosignatures")
    assert capsys.readouterr().out == "w.example: it does not answer\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_WITNESSES", "https://vn.example"),
        ("LOG_WITNESSES", "x file:///etc/passwd"),
        ("LOG_WITNESSES", "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8 https://vn.example"),
        ("WITNESSED_LOGS", "x"),
    ],
)
def test_settings_that_name_no_witness_or_log_are_refused(settings, name: str, value: str) -> None:
    setattr(settings, name, [value])
    with pytest.raises(ImproperlyConfigured, match=name):
        keys.witnesses() if name == "LOG_WITNESSES" else keys.witnessed_logs()


def test_keys_are_read_as_the_issuer_s_is(settings, tmp_path) -> None:
    settings.LOG_KEY_FILE, settings.LOG_KEY_CREATE = str(tmp_path / "none.pem"), False
    with pytest.raises(ImproperlyConfigured, match=r"the log's key .* cannot be read"):
        keys.log_signer()
    settings.LOG_KEY_FILE = ""
    with pytest.raises(ImproperlyConfigured, match="LOG_KEY_FILE"):
        keys.log_signer()
    settings.LOG_KEY_FILE = settings.WITNESS_KEY_FILE = str(tmp_path / "one.pem")
    with pytest.raises(ImproperlyConfigured, match="another key"):
        keys.cosigner()
    settings.LOG_KEY_CREATE = True
    keys.log_signer()
    assert (tmp_path / "one.pem").stat().st_mode & 0o077 == 0
    drain()
    assert publish(now=clock.now()) is None


class _Far(http.server.BaseHTTPRequestHandler):
    """A witness at the other end of a real connection; answers by the path."""

    got: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        status = int(self.path.split("/")[1])
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200/add-checkpoint")
        self.end_headers()
        self.wfile.write(b"x" * 100_000 if status == 200 else b"7\n")

    def log_message(self, *args: object) -> None:
        pass


def test_what_comes_over_the_network_is_bounded_and_not_followed() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Far)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        assert cosigning.post(f"{address}/409/add-checkpoint", "old 0\n—".encode()) == (409, b"7\n")
        assert cosigning.post(f"{address}/302/add-checkpoint", b"x") == (302, b"7\n")
        status, body = cosigning.post(f"{address}/200/add-checkpoint", b"x")
        assert (status, len(body)) == (200, 65_536)
        assert _Far.got == ["old 0\n—".encode(), b"x", b"x"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert cosigning.post(f"{address}/200/add-checkpoint", b"x") == (0, b"")


def test_an_answer_that_is_no_cosignature_is_not_kept(certify, witnesses: Witnesses) -> None:
    certify(1)
    signed()
    stranger = keys.Cosigner(witnesses.listed[0].settings["WITNESS_NAME"], Ed25519PrivateKey.generate())
    text = Note.parse(LogCheckpoint.objects.get().note).text
    for status, body, problem in (
        (200, b"", "no cosignature"),
        (200, b"\xff", "no cosignature"),
        (409, b"x", "at another size"),
        (200, stranger.cosign(text, at=1).line.encode(), "no cosignature"),
        (500, b"", "answers 500"),
        (409, b"2\n", "has seen 2 entries"),
    ):
        answers = cosigning.request_cosignatures(send=lambda url, sent, told=(status, body): told)
        assert [problem in answer.problem for answer in answers] == [True, True], (status, body, answers)
    assert not LogCosignature.objects.exists()


def test_the_workers_tasks(certify, caplog) -> None:
    tasks.publish_checkpoint()
    certify(1)
    drain()
    tasks.publish_checkpoint()
    tasks.request_cosignatures()
    assert LogCheckpoint.objects.count() == 1
    certify(1)
    drain()
    with as_superuser("credentials_logtile") as cursor:
        cursor.execute("UPDATE credentials_logtile SET hashes = ''")
    with pytest.raises(LogAltered):
        tasks.publish_checkpoint()
    assert [record.alert for record in caplog.records if hasattr(record, "alert")] == ["log_altered"]
    assert LogCheckpoint.objects.count() == 1


def test_staff_look_at_the_log_in_the_admin_and_change_nothing(certify, witnesses: Witnesses) -> None:
    certify(1)
    signed()
    _asked(witnesses)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for model, key in (("logcheckpoint", 1), ("witnessedlog", WitnessedLog.objects.all()[0].pk)):
        for path in (f"/admin/credentials/{model}/", f"/admin/credentials/{model}/{key}/change/"):
            assert client.get(path).status_code == 200, path
        assert client.post(f"/admin/credentials/{model}/{key}/delete/").status_code == 403
        assert client.post(f"/admin/credentials/{model}/add/").status_code == 403
