"""What can go wrong with links."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class CertificateNotYours(DomainError):
    """One of the certificates to be shared is none of the caller's; whether it is somebody's is not told."""

    code, status, title = "certificate_not_yours", 404, _("You have no such certificate")


class ShareIdTaken(DomainError):
    """The id stands for another link: make a new one for a new link."""

    code, status, title = "share_id_taken", 409, _("This id stands for something else")


class TooManyShares(DomainError):
    """So many links of the caller work at present that another one may not be made; revoke one first."""

    code, status, title = "too_many_shares", 409, _("Too many of your links are open")


class FetchedAhead(DomainError):
    """A browser fetches the link before anybody opens it, or a messenger makes a preview: nothing is shown, no view counts.

    503, so that a browser throws the answer away and asks again when the person follows the link.
    """

    code, status, title = "fetched_ahead", 503, _("Open the link to see what it shows")
