"""Reads of certificates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import QuerySet, TextField, UUIDField

from common.clock import rfc3339
from common.queries import Given, KeptQuery
from credentials.certificates import approvals, rules
from credentials.certificates.lifecycle_models import CertificateCorrection
from credentials.certificates.models import Award, Certificate, StatusList
from credentials.certificates.status_list import PURPOSES
from learners import public as learners


@dataclass(frozen=True)
class AchievementProgress:
    """How far a learner is on the way to an achievement. skills: (code, level wanted, level held) of each criterion.

    edition_id: of the course, which the learner completed or takes.
    """

    slug: str
    edition_id: UUID
    names: Mapping[str, str]  # by language
    awarded: bool
    needs_completion: bool
    completed: bool
    skills: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate as its owner's first screen shows it. texts: of its achievement, by language."""

    id: UUID
    public_code: str
    achievement: str
    texts: Mapping[str, Mapping[str, str]]
    valid_until: datetime | None
    status: str
    renewable_from: datetime | None


class CertificateForProgress(TypedDict):
    """A certificate for an agency, as JSON values."""

    id: str
    achievement: str
    achievement_version: int
    edition_id: str | None
    course_id: str
    valid_from: str
    valid_until: str | None
    status: str
    status_changed_at: str | None


def achievement_progress(*, learner_id: UUID, slug: str) -> AchievementProgress | None:
    """The learner's progress in the version of an achievement that counts for them; five queries.

    None unless the learner takes its course. Of several courses that have an achievement of that name the learner is told of
    one, always the same.
    """
    state = learners.states_of([learner_id]).get(learner_id)
    offered = [] if state is None else approvals.offers().for_state(state)
    versions = [approval.version for approval in offered]
    named = {version.achievement.course_id: version for version in versions if version.achievement.slug == slug}
    taken = learners.taken_courses(learner_ids=[learner_id], course_ids=named)
    if not taken:
        return None
    (_, course_id), course = min(taken.items())
    version = named[course_id]
    held = {state.skill: state.level for state in learners.levels_of(learner_id)}
    return AchievementProgress(
        slug=slug,
        edition_id=course.edition_id,
        names={language: words["name"] for language, words in version.texts.items()},
        awarded=Award.objects.filter(learner_id=learner_id, achievement_id=version.achievement_id).exists(),
        needs_completion=bool(version.criteria.get("course_completed")),
        completed=course.completed_at is not None,
        skills=tuple(
            (wanted["skill"], wanted["level"], held.get(wanted["skill"], 0)) for wanted in version.criteria["skills"]
        ),
    )


def certificates_for_progress(learner_ids: Iterable[UUID]) -> Mapping[UUID, list[CertificateForProgress]]:
    """Return each learner's certificates for an agency, oldest first; one query.

    No name, and no public code: whoever has the code can read the name. Learners without a certificate are missing.
    """
    found: dict[UUID, list[CertificateForProgress]] = defaultdict(list)
    rows = (
        Certificate.objects.filter(learner_id__in=list(learner_ids))
        .order_by("learner_id", "id")
        .values_list(
            "learner_id",
            "id",
            "award__achievement__slug",
            "award__version__number",
            "award__edition_id",
            "award__achievement__course_id",
            "valid_from",
            "valid_until",
            "status",
            "status_changed_at",
        )
    )
    for learner_id, pk, slug, version, edition_id, course_id, valid_from, valid_until, status, changed_at in rows:
        found[learner_id].append(
            {
                "id": str(pk),
                "achievement": slug,
                "achievement_version": version,
                "edition_id": str(edition_id) if edition_id else None,
                "course_id": str(course_id),
                "valid_from": rfc3339(valid_from),
                "valid_until": rfc3339(valid_until) if valid_until else None,
                "status": status,
                "status_changed_at": rfc3339(changed_at) if changed_at else None,
            }
        )
    return dict(found)


@KeptQuery
def _of_learner(limit: int, is_first: bool) -> QuerySet[Certificate]:
    found = (
        Certificate.objects.filter(learner_id=Given("learner", UUIDField()))
        .select_related("award__achievement", "award__version", "key__issuer")
        .defer("credential", "award__facts")
        .order_by("-pk")
    )
    return (found if is_first else found.filter(pk__lt=Given("after", UUIDField())))[:limit]


def of_learner(*, learner_id: UUID, after: UUID | None, limit: int) -> Sequence[Certificate]:
    """At most `limit` of the learner's certificates behind `after`, newest first; one query."""
    return _of_learner(limit, after is None, learner=learner_id, after=after)


def newest_of_learner(learner_id: UUID, *, limit: int) -> Sequence[HeldCertificate]:
    """The learner's newest certificates; one query."""
    return [
        HeldCertificate(
            id=certificate.pk,
            public_code=certificate.public_code,
            achievement=certificate.award.achievement.slug,
            texts=certificate.award.version.texts,
            valid_until=certificate.valid_until,
            status=certificate.status,
            renewable_from=renewable_from(certificate),
        )
        for certificate in of_learner(learner_id=learner_id, after=None, limit=limit)
    ]


def newest_certificate(learner_id: UUID) -> UUID | None:
    """The newest certificate ever issued to the learner, whatever became of it, or None; one query."""
    return (
        Certificate.objects.filter(learner_id=learner_id)
        .order_by("-valid_from", "-pk")
        .values_list("pk", flat=True)
        .first()
    )


_BY_CODE = KeptQuery(
    lambda: (
        Certificate.objects.select_related("key", "award__version", "status_list")
        .defer("status_list__secret", "status_list__revocation", "status_list__suspension", "award__facts")
        .filter(public_code=Given("code", TextField()))
    )
)


def by_code(public_code: str) -> Certificate | None:
    """The certificate with that code, or None; one query."""
    return _BY_CODE.first(code=public_code)


def published_list(*, issuer: str, number: int, purpose: str) -> str | None:
    """The signed text of a status list, "" while it was not published, None where there is none; one query.

    Args:
        purpose: "revocation" or "suspension"; of any other there is none.
    """
    if purpose not in PURPOSES or not 0 < number < 2**31:
        return None
    return StatusList.objects.filter(issuer_id=issuer, number=number).values_list(purpose, flat=True).first()


def renewable_from(certificate: Certificate) -> datetime | None:
    """From when on the certificate may be renewed; None for one that is not active, or never expires."""
    if certificate.status != Certificate.Status.ACTIVE or certificate.valid_until is None:
        return None
    return rules.renewable_from(certificate.valid_until)


def correction(*, learner_id: UUID, certificate_id: UUID, correction_id: UUID) -> CertificateCorrection | None:
    """The learner's own correction, or None; one query."""
    return CertificateCorrection.objects.filter(
        pk=correction_id, certificate_id=certificate_id, learner_id=learner_id
    ).first()


def by_codes(public_codes: Collection[str]) -> dict[str, Certificate]:
    """The certificates with those codes, by code, with their key and status list but for its long texts; one query."""
    if not public_codes:
        return {}
    found = (
        Certificate.objects.select_related("key", "status_list")
        .defer("status_list__secret", "status_list__revocation", "status_list__suspension", "status_reason")
        .filter(public_code__in=list(public_codes))
    )
    return {certificate.public_code: certificate for certificate in found}
