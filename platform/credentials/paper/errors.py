"""What can be wrong with the look of certificates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NotADraft(DomainError):
    """The design is published already, or does not exist: only a draft is published."""

    code, status, title = "design_not_draft", 409, _("Only a draft can be published")


class DraftExists(DomainError):
    """The authority has a draft already: it is finished or thrown away first."""

    code, status, title = "design_draft_exists", 409, _("There is a draft of this authority already")


class DesignIncomplete(DomainError):
    """The draft has a signature without a signer, or a text that cannot be set; the detail says which."""

    code, status, title = "design_incomplete", 409, _("The draft cannot be published yet")
