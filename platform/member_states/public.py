"""Everything other apps may know about member states; and how the register is loaded, for config."""

from member_states.loading import load_register
from member_states.selectors import (
    RegisteredAgency,
    RuleInForce,
    codes,
    languages,
    names,
    registered_agencies,
    rule,
    time_zone,
)

__all__ = [
    "RegisteredAgency",
    "RuleInForce",
    "codes",
    "languages",
    "load_register",
    "names",
    "registered_agencies",
    "rule",
    "time_zone",
]
