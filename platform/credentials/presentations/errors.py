"""What can go wrong with further forms of certificates."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class NotPresentable(DomainError):
    """Only a certificate that is valid now, of an issuer at the site's present address, is signed in another form."""

    code, status, title = "not_presentable", 409, _("This certificate cannot be signed in another form")


class NothingToShow(DomainError):
    """A passport tells of certificates, and the learner has none that holds."""

    code, status, title = "nothing_to_show", 409, _("You have no certificate yet")


class TooMuchToShow(DomainError):
    """More certificates than verifiers read in one document; share them one by one."""

    code, status, title = "too_much_to_show", 409, _("You have too many certificates for one document")
