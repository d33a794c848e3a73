"""Everything other apps may know about agencies; and the consumer that config/flow.py wires."""

from agencies.feed.services import update_feed
from agencies.loading import load_agencies
from agencies.services import NewClient, end_grant, give_grant, register_agency, register_client

__all__ = [
    "NewClient",
    "end_grant",
    "give_grant",
    "load_agencies",
    "register_agency",
    "register_client",
    "update_feed",
]
