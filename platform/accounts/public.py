"""Everything other apps may know about accounts. (The admin's scope is `accounts.admin_scope`: it needs loaded models.)"""

from accounts.rates import within_rate
from accounts.roles import ASSESSOR, MARKER, REVIEWER, STATE_ADMINISTRATOR, TRAINER
from accounts.services import sign_out_everywhere

__all__ = ["ASSESSOR", "MARKER", "REVIEWER", "STATE_ADMINISTRATOR", "TRAINER", "sign_out_everywhere", "within_rate"]
