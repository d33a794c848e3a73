"""What can go wrong with profiles."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class ProfileMissing(DomainError):
    """The account has no learner's profile yet: PUT /api/v1/me/profile first."""

    code, status, title = "profile_missing", 409, _("Please fill in your profile first")


class GuardianConsentRequired(DomainError):
    """The person may be younger than `minimum_age`, the age from which one consents alone in the state; the programme
    has no way yet to record a guardian's consent, so no profile can be made."""

    code, status, title = "guardian_consent_required", 403, _("A guardian has to consent first")
    member_types = {"minimum_age": int}
