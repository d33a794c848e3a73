"""Everything other apps may know about agencies; and the consumer that config/flow.py wires."""

from agencies.feed.services import update_feed
from agencies.grants.rules import AGGREGATE, LEARNER
from agencies.loading import load_agencies
from agencies.selectors import AgencyView, agencies_of, is_active
from agencies.services import NewClient, end_grant, give_grant, register_agency, register_client
from agencies.token_document import token_document

__all__ = [
    "AGGREGATE",
    "LEARNER",
    "AgencyView",
    "NewClient",
    "agencies_of",
    "end_grant",
    "give_grant",
    "is_active",
    "load_agencies",
    "register_agency",
    "register_client",
    "token_document",
    "update_feed",
]
