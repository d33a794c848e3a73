"""What can be wrong with a request to the log or to the witness."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NotPublished(DomainError):
    """No checkpoint covers what was asked for (yet): the log shows nothing that it has not signed."""

    code, status, title = "log_not_published", 404, _("The log has not published this")


class LogUnknown(DomainError):
    """This witness does not know the log, or this installation is no witness."""

    code, status, title = "log_unknown", 404, _("This log is not witnessed here")


class CheckpointUnsigned(DomainError):
    """The checkpoint has no valid signature by a key of its log."""

    code, status, title = "checkpoint_unsigned", 403, _("The log did not sign this checkpoint")


class CheckpointInconsistent(DomainError):
    """The checkpoint does not continue the one that was cosigned last, or its proof does not show that it does."""

    code, status, title = "checkpoint_inconsistent", 422, _("The checkpoint contradicts an earlier one")


class LogAltered(DomainError):
    """What is stored of the log is not what it signed before: it signs nothing more until people have looked."""

    code, status, title = "log_altered", 500, _("The transparency log was altered")
