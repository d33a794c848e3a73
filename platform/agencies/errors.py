"""What an agency's request can be refused for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NoGrant(DomainError):
    """The agency holds no grant that is in force for what it asks: another state, another level of detail, or expired."""

    code, status, title = "no_grant", 403, _("Your agency has not been granted this")


class InsufficientScope(DomainError):
    """The access token was not issued for the scope that this operation needs (RFC 6750)."""

    code, status, title = "insufficient_scope", 403, _("The access token does not cover this")
    member_types = {"required_scopes": list[str]}


class AgencyNotFound(DomainError):
    """There is no such agency."""

    code, status, title = "agency_not_found", 404, _("There is no such agency")


class GrantRefused(DomainError):
    """A grant of this form may not be given; the detail says why."""

    code, status, title = "grant_refused", 422, _("This grant may not be given")


class NotOfThatState(DomainError):
    """Only an administrator of the state whose statistics a grant opens can agree to it."""

    code, status, title = "not_of_that_state", 403, _("Only an administrator of that member state can decide this")
