"""Making, revoking and opening links."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from credentials.certificates import codes
from credentials.certificates.models import Certificate
from credentials.sharing import rules, selectors, statements, tokens
from credentials.sharing.errors import CertificateNotYours, ShareIdTaken, TooManyShares
from credentials.sharing.models import Share, SharedCertificate
from learners import public as learners
from learners.public import ProfileMissing
from privacy import public as privacy

# For so long the owner still sees a link that has expired.
KEPT_AFTER = timedelta(days=90)


@dataclass(frozen=True)
class ShareOptions:
    """A link as its owner asks for it. days: 1 to 365. max_views: None for no limit."""

    certificates: Sequence[UUID]
    fields: Sequence[str]
    days: int
    max_views: int | None


@transaction.atomic
def share(*, learner_id: UUID, share_id: UUID, wanted: ShareOptions, now: datetime) -> tuple[Share, bool]:
    """Make a link to the learner's own certificates; a second call returns the first link, revoked or not.

    Also tells whether it is new.

    Raises:
        ProfileMissing: the account is no learner's yet.
        CertificateNotYours: one of the certificates is not the learner's.
        ShareIdTaken: another link, of any learner, has this id.
        TooManyShares: too many of the learner's links work at present.
    """
    # One request at a time per learner, so that the limit holds and a repeated request finds the first link.
    if not learners.lock_learner(learner_id):
        raise ProfileMissing()
    existing = selectors.own_share(learner_id=learner_id, share_id=share_id)
    if existing is not None:
        return _same(existing, wanted), False
    own = Certificate.objects.filter(learner_id=learner_id, pk__in=list(wanted.certificates))
    known = set(own.values_list("pk", flat=True))
    for index, certificate_id in enumerate(wanted.certificates):
        if certificate_id not in known:
            raise CertificateNotYours(pointer=f"/certificates/{index}")
    if Share.objects.filter(learner_id=learner_id, revoked_at=None, expires_at__gt=now).count() >= rules.MAX_OPEN:
        raise TooManyShares()
    salt = secrets.token_bytes(16)
    expires_at = now + timedelta(days=wanted.days)
    is_new = statements.insert_share(
        share_id,
        learner_id=learner_id,
        token_sha256=tokens.digest_of(tokens.token_of(share_id, salt)),
        salt=salt,
        fields=wanted.fields,
        max_views=wanted.max_views,
        created_at=now,
        expires_at=expires_at,
    )
    if not is_new:
        raise ShareIdTaken()
    SharedCertificate.objects.bulk_create(
        SharedCertificate(share_id=share_id, certificate_id=certificate_id, position=index)
        for index, certificate_id in enumerate(wanted.certificates)
    )
    _audit(learner_id, share_id, "share.made")
    made = selectors.own_share(learner_id=learner_id, share_id=share_id)
    assert made is not None
    return made, True


def _same(existing: Share, wanted: ShareOptions) -> Share:
    is_same = (
        [shared.certificate_id for shared in existing.shared.all()] == list(wanted.certificates)
        and existing.fields == list(wanted.fields)
        and existing.max_views == wanted.max_views
        and existing.expires_at - existing.created_at == timedelta(days=wanted.days)
    )
    if not is_same:
        raise ShareIdTaken()
    return existing


@transaction.atomic
def revoke(*, learner_id: UUID, share_id: UUID, now: datetime) -> bool:
    """Close the learner's link at once; return whether there is such a link. A second call changes nothing."""
    if Share.objects.filter(pk=share_id, learner_id=learner_id, revoked_at=None).update(revoked_at=now):
        _audit(learner_id, share_id, "share.revoked")
        return True
    return Share.objects.filter(pk=share_id, learner_id=learner_id).exists()


@dataclass(frozen=True)
class OpenedLink:
    """A link that works: which, what it shows, until when, and what the page's own links carry so as not to count again."""

    id: UUID
    fields: Sequence[str]
    expires_at: datetime
    seen: str


def open_link(*, token: str, now: datetime, count_view: bool, seen: str = "") -> OpenedLink | None:
    """Find a link that works; None for every other, whatever the reason.

    Args:
        token: as it stands in an address, also in capitals or with a full stop behind it.
        count_view: whether this counts as a view; see `statements.open_share`.
        seen: what the page that was counted put into its own links (`OpenedLink.seen`): for a while they cost no view.
    """
    written = codes.read_token(token)
    if written is None:
        return None
    is_counted = tokens.was_seen(written, seen)
    digest = tokens.digest_of(written)
    opened = statements.open_share(digest, now=now, count_view=count_view, is_counted=is_counted)
    return OpenedLink(*opened, seen=seen if is_counted else tokens.seen_now(written)) if opened else None


def forget_old(*, now: datetime) -> int:
    """Delete links that expired more than `KEPT_AFTER` ago; return how many rows were deleted."""
    deleted, _ = Share.objects.filter(expires_at__lt=now - KEPT_AFTER).delete()
    return deleted


def _audit(learner_id: UUID, share_id: UUID, action: str) -> None:
    privacy.audit(actor=str(learner_id), action=action, subject_kind="share", subject_id=str(share_id))
