"""Reads of links: the owner's, and what a visitor is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Prefetch

from credentials.certificates import display, rules
from credentials.certificates.display import CertificateDisplay
from credentials.certificates.models import Certificate
from credentials.certificates.rules import Verdict
from credentials.certificates.verification import is_genuine
from credentials.sharing.models import Share, SharedCertificate, ShownField


@dataclass(frozen=True)
class CertificateView:
    """One certificate as a visitor of a link sees it. What was not chosen is None, and so is all of an altered one."""

    verdict: Verdict
    name: str | None = None
    name_language: str = "und"
    achievement: str | None = None
    achievement_language: str = "und"
    description: str | None = None
    skills: tuple[display.SkillDisplay, ...] | None = None
    issued_at: datetime | None = None
    issued_on: str = ""
    valid_until: datetime | None = None
    valid_until_on: str = ""
    issuer: str | None = None
    answers: int | None = None
    supervised: int | None = None


def of_learner(*, learner_id: UUID, after: UUID | None, limit: int) -> Sequence[Share]:
    """At most `limit` of the learner's links behind `after`, the highest id first, with their certificates."""
    found = _owned(learner_id).order_by("-pk")
    if after is not None:
        found = found.filter(pk__lt=after)
    return list(found[:limit])


def own_share(*, learner_id: UUID, share_id: UUID) -> Share | None:
    """The learner's own link of that id, or None; two queries."""
    return _owned(learner_id).filter(pk=share_id).first()


def _owned(learner_id: UUID) -> Any:
    listed = SharedCertificate.objects.order_by("position")
    return Share.objects.filter(learner_id=learner_id).prefetch_related(Prefetch("shared", queryset=listed))


def visible_certificates(
    *, share_id: UUID, fields: Sequence[str], language: str, now: datetime
) -> list[CertificateView]:
    """What a visitor sees of a link's certificates, in the learner's order; one query.

    The newest of each award stands for it: a corrected name is shown, the old one nowhere.
    """
    certificates = (
        Certificate.objects.filter(award__certificates__shares__share_id=share_id, successor__isnull=True)
        .select_related("key", "award__version")
        .order_by("award__certificates__shares__position")
    )
    # Both of an award may have been chosen, before and after a correction: they are one certificate now.
    distinct = {certificate.pk: certificate for certificate in certificates}
    return [_view(certificate, frozenset(fields), language, now) for certificate in distinct.values()]


def _view(certificate: Certificate, fields: frozenset[str], language: str, now: datetime) -> CertificateView:
    verdict = rules.verdict(
        proof_holds=is_genuine(certificate),
        status=certificate.status,
        valid_until=certificate.valid_until,
        now=now,
    )
    if verdict is Verdict.TAMPERED:
        return CertificateView(verdict)
    shown = display.display_of(orjson.loads(certificate.credential), certificate.award.version, language)
    return CertificateView(verdict, **_chosen(shown, certificate.award.facts, fields))


def _chosen(shown: CertificateDisplay, facts: dict[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """The values of the chosen fields and no others."""
    values: dict[ShownField, dict[str, Any]] = {
        ShownField.NAME: {"name": shown.name, "name_language": shown.name_language},
        ShownField.ACHIEVEMENT: {
            "achievement": shown.achievement,
            "achievement_language": shown.achievement_language,
            "description": shown.description,
        },
        ShownField.SKILLS: {"skills": shown.skills},
        ShownField.DATES: {
            "issued_at": shown.issued_at,
            "issued_on": shown.issued_on,
            "valid_until": shown.valid_until,
            "valid_until_on": shown.valid_until_on,
        },
        ShownField.ISSUER: {"issuer": shown.issuer},
        ShownField.EVIDENCE: {"answers": facts["answers"], "supervised": facts["supervised"]},
    }
    return {name: value for field in values if field in fields for name, value in values[field].items()}
