"""Verifiers from public registries judge what we issue, offline: `make verify-independent`.

Node's part is skipped where Node or its packages are not there, and says so; the Python part always runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from common import clock
from credentials.certificates import status_changes
from credentials.certificates.signer import signer_for
from credentials.certificates.status_list import PURPOSES
from credentials.certificates.verification import NotVerified, verify_credential
from credentials.models import Certificate, Issuer, IssuerKey
from events import public as events
from tests.credentials.certificates.factories import approve_key
from tests.independent import openbadges
from tests.independent.corpus import HOST, Stored, build

pytestmark = pytest.mark.django_db

_VERIFIERS = Path(__file__).parent / "verifiers"


@pytest.fixture
def corpus(issue: Callable[..., Certificate], client: Client, settings: Any, tmp_path: Path) -> Path:
    settings.PUBLIC_BASE_URL = f"https://{HOST}"
    Issuer.objects.filter(pk="vn").update(active=False)
    settings.ISSUER_KEY_DIR = str(tmp_path / "first")
    old = issue(name="Aiko Yamada", languages=("en",))
    settings.ISSUER_KEY_DIR = str(tmp_path / "second")  # where no key is yet: the next ones are made
    approve_key("jp")
    new, gone, held, back = (
        issue(name=name, languages=("en", "th"))
        for name in ("Budi Santoso", "Citra Reyes", "Dao Suksan", "Nguyễn Thị Hồng")
    )
    regional = issue(name="Linh", state="VN", languages=("ja",))
    assert len({old.key_id, new.key_id, regional.key_id}) == 3
    for change, certificate in (
        (status_changes.revoke, gone),
        (status_changes.suspend, held),
        (status_changes.suspend, back),
        (status_changes.reinstate, back),
    ):
        change(certificate_id=certificate.pk, actor="test", reason="a test", now=clock.now())
    events.drain("status_lists")
    folder = Path(os.environ.get("CORPUS") or tmp_path / "corpus")
    folder.mkdir(parents=True, exist_ok=True)
    paths = ["/.well-known/did.json", "/issuers/jp/did.json"]
    paths += [f"/status/{slug}/1/{purpose}" for slug in ("jp", "regional") for purpose in PURPOSES]
    build(
        folder,
        at=clock.now().replace(microsecond=0),
        keys_folder=tmp_path,
        stored=[
            Stored("state", "valid", new.credential),
            Stored("of a key replaced since", "valid", old.credential),
            Stored("revoked", "revoked", gone.credential),
            Stored("suspended", "suspended", held.credential),
            Stored("reinstated", "valid", back.credential),
            Stored("regional", "valid", regional.credential),
        ],
        signers={slug: signer_for(slug) for slug in ("jp", "regional")},
        web={f"https://{HOST}{path}": _published(client, path) for path in paths},
    )
    return folder


def _published(client: Client, path: str) -> Any:
    answer = client.get(path, headers={"Accept": "application/vc, application/json"})
    assert answer.status_code == 200, path
    return json.loads(answer.content)


def _table(manifest: dict[str, Any], judged: dict[str, dict[str, tuple[str, str]]]) -> str:
    rows = [["case", "expected", *judged]]
    rows += [
        [case["id"], case["expected"], *(found[case["id"]][0] for found in judged.values())]
        for case in manifest["cases"]
    ]
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _disagreements(manifest: dict[str, Any], judged: dict[str, dict[str, tuple[str, str]]]) -> list[str]:
    return [
        f"{verifier}: {case['id']}: {found[case['id']]}, expected {expected}"
        for verifier, found in judged.items()
        for case in manifest["cases"]
        if found[case["id"]][0] != (expected := case["limits"].get(verifier, case["expected"]))
    ]


def _openbadgeslib(folder: Path, manifest: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        case["id"]: openbadges.judge(folder, manifest, (folder / case["file"]).read_text())
        for case in manifest["cases"]
    }


def _node(folder: Path) -> dict[str, dict[str, tuple[str, str]]]:
    answer = subprocess.run(
        ["node", "verify.mjs", str(folder)], cwd=_VERIFIERS, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stderr
    judged: dict[str, dict[str, tuple[str, str]]] = {}
    for line in map(json.loads, answer.stdout.splitlines()):
        judged.setdefault(line["verifier"], {})[line["case"]] = (line["actual"], line["detail"])
    return judged


def test_openbadgeslib_and_our_own_verifier_judge_as_they_should(corpus: Path) -> None:
    manifest = json.loads((corpus / "manifest.json").read_text())
    judged = {"openbadgeslib": _openbadgeslib(corpus, manifest)}
    print("\n" + _table(manifest, judged))
    assert not _disagreements(manifest, judged)
    _ours_takes_for_genuine_what_they_do(corpus, manifest)


def _ours_takes_for_genuine_what_they_do(folder: Path, manifest: dict[str, Any]) -> None:
    """Our own verifier says whether a credential is genuine; its times and its status are asked elsewhere."""
    published = list(IssuerKey.objects.all())
    for case in manifest["cases"]:
        text = (folder / case["file"]).read_text()
        if case["expected"] in ("rejected", "unknown issuer") and case["id"] != "not valid yet":
            with pytest.raises(NotVerified):
                verify_credential(text, published=published)
        else:
            verify_credential(text, published=published)


_needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (_VERIFIERS / "node_modules").is_dir(),
    reason="needs Node 20 and the packages in tests/independent/verifiers: make verify-independent",
)


@_needs_node
def test_verifiers_of_node_judge_as_they_should(corpus: Path) -> None:
    manifest = json.loads((corpus / "manifest.json").read_text())
    judged = _node(corpus)
    print("\n" + _table(manifest, judged))
    assert set(judged) == {"@digitalbazaar/vc", "verifier-core"}
    assert not _disagreements(manifest, judged)


@_needs_node
def test_a_verifier_that_asks_the_network_is_found_out(tmp_path: Path) -> None:
    """Control: with nothing but files around it, a connection is refused and remembered."""
    (tmp_path / "manifest.json").write_text('{"web": {}}')
    script = """
        import('./offline.mjs').then(async ({attempts}) => {
          try { require('node:https').get('https://127.0.0.1:9/'); } catch (error) { console.log(error.message); }
          const {status} = await fetch('https://127.0.0.1:9/');
          console.log(attempts.length, status);
        });
    """
    answer = subprocess.run(
        ["node", "-e", script, "verify", str(tmp_path)],
        cwd=_VERIFIERS,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert answer.stdout.split() == ["offline", "1", "404"]
