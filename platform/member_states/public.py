"""Everything other apps may know about member states."""

from member_states.selectors import RuleInForce, codes, names, rule, time_zone

__all__ = ["RuleInForce", "codes", "names", "rule", "time_zone"]
