"""Everything other apps may know about accounts. (The admin's scope is `accounts.admin_scope`: it needs loaded models.)"""

from accounts.rates import seconds_to_wait
from accounts.recovery import HandedOver, hand_over_code
from accounts.roles import ASSESSOR, MARKER, REVIEWER, STATE_ADMINISTRATOR, TRAINER, ensure_roles
from accounts.services import hold, sign_out_everywhere
from accounts.sign_in_document import sign_in_document
from accounts.staff.own_password import confirm as confirm_password
from accounts.staff.second_factor import SecondFactorNeeded
from accounts.staff.second_factor import confirm as confirm_second_factor
from accounts.staff.second_factor import has_device as has_second_factor

__all__ = [
    "ASSESSOR",
    "MARKER",
    "REVIEWER",
    "STATE_ADMINISTRATOR",
    "TRAINER",
    "HandedOver",
    "SecondFactorNeeded",
    "confirm_password",
    "confirm_second_factor",
    "ensure_roles",
    "hand_over_code",
    "has_second_factor",
    "hold",
    "seconds_to_wait",
    "sign_in_document",
    "sign_out_everywhere",
]
