"""A stranger has one file, a certificate and no network: `verify_certificate.py`, held against the product's verifier."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbadgeslib.baking import ITXT_KEYWORD_OB3, SVG_ELEMENT_OB3, SVG_NS_OB3, bake_png, bake_svg

from common import clock
from credentials.certificates import compact, credentials, keys, proofs, status_list
from credentials.certificates.compiled import Compiled
from credentials.certificates.signer import signer_for
from credentials.certificates.verification import NotVerified, verify_credential
from credentials.models import IssuerKey
from tests.credentials.certificates.test_compiled import SKILLS, certified, make
from tests.credentials.certificates.test_extraction import PNG, SVG, paper_with
from tests.credentials.certificates.test_verifying import NAMES

pytestmark = pytest.mark.django_db

SCRIPT = Path(__file__).parents[3] / "verify_certificate.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_certificate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def signed(_reference_data: None):
    """`signed(name)` is a credential of the state's authority, as its worker would sign it, and the DID document."""
    signs, now = signer_for("jp"), clock.now().replace(microsecond=0)
    key = keys.ensure_registered(signs, issuer="jp", now=now - timedelta(days=1))
    compiled = Compiled(
        achievement=credentials.achievement_node(certified(base_url="http://testserver")),
        issuer=credentials.issuer_node(did=signs.did, name="Authority", base_url="http://testserver"),
        status_list="http://testserver/status/jp/1",
        skills=SKILLS,
        base_url="http://testserver",
    )

    def sign(name: str = "Budi", **given: Any) -> str:
        issuance = make(name, **{"valid_from": now, "valid_until": now + timedelta(days=900), **given})
        return compiled.signed(issuance, signer=signs, created=now)

    sign.did = json.loads(orjson.dumps(keys.did_document("jp")))  # type: ignore[attr-defined]
    sign.key = key  # type: ignore[attr-defined]
    return sign


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _places(value[key], (*path, key))


def _changed(document: Any, path: tuple[Any, ...], draw: random.Random) -> Any:
    """The document with one thing altered at a place."""
    made = copy.deepcopy(document)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    at, value = path[-1], holder[path[-1]]
    choices: list[Any] = [None, [value], 7, {"id": "urn:x"}]
    if isinstance(value, str):
        choices += [value + "x", value[:-1], value.swapcase(), " " + value, value + "\u200f", "https://example.org/x"]
    if isinstance(value, bool):
        choices += [not value, 0, "false"]
    if isinstance(value, dict):
        choices += [{**value, "hobby": "chess"}, {**value, "@context": {}}, dict(list(value.items())[1:])]
    if isinstance(value, list):
        choices += [value + value, value[:-1], [*value, {}]]
    new = draw.choice(choices)
    if new is None:
        del holder[at]
    else:
        holder[at] = new
    return made


def _accepts(text: str, published: list[IssuerKey]) -> bool:
    try:
        verify_credential(text, published=published)
    except NotVerified:
        return False
    return True


def test_one_status_entry_is_as_good_as_two_and_a_list_of_one_is_not(issue, script: ModuleType, settings) -> None:
    settings.CREDENTIAL_STATUS = "single"
    certificate = issue(name="Budi")
    known = script.keys_of([json.loads(orjson.dumps(keys.did_document("jp")))])
    result = script.verify(certificate.credential, known, now=clock.now())
    assert result.verdict == "valid"
    assert result.unchecked[0].startswith("revocation")
    assert "suspension" not in "".join(result.unchecked)
    verify_credential(certificate.credential)
    document = json.loads(certificate.credential)
    document["credentialStatus"] = [document["credentialStatus"]]
    assert script.verify(json.dumps(document), known, now=clock.now()).verdict == "tampered"
    assert not _accepts(json.dumps(document), list(IssuerKey.objects.all()))


def test_it_accepts_every_name_and_nothing_that_was_altered(signed, script: ModuleType) -> None:
    known, now = script.keys_of([signed.did]), clock.now()
    for name in NAMES:
        result = script.verify(signed(name), known, now=now)
        assert (result.verdict, result.says["name"]) == ("valid", name), name
    draw, published = random.Random(7), list(IssuerKey.objects.all())
    document = json.loads(signed('O\'Neil "Bo" \\ 山田\n'))
    places = [path for path in _places(document) if path]
    accepted = 0
    for path in draw.choices(places, k=300):
        altered = _changed(document, path, draw)
        if altered == document:
            continue
        text = json.dumps(altered)
        result, product = script.verify(text, known, now=now), _accepts(text, published)
        assert (result.verdict == "valid") == product, (path, result)
        assert result.verdict in ("valid", "tampered", "unknown", "unknown_issuer")
        assert result.verdict == "valid" or not result.says
        accepted += product
    assert accepted == 0


def test_lists_in_another_order_say_the_same(signed, script: ModuleType) -> None:
    document = json.loads(signed())
    document["credentialSubject"]["result"].reverse()
    text = json.dumps(document, indent=2, sort_keys=True)
    assert script.verify(text, script.keys_of([signed.did]), now=clock.now()).verdict == "valid"
    assert _accepts(text, list(IssuerKey.objects.all()))


def test_one_node_told_twice_is_refused(signed, script: ModuleType) -> None:
    """To RDF it would be one, and the proof would hold: the reader would see a skill more than was signed."""
    document = json.loads(signed())
    document["credentialSubject"]["result"].append(document["credentialSubject"]["result"][0])
    result = script.verify(json.dumps(document), script.keys_of([signed.did]), now=clock.now())
    assert (result.verdict, "twice" in result.why) == ("tampered", True)
    text = signed().replace('"name":', '"name":"another","name":', 1)
    assert script.verify(text, script.keys_of([signed.did]), now=clock.now()).verdict == "unknown"


def test_dates_keys_and_strangers(signed, script: ModuleType) -> None:
    known, now, text = script.keys_of([signed.did]), clock.now(), signed()
    assert script.verify(text, known, now=now + timedelta(days=901)).verdict == "expired"
    assert script.verify(text, known, now=now - timedelta(days=1)).verdict == "tampered"
    assert script.verify(text, [], now=now).verdict == "no_keys"
    assert (
        script.verify(text, [entry._replace(did="did:web:other") for entry in known], now=now).verdict
        == "unknown_issuer"
    )
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert script.verify(text, [entry._replace(raw=other) for entry in known], now=now).verdict == "tampered"
    retired = [entry._replace(valid_until=now - timedelta(days=1)) for entry in known]
    assert script.verify(text, retired, now=now).why == "the key did not sign at that time"
    for wrong in ("", "hello", "[]", "null", "{" * 100_000, '{"a":NaN}'):
        assert script.verify(wrong, known, now=now).verdict == "unknown"
    assert script.address_of("did:web:skills.example%3A8443:issuers:th") == (
        "https://skills.example:8443/issuers/th/did.json"
    )


def test_the_curve_is_that_of_the_library(script: ModuleType) -> None:
    draw = random.Random(3)
    for _ in range(12):
        key, message = Ed25519PrivateKey.from_private_bytes(draw.randbytes(32)), draw.randbytes(draw.randrange(90))
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        assert script.ed25519_holds(public, signature, message)
        assert not script.ed25519_holds(public, signature, message + b"x")
        flipped = bytearray(signature)
        flipped[draw.randrange(64)] ^= 1 << draw.randrange(8)
        assert not script.ed25519_holds(public, bytes(flipped), message)
    # RFC 8032, section 7.1, test 1; and a signature whose S is too large (malleability).
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert script.ed25519_holds(public, signature, b"")
    larger = (int.from_bytes(signature[32:], "little") + script._L).to_bytes(32, "little")
    assert not script.ed25519_holds(public, signature[:32] + larger, b"")
    assert not script.ed25519_holds(b"\xff" * 32, signature, b"")


def _list(purpose: str, places: list[int], *, until: datetime, url: str = "http://testserver/status/jp/1") -> Any:
    document = status_list.status_list_credential(
        did=signer_for("jp").did,
        url=f"{url}/{purpose}",
        purpose=purpose,
        encoded=status_list.encode(places),
        valid_from=until - timedelta(days=1),
        valid_until=until,
    )
    return proofs.secured(document, signer=signer_for("jp"), created=clock.now())


def test_it_reads_the_issuers_lists(signed, script: ModuleType) -> None:
    known, now, text = script.keys_of([signed.did]), clock.now(), signed(status_index=17)
    later = now + timedelta(hours=6)
    clear = [_list("revocation", [16, 18], until=later), _list("suspension", [], until=later)]
    result = script.verify(text, known, clear, now=now)
    assert result.verdict == "valid"
    assert not [entry for entry in result.unchecked if "revocation" in entry or "suspension" in entry]
    assert script.verify(text, known, [_list("revocation", [17], until=later)], now=now).verdict == "revoked"
    assert (
        script.verify(text, known, [clear[0], _list("suspension", [17], until=later)], now=now).verdict == "suspended"
    )
    stale = script.verify(text, known, [_list("revocation", [], until=now)], now=now)
    assert stale.verdict == "valid"
    assert any("a newer list" in entry for entry in stale.unchecked)
    # A list that somebody altered tells nothing, and neither does another list.
    altered = copy.deepcopy(clear[0])
    altered["credentialSubject"]["encodedList"] = status_list.encode([17])
    elsewhere = _list("revocation", [17], until=later, url="http://testserver/status/jp/2")
    for useless in (altered, elsewhere, {}, [], None):
        result = script.verify(text, known, [useless], now=now)
        assert result.verdict == "valid"
        assert any("revocation" in entry for entry in result.unchecked)


def _tree(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, written as it is defined."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + _tree(leaves[:split]) + _tree(leaves[split:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*_path(index, leaves[:split]), _tree(leaves[split:])]
    return [*_path(index - split, leaves[split:]), _tree(leaves[:split])]


def test_it_follows_a_proof_of_the_log_to_the_checkpoint(signed, script: ModuleType) -> None:
    text, salt = signed(), bytes(16)
    about = {
        "commitment": sha256(salt + text.encode()).hexdigest(),
        "kind": "issued",
        "logged_at": "2026-01-01T00:00:00Z",
        "version": 1,
    }
    leaf = json.dumps(about, separators=(",", ":"))
    for size in (1, 2, 3, 7, 8, 13):
        for index in range(size):
            leaves = [f"leaf {number}".encode() for number in range(size)]
            leaves[index] = leaf.encode()
            path = [b64encode(entry).decode() for entry in _path(index, leaves)]
            checkpoint = f"log.example/1\n{size}\n{b64encode(_tree(leaves)).decode()}\n\n— log.example x\n"
            proof = {
                "leaf": leaf,
                "salt": salt.hex(),
                "index": index,
                "tree_size": size,
                "inclusion_proof": path,
                "checkpoint": checkpoint,
            }
            assert script.log_says(text, proof) == (True, "in the log log.example/1 since 2026-01-01T00:00:00Z")
            for wrong in (
                {"index": index + 1},
                {"tree_size": size + 1},
                {"inclusion_proof": [*path, path[0] if path else leaf]},
                {"inclusion_proof": path[1:]} if path else {"salt": "00"},
                {"salt": "01" * 16},
                {"leaf": "{}"},
                {"checkpoint": checkpoint.replace("log.example/1\n", "")},
                {"index": None},
            ):
                assert not script.log_says(text, {**proof, **wrong})[0], (size, index, wrong)
            assert not script.log_says(text + " ", proof)[0]
    assert not script.log_says(text, None)[0]
    told = script.verify(text, script.keys_of([signed.did]), now=clock.now())
    assert "the transparency log" in told.unchecked
    assert "transparency log" in script._with_log(told, (True, "in the log")).says
    assert script._with_log(told, (False, "no")).verdict == "valid"


def test_a_bare_interpreter_does_on_files_of_every_kind(signed, tmp_path: Path) -> None:
    """`-I -S`: no packages of the site, nothing of the project on the path."""
    text, now = signed("สมชาย ใจดี"), clock.now()
    (tmp_path / "did.json").write_text(json.dumps(signed.did))
    short = compact.signed(
        signer=signer_for("jp"),
        issuer="jp",
        public_code="0123456789abcdefghjkmnpqrs",
        name="สมชาย ใจดี",
        achievement="ก้าวแรก",
        levels={"AIS-A1": 1},
        valid_from=now,
        valid_until=now + timedelta(days=9),
        credential=text,
    )
    files = {
        "credential.json": text.encode(),
        "altered.json": text.replace("ใจดี", "ใจร้าย").encode(),
        "qr.txt": compact.address(short, "https://skills.example").encode(),
        "paper.pdf": paper_with(text),
        "badge.png": bake_png(PNG, text, keyword=ITXT_KEYWORD_OB3),
        "badge.svg": bake_svg(SVG, text, element=SVG_ELEMENT_OB3, namespace=SVG_NS_OB3, as_text=True),
        "photo.png": PNG,
    }
    wanted = {"altered.json": (14, "TAMPERED"), "photo.png": (15, "UNKNOWN")}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path / name), "--keys", str(tmp_path / "did.json")],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
        code, word = wanted.get(name, (0, "VALID"))
        assert (done.returncode, done.stdout.split(":")[0], done.stderr) == (code, word, ""), name
        assert ("สมชาย ใจดี" in done.stdout) == (code == 0)
        assert ("not checked: " in done.stdout) == (code == 0)
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            str(SCRIPT),
            str(tmp_path / "credential.json"),
            "--keys",
            str(tmp_path / "did.json"),
            "--at",
            (now.astimezone(UTC) + timedelta(days=2000)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 10


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_files_that_other_programs_wrote_are_read(
    script: ModuleType, signed: Any, tmp_path: Path, encoding: str
) -> None:
    """PowerShell's `>` writes UTF-16 with a mark, its Out-File also others; keys and lists are saved the same way."""
    text = signed("สมชาย ใจดี")
    for name, content in (("credential.json", f"{text}\r\n"), ("did.json", json.dumps(signed.did))):
        (tmp_path / name).write_bytes(content.encode(encoding))
    assert script.text_in((tmp_path / "credential.json").read_bytes()) == text
    arguments = [str(tmp_path / "credential.json"), "--keys", str(tmp_path / "did.json")]
    assert script.main(arguments) == 0
    (tmp_path / "credential.json").write_bytes(text.replace("สมชาย", "Dao").encode(encoding))
    assert script.main(arguments) == 14
