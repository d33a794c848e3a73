"""Registering agencies and their machines, and what they are granted."""

from __future__ import annotations

import logging
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from celery import current_app
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerDown
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken, Application
from redis.exceptions import RedisError

from accounts.public import STATE_ADMINISTRATOR
from agencies.errors import AgencyNotFound, GrantRefused, NotOfThatState
from agencies.grants import rules
from agencies.models import Agency, ApiClient, Grant
from common import clock
from common.errors import Conflict, NotFound
from privacy import public as privacy

REFUSALS = {
    "not_own_state": _("Learner-level data go to agencies of the learner's own member state only."),
    "no_legal_basis": _("A grant needs its legal basis."),
    "ends_before_it_begins": _("The grant ends before it begins."),
    "needs_no_approval": _("This grant needs no approval."),
}
_log = logging.getLogger(__name__)


class NewClient(NamedTuple):
    """Credentials as they are handed over, once: only a hash of the secret is kept."""

    client_id: str
    client_secret: str


@transaction.atomic
def register_agency(*, name: str, role: str, member_state: str | None, actor: str) -> UUID:
    """Register an agency, active, without grants or clients; return its id.

    Raises:
        Conflict: the state has an agency of that name.
    """
    try:
        with transaction.atomic():
            agency = Agency.objects.create(name=name, role=role, member_state_id=member_state)
    except IntegrityError as error:
        raise Conflict(_("There is already an agency of that name."), pointer="/name") from error
    privacy.audit(
        actor=actor, action="agency.registered", subject_kind="agency", subject_id=str(agency.pk), state=member_state
    )
    return agency.pk


@transaction.atomic
def update_agency(*, agency_id: UUID, name: str, role: str, actor: str) -> None:
    """Correct an agency's name and role. A second call changes nothing.

    Raises:
        AgencyNotFound: there is no such agency.
        Conflict: the state has another agency of that name.
    """
    agency = _agency_for_update(agency_id)
    if (agency.name, agency.role) == (name, role):
        return
    try:
        with transaction.atomic():
            Agency.objects.filter(pk=agency_id).update(name=name, role=role)
    except IntegrityError as error:
        raise Conflict(_("There is already an agency of that name."), pointer="/name") from error
    privacy.audit(actor=actor, action="agency.described", subject_kind="agency", subject_id=str(agency_id))


@transaction.atomic
def set_agency_active(*, agency_id: UUID, active: bool, actor: str) -> None:
    """Let an agency in, or shut it out: its tokens end at once and its feed is emptied. A second call changes nothing.

    Raises:
        AgencyNotFound: there is no such agency.
    """
    agency = _agency_for_update(agency_id)
    if agency.active == active:
        return
    Agency.objects.filter(pk=agency_id).update(active=active)
    if not active:
        AccessToken.objects.filter(application__apiclient__agency_id=agency_id).delete()
    _feed_is_due(agency_id)
    privacy.audit(
        actor=actor,
        action="agency.activated" if active else "agency.deactivated",
        subject_kind="agency",
        subject_id=str(agency_id),
    )


@transaction.atomic
def register_client(*, agency_id: UUID, name: str, actor: str) -> NewClient:
    """Register a machine of the agency; return its id and its secret, which nobody can read again.

    Every call registers another one.

    Raises:
        AgencyNotFound: there is no such agency.
    """
    _agency_for_update(agency_id)
    secret = generate_client_secret()
    application = Application.objects.create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
        hash_client_secret=True,
    )
    ApiClient.objects.create(application=application, agency_id=agency_id)
    privacy.audit(
        actor=actor,
        action="agency_client.registered",
        subject_kind="agency_client",
        subject_id=application.client_id,
        agency=str(agency_id),
    )
    return NewClient(application.client_id, secret)


@transaction.atomic
def renew_secret(*, application_id: int, actor: str) -> NewClient:
    """Give a client a new secret; the old one and all its tokens end at once.

    Raises:
        NotFound: there is no such client.
    """
    client = _client_for_update(application_id)
    secret = generate_client_secret()
    client.application.client_secret = secret
    client.application.save(update_fields=["client_secret", "updated"])
    AccessToken.objects.filter(application_id=application_id).delete()
    privacy.audit(
        actor=actor,
        action="agency_client.secret_renewed",
        subject_kind="agency_client",
        subject_id=client.application.client_id,
    )
    return NewClient(client.application.client_id, secret)


@transaction.atomic
def set_client_active(*, application_id: int, active: bool, actor: str) -> None:
    """Let a client in, or shut it out: its tokens end at once. A second call changes nothing.

    Raises:
        NotFound: there is no such client.
    """
    client = _client_for_update(application_id)
    if client.active == active:
        return
    ApiClient.objects.filter(pk=application_id).update(active=active)
    if not active:
        AccessToken.objects.filter(application_id=application_id).delete()
    privacy.audit(
        actor=actor,
        action="agency_client.activated" if active else "agency_client.deactivated",
        subject_kind="agency_client",
        subject_id=client.application.client_id,
    )


@transaction.atomic
def give_grant(
    *,
    agency_id: UUID,
    member_state: str,
    purpose: str,
    scope: str,
    legal_basis: str,
    valid_from: date,
    valid_to: date | None,
    actor: str,
) -> int:
    """Grant an agency what it may see; its feed follows. A second call with the same first day returns the first's id.

    Raises:
        AgencyNotFound: there is no such agency.
        GrantRefused: learner-level for another state than its own, no legal basis, or the dates are the wrong way round.
    """
    agency = _agency_for_update(agency_id)
    reason = rules.refusal(
        agency_state=agency.member_state_id,
        member_state=member_state,
        scope=scope,
        legal_basis=legal_basis,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    if reason is not None:
        raise GrantRefused(REFUSALS[reason])
    grant, is_new = Grant.objects.get_or_create(
        agency=agency,
        member_state_id=member_state,
        purpose_id=purpose,
        scope=scope,
        valid_from=valid_from,
        defaults={"legal_basis": legal_basis, "valid_to": valid_to},
    )
    if is_new:
        _feed_is_due(agency_id)
        privacy.audit(
            actor=actor,
            action="grant.given",
            subject_kind="grant",
            subject_id=str(grant.pk),
            agency=str(agency_id),
            state=member_state,
            scope=scope,
            purpose=purpose,
        )
    return grant.pk


@transaction.atomic
def approve_grant(*, grant_id: int, by: Any, now: datetime) -> None:
    """Agree, for the state whose statistics it opens, to a grant of an agency that is not the state's own.

    A second call changes nothing.

    Args:
        by: the account of the member of staff who agrees.

    Raises:
        NotFound: there is no such grant.
        GrantRefused: the grant needs nobody's approval.
        NotOfThatState: only an administrator of that state can agree.
    """
    grant = _grant_of_own_state(grant_id, by)
    if grant.approved_at is not None:
        return
    Grant.objects.filter(pk=grant_id).update(approved_at=now, approved_by=by)
    _audit_approval("grant.approved", grant, by)


@transaction.atomic
def withdraw_approval(*, grant_id: int, by: Any) -> None:
    """Take back, for the state, what `approve_grant` agreed to: the next request gets nothing. A second call changes nothing.

    Args:
        by: the account of the member of staff who takes it back.

    Raises:
        NotFound, GrantRefused, NotOfThatState: as for `approve_grant`.
    """
    grant = _grant_of_own_state(grant_id, by)
    if grant.approved_at is None:
        return
    Grant.objects.filter(pk=grant_id).update(approved_at=None, approved_by=None)
    _audit_approval("grant.approval_withdrawn", grant, by)


def _grant_of_own_state(grant_id: int, by: Any) -> Grant:
    grants = Grant.objects.select_for_update(no_key=True, of=("self",)).select_related("agency")
    grant = grants.filter(pk=grant_id).first()
    if grant is None:
        raise NotFound()
    if not rules.needs_approval(
        agency_state=grant.agency.member_state_id, member_state=grant.member_state_id, scope=grant.scope
    ):
        raise GrantRefused(REFUSALS["needs_no_approval"])
    # Read anew rather than from the session: who was dismissed a moment ago agrees to nothing.
    administrators = get_user_model().objects.filter(is_active=True, is_staff=True, groups__name=STATE_ADMINISTRATOR)
    if not administrators.filter(pk=by.pk, member_state_id=grant.member_state_id).exists():
        raise NotOfThatState()
    return grant


def _audit_approval(action: str, grant: Grant, by: Any) -> None:
    privacy.audit(
        actor=str(by.pk),
        action=action,
        subject_kind="grant",
        subject_id=str(grant.pk),
        agency=str(grant.agency_id),
        state=grant.member_state_id,
    )


@transaction.atomic
def end_grant(*, grant_id: int, valid_to: date | None, actor: str) -> None:
    """Set the first day on which a grant no longer holds (None: it holds on); the feed follows.

    Raises:
        NotFound: there is no such grant.
        GrantRefused: it would end before it begins.
    """
    grant = Grant.objects.select_for_update(no_key=True).filter(pk=grant_id).first()
    if grant is None:
        raise NotFound()
    if valid_to is not None and valid_to < grant.valid_from:
        raise GrantRefused(REFUSALS["ends_before_it_begins"])
    if grant.valid_to == valid_to:
        return
    Grant.objects.filter(pk=grant_id).update(valid_to=valid_to)
    _feed_is_due(grant.agency_id)
    privacy.audit(
        actor=actor,
        action="grant.ended",
        subject_kind="grant",
        subject_id=str(grant_id),
        agency=str(grant.agency_id),
        valid_to=valid_to.isoformat() if valid_to else None,
    )


def _agency_for_update(agency_id: UUID) -> Agency:
    agency = Agency.objects.select_for_update(no_key=True).filter(pk=agency_id).first()
    if agency is None:
        raise AgencyNotFound()
    return agency


def _client_for_update(application_id: int) -> ApiClient:
    found = ApiClient.objects.select_for_update(no_key=True, of=("self",)).select_related("application")
    client = found.filter(pk=application_id).first()
    if client is None:
        raise NotFound()
    return client


def _feed_is_due(agency_id: UUID) -> None:
    """Mark the feed, in the transaction of the change; the message is only a wake-up, beat finds the mark as well."""
    Agency.objects.filter(pk=agency_id).update(feed_due_at=clock.now())
    transaction.on_commit(_wake_rebuild)


def _wake_rebuild() -> None:
    try:
        current_app.send_task("agencies.rebuild_due_feeds", expires=600, retry=False)
    except (BrokerDown, RedisError, OSError) as error:
        _log.warning("no wake-up sent, beat will", extra={"cause": type(error).__name__})
