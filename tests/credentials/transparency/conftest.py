"""Certificates in numbers, and witnesses with keys of their own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings

from common import clock
from common.ids import new_id, public_code
from credentials.events import CertificateIssued, CertificateStatusChanged
from credentials.models import Achievement, AchievementVersion, Award, Certificate, IssuerKey, LogCheckpoint, StatusList
from credentials.transparency import keys
from credentials.transparency.services import publish
from events import public as events
from tests.courses.factories import make_published
from tests.credentials.certificates.conftest import achievement, issue  # noqa: F401
from tests.credentials.transparency.auditor import Auditor
from tests.factories import make_learner

ISSUED, CHANGED = CertificateIssued, CertificateStatusChanged


@pytest.fixture
def certify(_reference_data: None) -> Callable[..., list[Certificate]]:
    """`certify(3)` writes certificates as their issuer would, and tells of them; nothing is logged yet."""
    edition = make_published(slug="logged", languages=("en",))
    key = IssuerKey.objects.create(id="did:web:log#z1", issuer_id="regional", did="did:web:log", multikey="z1")
    places = itertools.count()
    status_list = StatusList.objects.create(issuer_id="regional", number=99, secret=b"")

    def make(number: int = 1, *, ago: timedelta = timedelta(0), tells: bool = True) -> list[Certificate]:
        now = clock.now() - ago
        # A few people, or one with many certificates: what is many is to be quick.
        learners = [make_learner() for _ in range(number if number < 6 else 1)]
        others = Achievement.objects.count()
        achievements = Achievement.objects.bulk_create(
            Achievement(slug=f"logged-{others + index}", course=edition.course) for index in range(1, number + 1)
        )
        versions = AchievementVersion.objects.bulk_create(
            AchievementVersion(achievement=entry, criteria={}, texts={}) for entry in achievements
        )
        awards = Award.objects.bulk_create(
            Award(
                learner=learners[place % len(learners)],
                achievement=entry.achievement,
                version=entry,
                edition=edition,
                decided_at=now,
                facts={},
            )
            for place, entry in enumerate(versions)
        )
        made = Certificate.objects.bulk_create(
            Certificate(
                public_code=public_code(),
                award=award,
                learner=award.learner,
                key=key,
                valid_from=now,
                status_list=status_list,
                status_index=next(places),
                credential=f'{{"name":"{award.learner.legal_name}","n":"{award.pk}"}}',
            )
            for award in awards
        )
        if tells:
            tell(ISSUED, *made)
        return made

    return make


def tell(
    form: type[CertificateIssued] | type[CertificateStatusChanged], *certificates: Certificate, **more: Any
) -> None:
    with transaction.atomic():
        events.record_many(
            [
                form(
                    certificate_id=certificate.pk,
                    learner_id=certificate.learner_id,
                    edition_id=new_id(),
                    course_id=new_id(),
                    **more,
                )
                for certificate in certificates
            ]
        )


def drain() -> int:
    return events.drain("transparency", budget_s=60).done


def signed() -> LogCheckpoint | None:
    """Let the log catch up and sign."""
    drain()
    return publish(now=clock.now())


@contextmanager
def as_superuser(*tables: str) -> Iterator[Any]:
    """Somebody with the owner's power: triggers are off, and nothing is recorded."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def auditor(_reference_data: None) -> Auditor:
    return Auditor(keys.log_signer().verifier.vkey)


@dataclass
class Witness:
    """An installation of another state that witnesses this log; only its name and key are its own here."""

    address: str
    settings: dict[str, Any]
    up: bool = True

    @property
    def vkey(self) -> str:
        with override_settings(**self.settings):
            cosigner = keys.cosigner()
        assert cosigner is not None
        return cosigner.verifier.vkey

    def post(self, body: bytes, content_type: str = "text/plain; charset=utf-8") -> Any:
        with override_settings(**self.settings):
            return Client().generic("POST", "/log/witness/add-checkpoint", body, content_type)

    def get(self, path: str) -> Any:
        with override_settings(**self.settings):
            return Client().get(path)


@dataclass
class Witnesses:
    """The witnesses that the log knows, and how it reaches them."""

    listed: list[Witness]

    def send(self, url: str, body: bytes) -> tuple[int, bytes]:
        witness = next(row for row in self.listed if url == f"{row.address}/add-checkpoint")
        if not witness.up:
            return 0, b""
        answer = witness.post(body)
        return answer.status_code, answer.content


@pytest.fixture
def witnesses(tmp_path: Path, settings: Any, _reference_data: None) -> Witnesses:
    """Two witnesses, in Viet Nam and the Philippines, that know this log and that it asks."""
    own = keys.log_signer().verifier.vkey
    listed = [
        Witness(
            f"https://{state}.example/log/witness",
            {
                "WITNESS_NAME": f"{state}.example/log/witness",
                "WITNESS_KEY_FILE": str(tmp_path / f"{state}.pem"),
                "WITNESSED_LOGS": [own],
            },
        )
        for state in ("vn", "ph")
    ]
    settings.LOG_WITNESSES = [f"{row.vkey} {row.address}" for row in listed]
    return Witnesses(listed)
