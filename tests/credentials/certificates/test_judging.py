"""An employer holds a text: what it is worth, alone and among a thousand."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from common import clock
from credentials.certificates import compact, judging, proofs, status_changes, verification
from credentials.certificates.judging import InvalidReason, Judged, judge, judge_compact
from credentials.certificates.rules import Verdict
from credentials.certificates.signer import multikey_of, signer_for
from credentials.models import Certificate, IssuerKey
from tests.credentials.certificates.factories import supersede

pytestmark = pytest.mark.django_db


def judge_one(handed_in: Any) -> Judged:
    (judged,) = judge([handed_in], now=clock.now())
    return judged


def jwt_of(text: str, **header: Any) -> str:
    """The credential as a JWT, as the issuer's worker would sign it."""
    document = json.loads(text)
    (proof,) = document.pop("proof")
    signs = signer_for("jp")
    protected = {"alg": "EdDSA", "typ": "vc+jwt", "kid": proof["verificationMethod"], **header}
    parts = [
        base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")
        for value in (protected, {**document, "iss": signs.did})
    ]
    signature = signs.sign(".".join(parts).encode())
    return ".".join([*parts, base64.urlsafe_b64encode(signature).decode().rstrip("=")])


def switched_off(statement: str, *values: Any) -> None:
    """Alter a row as somebody would who may switch triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credentials_certificate DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE credentials_certificate ENABLE TRIGGER USER")


def test_what_was_issued_is_valid_in_any_spelling_of_its_json(issue) -> None:
    certificate = issue(name='Budi "Bo" Santoso 山田')
    document = json.loads(certificate.credential)
    for handed_in in (
        certificate.credential,
        document,
        json.dumps(document, indent=2),
        json.dumps(document, sort_keys=True, ensure_ascii=True),
        "\n" + certificate.credential + "  ",
        jwt_of(certificate.credential),
    ):
        judged = judge_one(handed_in)
        assert (judged.verdict, judged.why) == (Verdict.VALID, None), handed_in
        assert judged.certificate == certificate
        assert judged.document == document


def test_lists_in_another_order_are_the_same_statements(issue) -> None:
    certificate = issue(name="Budi")
    document = json.loads(certificate.credential)
    document["credentialSubject"]["result"].reverse()
    judged = judge_one(document)
    assert (judged.verdict, judged.document) == (Verdict.VALID, json.loads(certificate.credential))
    # Told twice it is the same statement, and the proof would hold; but nobody signed a list like that.
    document["credentialSubject"]["result"].append(document["credentialSubject"]["result"][0])
    assert judge_one(document).verdict is Verdict.TAMPERED


def test_the_status_and_the_date_decide_of_what_is_genuine(issue, settings) -> None:
    element = issue()
    assert judge([element.credential], now=element.valid_until)[0].verdict is Verdict.EXPIRED
    for status in ("suspended", "active", "superseded"):
        if status == "superseded":
            supersede(element, name="Citra Santoso")
        else:
            Certificate.objects.filter(pk=element.pk).update(status=status)
        if status == "active":
            continue
        assert judge_one(element.credential).verdict is Verdict(status)
        assert judge_compact(compact.as_text(bytes(element.compact)), now=clock.now()).verdict is Verdict(status)
    other = issue()
    status_changes.revoke(certificate_id=other.pk, actor="test", reason="x", now=clock.now())
    assert judge_one(other.credential).verdict is Verdict.REVOKED
    assert judge_one(jwt_of(other.credential)).verdict is Verdict.REVOKED


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["credentialSubject"]["identifier"][0].update(identityHash="Dao"),
        lambda d: d["credentialSubject"]["identifier"][0].update(hashed=0),
        lambda d: d["credentialSubject"].update(hobby="chess"),
        lambda d: d.update(validUntil="2099-01-01T00:00:00Z"),
        lambda d: d.update(big=1e400, bigger=10**40),
        lambda d: d.update(half="\ud800"),
        lambda d: d["proof"][0].update(proofValue="z" + "1" * 85),
        lambda d: d["credentialSubject"]["result"].append(d["credentialSubject"]["result"][0]),
    ],
)
def test_what_was_altered_is_found_out_and_not_repeated(issue, change) -> None:
    document = json.loads(issue(name="Budi").credential)
    change(document)
    for handed_in in (document, json.dumps(document)):
        judged = judge_one(handed_in)
        assert judged.verdict in (Verdict.TAMPERED, Verdict.UNKNOWN)
        assert judged.verdict is Verdict.TAMPERED or judged.why is InvalidReason.NOT_A_CREDENTIAL
        assert (judged.certificate, judged.document) == (None, None)


def test_two_members_of_one_name_are_no_credential(issue) -> None:
    text = issue(name="Budi").credential
    doubled = text.replace('"name":', '"name":"another","name":', 1)
    assert json.loads(doubled) == json.loads(text)
    assert judge_one(doubled) == Judged(Verdict.UNKNOWN, InvalidReason.NOT_A_CREDENTIAL)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[]", "null", "{" * 50_000, '{"a":NaN}', "{}", '{"proof":[]}', "eyJ.e30." + "A" * 86, "x" * 300_000],
)
def test_what_is_nothing_of_the_kind_is_unknown(achievement, text: str) -> None:
    assert judge_one(text) == Judged(Verdict.UNKNOWN, InvalidReason.NOT_A_CREDENTIAL)


def test_a_strangers_signature_is_another_issuers(issue) -> None:
    document = json.loads(issue().credential)
    document["issuer"]["id"] = "did:web:diplomas.example"
    assert judge_one(document).verdict is Verdict.UNKNOWN_ISSUER
    assert judge_one({**document, "issuer": "did:web:diplomas.example"}).verdict is Verdict.UNKNOWN_ISSUER


def test_what_a_thief_signs_with_a_stolen_key_is_unknown(issue) -> None:
    """The key is the issuer's, the signature is right; that it was never stored says that nobody awarded it."""
    certificate = issue(name="Budi")
    document = json.loads(certificate.credential)
    del document["proof"]
    invented = {**document, "id": "http://testserver/verify/" + "0" * 26}
    forged = proofs.secured(invented, signer=signer_for("jp"), created=clock.now())
    verification.verify_credential(json.dumps(forged))
    assert judge_one(json.dumps(forged)) == Judged(Verdict.UNKNOWN, InvalidReason.NOT_STORED)
    # Under the code of a certificate that exists it is not even that.
    over = proofs.secured(
        {**document, "validUntil": "2099-01-01T00:00:00Z"}, signer=signer_for("jp"), created=clock.now()
    )
    verification.verify_credential(json.dumps(over))
    assert judge_one(over) == Judged(Verdict.TAMPERED, InvalidReason.DIFFERS)
    short = compact.signed(
        signer=signer_for("jp"),
        issuer="jp",
        public_code="0" * 26,
        name="Dao",
        achievement="x",
        levels={},
        valid_from=clock.now(),
        valid_until=clock.now() + timedelta(days=9),
        credential="x",
    )
    assert judge_compact(compact.as_text(short), now=clock.now()) == Judged(Verdict.UNKNOWN, InvalidReason.NOT_STORED)


def test_an_erased_certificate_is_unknown(issue) -> None:
    certificate = issue()
    switched_off("DELETE FROM credentials_certificate WHERE id = %s", certificate.pk)
    assert judge_one(certificate.credential) == Judged(Verdict.UNKNOWN, InvalidReason.NOT_STORED)
    assert judge_one(jwt_of(certificate.credential)) == Judged(Verdict.UNKNOWN, InvalidReason.NOT_STORED)
    altered = certificate.credential.replace("validUntil", "validuntil")
    assert judge_one(altered) == Judged(Verdict.TAMPERED, InvalidReason.BAD_SIGNATURE)


def test_a_jwt_is_judged_by_our_keys_alone(issue) -> None:
    certificate = issue()
    for header in ({"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"kid": "did:web:x#z"}, {"crit": ["b64"]}):
        assert judge_one(jwt_of(certificate.credential, **header)).verdict is Verdict.TAMPERED
    token = jwt_of(certificate.credential)
    head, payload, signature = token.split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert judge_one(f"{head}.{payload}.{flipped}").verdict is Verdict.TAMPERED


def test_rows_that_were_altered_are_found_out_without_canonicalising(issue, monkeypatch) -> None:
    element, other = issue(name="Budi Santoso"), issue(name="Citra Reyes")
    monkeypatch.setattr(judging, "proof_holds", None)  # the general way is not taken
    assert judge_one(element.credential).verdict is Verdict.VALID
    altered = element.credential.replace("Budi", "Dodo")
    switched_off("UPDATE credentials_certificate SET credential = %s WHERE id = %s", altered, element.pk)
    assert judge_one(altered) == Judged(Verdict.TAMPERED, InvalidReason.BAD_SIGNATURE)
    # Nor does another certificate's pair of texts help, which is genuine in itself.
    switched_off(
        "UPDATE credentials_certificate SET credential = %s, compact = %s WHERE id = %s",
        other.credential,
        bytes(other.compact),
        element.pk,
    )
    under = Certificate.objects.select_related("key").get(pk=element.pk)
    assert not judging.is_as_signed(under)


def test_without_a_compact_certificate_the_document_is_canonicalised(issue) -> None:
    certificate = issue(name="Budi")
    switched_off("UPDATE credentials_certificate SET compact = '' WHERE id = %s", certificate.pk)
    assert judge_one(certificate.credential).verdict is Verdict.VALID
    altered = certificate.credential.replace("Budi", "Dodo")
    switched_off("UPDATE credentials_certificate SET credential = %s WHERE id = %s", altered, certificate.pk)
    assert judge_one(altered).verdict is Verdict.TAMPERED


def test_a_compact_certificate_outlives_no_change(issue) -> None:
    certificate = issue(name="สมชาย ใจดี", languages=("th",))
    raw, now = bytes(certificate.compact), clock.now()
    said = compact.read(raw)
    assert (said.name, said.achievement, said.issuer) == ("สมชาย ใจดี", "ก้าวแรก", "jp")
    assert said.levels == {"AIS-A1": 1, "AIS-A3": 1}
    assert (said.public_code, said.valid_from) == (certificate.public_code, certificate.valid_from)
    text = compact.as_text(raw)
    for written in (text, text.lower(), compact.address(raw, "http://testserver"), f" {text}\n"):
        assert judge_compact(written, now=now).verdict is Verdict.VALID
    assert compact.address(raw, "https://skills.example") == f"HTTPS://SKILLS.EXAMPLE/VERIFY/Q/{text}"
    assert compact.address(raw, "https://x.example/p") == f"https://x.example/p/verify/q/{text}"
    for place in range(len(raw)):
        changed = raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]
        verdict = judge_compact(compact.as_text(changed), now=now).verdict
        assert verdict in (Verdict.TAMPERED, Verdict.UNKNOWN, Verdict.UNKNOWN_ISSUER), place
    for wrong in ("", "A", "1" * 200, "A" * 5000, text[:-8], text + "AAAAAAAA", "ü"):
        assert judge_compact(wrong, now=now).verdict in (Verdict.UNKNOWN, Verdict.TAMPERED)


def test_a_signature_of_one_kind_is_none_of_another(issue) -> None:
    """Control: without the word before what is signed, the bytes would verify bare."""
    certificate = issue()
    raw, key = bytes(certificate.compact), IssuerKey.objects.get()
    assert compact.holds(raw, key.multikey)
    bare = raw[:-64] + signer_for("jp").sign(raw[:-64])
    assert not compact.holds(bare, key.multikey)
    assert not compact.holds(raw, multikey_of(Ed25519PrivateKey.generate().public_key()))


def test_a_thousand_cost_as_many_queries_as_one(issue, query_budget) -> None:
    texts = [issue(name=f"Budi {number}").credential for number in range(3)]
    tampered = texts[0].replace("Budi", "Dodo")
    spread = [json.dumps(json.loads(text), indent=1, sort_keys=True) for text in texts]
    judge(texts, now=clock.now())
    with query_budget(1):
        assert {entry.verdict for entry in judge(texts * 333, now=clock.now())} == {Verdict.VALID}
    with query_budget(3):
        verdicts = [entry.verdict for entry in judge(["x", *spread, tampered, *texts] * 40, now=clock.now())]
    assert verdicts == ["unknown", *["valid"] * 3, "tampered", *["valid"] * 3] * 40


def test_a_thousand_forgeries_do_not_keep_the_server(issue, monkeypatch) -> None:
    document = json.loads(issue().credential)
    forged = [{**document, "id": f"http://testserver/verify/{number:026}"} for number in range(50)]
    seen: list[str] = []
    real = judging.verify_credential

    def count(text: str, **given: Any) -> Any:
        seen.append(text)
        return real(text, **given)

    monkeypatch.setattr(judging, "verify_credential", count)
    judged = judge(forged, now=clock.now())
    assert len(seen) == judging.MAX_CANONICALISED
    assert {entry.verdict for entry in judged[: len(seen)]} == {Verdict.TAMPERED}
    assert {entry.verdict for entry in judged[len(seen) :]} == {Verdict.UNKNOWN}
