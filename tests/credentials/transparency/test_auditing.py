"""The operator's own audit, and the log as files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from credentials.models import LogCheckpoint
from credentials.transparency import keys
from tests.credentials.transparency.conftest import Witnesses, as_superuser, drain, signed
from tests.credentials.transparency.test_witnesses import _asked

pytestmark = pytest.mark.django_db


def test_an_audit_goes_over_everything(certify, witnesses: Witnesses, capsys) -> None:
    certify(3)
    signed()
    certify(300)
    signed()
    _asked(witnesses)
    certify(1)
    drain()
    certify(2, tells=False)
    call_command("audit_log")
    assert capsys.readouterr().out == (
        "2 certificates are not in the log (yet)\n304 entries, 2 checkpoints, 2 cosignatures, 0 problems\n"
    )


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE credentials_logentry SET leaf = 'x' WHERE index = 1",
            "fork: the checkpoint of 3 entries was signed over another",
        ),
        (
            "DELETE FROM credentials_logentry WHERE index = 4",
            "fork: a checkpoint of 5 entries was signed, and the log has 4",
        ),
        ("DELETE FROM credentials_logentry WHERE index = 1", "entries are missing"),
        ("UPDATE credentials_logtile SET hashes = decode(repeat('00', 160), 'hex')", "tile 0/000 does not follow"),
        ("DELETE FROM credentials_logtile", "tile 0/000 does not follow"),
        ("UPDATE credentials_logcheckpoint SET root = decode(repeat('00', 32), 'hex')", "was signed over another tree"),
        ("UPDATE credentials_logcheckpoint SET note = replace(note, '/log', '/LOG')", "the checkpoint of 3 entries"),
        ("UPDATE credentials_logcheckpoint SET note = 'x' WHERE size = 5", "not a note|a note has"),
        (
            "UPDATE credentials_logcosignature SET line = replace(line, '— ', '— x')",
            "the cosignature of .* does not hold",
        ),
    ],
)
def test_an_audit_finds_what_was_altered(certify, witnesses: Witnesses, capsys, statement: str, problem: str) -> None:
    certify(3)
    signed()
    certify(2)
    signed()
    _asked(witnesses)
    table = statement.split()[1 if statement.startswith("UPDATE") else 2]
    with as_superuser(table, "credentials_loglink") as cursor:
        if table == "credentials_logentry":
            cursor.execute("DELETE FROM credentials_loglink")
        cursor.execute(statement)
    with pytest.raises(CommandError):
        call_command("audit_log")
    import re

    assert re.search(problem, capsys.readouterr().out)


def test_an_old_checkpoint_must_be_the_log_s_own(certify, settings, tmp_path: Path) -> None:
    certify(1)
    signed()
    note = LogCheckpoint.objects.get().note
    file = tmp_path / "old"
    for text, message in (
        ("x", "a note has"),
        (note.replace("\n1\n", "\n2\n"), "does not hold"),
        (note.replace("testserver", "other"), "none of"),
    ):
        file.write_text(text)
        with pytest.raises(CommandError, match=message):
            call_command("audit_log", "--against", str(file))
    file.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="UTF-8"):
        call_command("audit_log", "--against", str(file))
    with pytest.raises(CommandError, match="No such file"):
        call_command("audit_log", "--against", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="verifier key"):
        call_command("audit_log", "--key", "x")
    file.write_text(note)
    key = keys.log_signer().verifier.vkey
    assert Client().get("/log/keys").json()["log"] == key
    # Where the private key is not: by the key that was handed around.
    settings.LOG_KEY_FILE = ""
    with pytest.raises(CommandError, match="--key"):
        call_command("audit_log", "--against", str(file))
    call_command("audit_log", "--against", str(file), "--key", key)


def test_the_files_are_what_the_addresses_answer(certify, tmp_path: Path, capsys) -> None:
    with pytest.raises(CommandError, match="no checkpoint"):
        call_command("export_log", str(tmp_path))
    certify(5)
    signed()
    call_command("export_log", str(tmp_path))
    certify(255)
    signed()
    call_command("export_log", str(tmp_path))
    call_command("export_log", str(tmp_path))
    assert capsys.readouterr().out.splitlines() == ["3 files written", "6 files written", "1 files written"]
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == [
        "checkpoint",
        "tile/0/000",
        "tile/0/000.p/5",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/000.p/5",
        "tile/entries/001.p/4",
    ]
    for name in files:
        assert Client().get(f"/log/{name}").content == (tmp_path / name).read_bytes(), name
