"""A stranger's judgement: verifiers that are not ours, mutations, and names of every kind."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import base58
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.contexts import document_loader
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from pyld import jsonld

from common import clock
from credentials.certificates import credentials, keys, linked_data, proofs
from credentials.certificates.signer import FileSigner, multikey_of, signer_for
from credentials.certificates.verification import NotVerified, verify_credential
from credentials.models import Certificate, IssuerKey
from tests.credentials.certificates.factories import approve_key

pytestmark = pytest.mark.django_db

NAMES = [
    'O\'Brien "Bud" \\ <b>&amp;</b>',
    "two\nlines",
    "สมชาย ใจดี",
    "សុខ សុភា",
    "ສົມສະໄໝ ພົມວິຫານ",
    "မောင်မောင်",
    "முத்துசாமி",
    "王秀英",
    "山田 愛子",
    "محمد بن عبدالله\u200f",
    "Nguyễn Thị Hồng",
    "e\u0301",
    "𠮷野家",
    "a" * 200,
    "\u200eRLM\u200f between",
    "{{ 7*7 }} %s _:b0 <urn:x> .",
    "😀",
]


def _published(client: Client) -> Callable[[str], bytes]:
    """What a stranger fetches: our own did.json and nothing else."""

    def fetch(url: str) -> bytes:
        assert url == "https://testserver/issuers/jp/did.json"
        return client.get("/issuers/jp/did.json").content

    return fetch


def _stranger_accepts(text: str, client: Client) -> bool:
    try:
        OB3LdpVerifier(issuer_did="did:web:testserver:issuers:jp").verify(text, download=_published(client))
    except LibOpenBadgesException:
        return False
    return True


def _second_opinion(text: str, client: Client) -> None:
    """The algorithm of vc-di-eddsa 3.2 written down once more, with nothing of the product's."""
    document = json.loads(text)
    (proof,) = document.pop("proof")
    published = client.get("/issuers/jp/did.json").json()
    (method,) = [entry for entry in published["verificationMethod"] if entry["id"] == proof["verificationMethod"]]
    assert method["id"] in published["assertionMethod"]
    raw = base58.b58decode(method["publicKeyMultibase"][1:])
    assert raw[:2] == b"\xed\x01"
    signature = base58.b58decode(proof.pop("proofValue")[1:])

    def digest(value: dict[str, Any]) -> bytes:
        options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader()}
        return hashlib.sha256(jsonld.normalize(value, options).encode()).digest()

    message = digest({"@context": document["@context"], **proof}) + digest(document)
    Ed25519PublicKey.from_public_bytes(raw[2:]).verify(signature, message)


def test_strangers_accept_what_we_issue_whatever_the_name(issue, client: Client) -> None:
    for name in NAMES:
        certificate = issue(name=name)
        assert verify_credential(certificate.credential)["credentialSubject"]["identifier"][0]["identityHash"] == name
        assert _stranger_accepts(certificate.credential, client)
        _second_opinion(certificate.credential, client)


def test_the_credential_says_what_it_should_and_nothing_of_the_account(issue) -> None:
    certificate = issue(name="山田 愛子", latin_name="Yamada Aiko", languages=("th", "ja"))
    document = json.loads(certificate.credential)
    subject = document["credentialSubject"]
    assert document["id"] == f"http://testserver/verify/{certificate.public_code}"
    assert isinstance(document["proof"], list)
    assert len(document["proof"]) == 1
    assert subject["achievement"]["inLanguage"] == "th"
    assert subject["achievement"]["name"] == "ก้าวแรก"
    frameworks = {entry["targetFramework"].split()[0] for entry in subject["achievement"]["alignment"]}
    assert frameworks == {"aseanjp-ai-skills", "ESCO", "DigComp"}
    levels = {entry["id"] for d in subject["achievement"]["resultDescription"] for entry in d["rubricCriterionLevel"]}
    assert {entry["achievedLevel"] for entry in subject["result"]} <= levels
    assert str(certificate.learner_id) not in certificate.credential
    # Whole words outside the proof: a signature or a key is random letters, and any two of them may stand in it.
    said = set(re.findall(r"\w+", json.dumps({**document, "proof": []}, ensure_ascii=False)))
    assert said.isdisjoint({"Yamada", "Aiko", str(certificate.learner.birth_year), "JP"})
    # One statement, the one about the name, has no id of its own: the canonical form may be filled in from a template.
    del document["proof"]
    assert set(linked_data.canonical_quads(document).split()) & {"_:c14n0", "_:c14n1"} == {"_:c14n0"}


def _mutations(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield (*path, key), None
            yield from _mutations(entry, (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield (*path, index), None
            yield from _mutations(entry, (*path, index))
    elif isinstance(value, bool):
        yield path, not value
    else:
        yield path, value + "x"
        yield path, value[:-1] + ("0" if value[-1:] != "0" else "1")
        yield path, [value]


def _mutated(document: Any, path: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if new is None:
        del place[path[-1]]
    else:
        place[path[-1]] = new
    return changed


def test_no_member_can_be_changed_left_out_or_added(issue, client: Client) -> None:
    certificate = issue(name="Budi Santoso", languages=("en",))
    document = json.loads(certificate.credential)
    published = list(IssuerKey.objects.all())
    mutations = list(_mutations(document))
    assert len(mutations) > 300
    for path, new in mutations:
        changed = json.dumps(_mutated(document, path, new))
        with pytest.raises(NotVerified):
            verify_credential(changed, published=published)
    for path, _ in [((), None), (("issuer",), None), (("credentialSubject", "achievement"), None)]:
        changed = copy.deepcopy(document)
        place = changed
        for step in path:
            place = place[step]
        for key, value in {"note": "x", "https://schema.org/name": "x", "@id": "urn:x", "endorsement": []}.items():
            with pytest.raises(NotVerified):
                verify_credential(json.dumps({**changed, key: value} if not path else changed | {"x": 1}))
            place[key] = value
            with pytest.raises(NotVerified):
                verify_credential(json.dumps(changed), published=published)
            del place[key]
    verify_credential(json.dumps(document), published=published)
    # The stranger agrees on a sample.
    for path, new in random.Random(1).sample(mutations, 25):
        if new != [_at(document, path)]:  # one value or a list of one are the same statement to JSON-LD
            assert not _stranger_accepts(json.dumps(_mutated(document, path, new)), client), path


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"proof": []}',
        "{" * 100_000,
        '{"a": NaN}',
        '"\\ud800"',
        '{"id": "\\ud800"}',
        "x" * 300_000,
    ],
)
def test_what_is_no_credential_is_refused(text: str) -> None:
    with pytest.raises(NotVerified):
        verify_credential(text)


@pytest.mark.parametrize("at", ["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "0000-00-00T00:00:00Z"])
def test_a_time_that_no_clock_here_can_read_is_refused(issue, at: str) -> None:
    """A leap second and the year 0 are times to RFC 3339, and none to the readers of times that come after."""
    document = json.loads(issue().credential)
    for place in (document, document["proof"][0]):
        for name in {"created", "validFrom", "validUntil", "awardedDate"} & set(place):
            before, place[name] = place[name], at
            with pytest.raises(NotVerified):
                verify_credential(json.dumps(document))
            place[name] = before
    verify_credential(json.dumps(document))


def test_two_members_of_one_name_are_refused(issue) -> None:
    text = issue(name="Budi").credential
    with pytest.raises(NotVerified):
        verify_credential(text.replace('"name":', '"name":"another","name":', 1))


def test_anothers_key_does_not_make_a_certificate(issue, tmp_path) -> None:
    document = json.loads(issue().credential)
    del document["proof"]
    key = Ed25519PrivateKey.generate()

    class Forger:
        did = "did:web:testserver:issuers:jp"
        multikey = multikey_of(key.public_key())

        def sign(self, message: bytes) -> bytes:
            return key.sign(message)

    forged = proofs.secured(document, signer=Forger(), created=clock.now())
    with pytest.raises(NotVerified, match="issuer's keys"):
        verify_credential(json.dumps(forged))
    forged["proof"][0]["verificationMethod"] = IssuerKey.objects.get().pk
    with pytest.raises(NotVerified, match="signature"):
        verify_credential(json.dumps(forged))


def test_old_certificates_verify_after_the_key_was_replaced(issue, client: Client, tmp_path, settings) -> None:
    old = issue()
    settings.ISSUER_KEY_DIR = str(tmp_path)  # where no key is yet: the next one is made
    approve_key("jp")
    new = issue()
    assert old.key_id != new.key_id
    for certificate in (old, new):
        verify_credential(certificate.credential)
        assert _stranger_accepts(certificate.credential, client)
        _second_opinion(certificate.credential, client)
    document = client.get("/issuers/jp/did.json").json()
    assert [entry["id"] for entry in document["verificationMethod"]] == [new.key_id, old.key_id]
    assert "validUntil" in document["verificationMethod"][1]
    assert "expires" not in json.dumps(document)
    # A worker that still has the old key cannot go on with it.
    retired = FileSigner(tmp_path / "jp.pem", password="", did="did:web:testserver:issuers:jp")
    IssuerKey.objects.filter(pk=new.key_id).update(valid_until=clock.now())
    with pytest.raises(keys.KeyRetired), transaction.atomic():
        keys.ensure_registered(retired, issuer="jp", now=clock.now())


def test_a_proof_from_outside_its_keys_time_is_refused(issue) -> None:
    certificate = issue()
    long_ago = clock.now() - timedelta(days=400)
    key = IssuerKey(
        id=certificate.key_id,
        did=certificate.key.did,
        multikey=certificate.key.multikey,
        valid_from=long_ago,
        valid_until=long_ago + timedelta(days=30),
    )
    with pytest.raises(NotVerified, match="time"):
        verify_credential(certificate.credential, published=[key])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["credentialSubject"].update(hobby="chess"),
        lambda d: d.update(type=["VerifiableCredential", "OpenBadgeCredential", "Bogus"]),
        lambda d: d.update(id="relative"),
        lambda d: d.update({"@context": [*d["@context"], "https://evil.example/context"]}),
        lambda d: d["credentialSubject"]["achievement"].update(image={"id": "no iri", "type": "Image"}),
    ],
)
def test_what_a_proof_would_not_cover_is_refused_before_signing(issue, change: Callable[[Any], None]) -> None:
    document = json.loads(issue().credential)
    del document["proof"]
    change(document)
    with pytest.raises(linked_data.NotLinkedData):
        proofs.secured(document, signer=signer_for("jp"), created=clock.now())
    with pytest.raises(credentials.NotACredential):
        credentials.require_profile(document)


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_canonical_form_is_that_of_the_general_library(name: str) -> None:
    document = {
        "@context": list(linked_data.CONTEXTS),
        "id": "urn:x",
        "type": ["VerifiableCredential"],
        "name": name,
        "issuer": {"id": "did:web:x", "type": ["Profile"], "name": name},
    }
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader()}
    assert linked_data.canonical_quads(document) == jsonld.normalize(document, options)


def test_altered_rows_are_found_out(issue, client: Client) -> None:
    certificate = issue(name="Budi Santoso")
    with connection.cursor() as cursor:  # whoever can switch off triggers can alter rows, and is found out all the same
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credentials_certificate DISABLE TRIGGER certificate_is_written_once")
        Certificate.objects.update(credential=certificate.credential.replace("Budi", "Dodo"))
        cursor.execute("ALTER TABLE credentials_certificate ENABLE TRIGGER certificate_is_written_once")
    page = client.get(f"/verify/{certificate.public_code}", headers={"Accept": "text/html"})
    assert page["Certificate-Verdict"] == "tampered"
    assert "not genuine" in page.content.decode()
    assert "Dodo" not in page.content.decode()
    assert client.get(f"/verify/{certificate.public_code}/status").json()["verdict"] == "tampered"
    assert client.get(f"/verify/{certificate.public_code}/pdf").status_code == 410
    with pytest.raises(InvalidSignature):
        _second_opinion(Certificate.objects.get().credential, client)


def test_a_genuine_credential_under_anothers_code_is_not_accepted(issue, client: Client) -> None:
    element, other = issue(name="Budi Santoso"), issue(name="Citra Reyes")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credentials_certificate DISABLE TRIGGER certificate_is_written_once")
        Certificate.objects.filter(pk=other.pk).update(credential=element.credential)
        cursor.execute("ALTER TABLE credentials_certificate ENABLE TRIGGER certificate_is_written_once")
    page = client.get(f"/verify/{other.public_code}", headers={"Accept": "text/html"})
    assert page["Certificate-Verdict"] == "tampered"
    assert "Budi" not in page.content.decode()
    assert client.get(f"/verify/{element.public_code}/status").json()["verdict"] == "valid"


@pytest.mark.parametrize(
    "path",
    [
        ("credentialSubject", "result"),
        ("credentialSubject", "achievement", "alignment"),
        ("credentialSubject", "achievement", "resultDescription"),
        ("credentialSubject", "achievement", "resultDescription", 0, "rubricCriterionLevel"),
    ],
)
def test_nothing_stands_twice(issue, path: tuple[Any, ...]) -> None:
    # To JSON-LD a statement made twice is made once: the proof would hold, and a reader would see more than was signed.
    document = json.loads(issue(name="Budi").credential)
    listed = _at(document, path)
    listed.append(listed[0])
    with pytest.raises(NotVerified):
        verify_credential(json.dumps(document))
