"""Everything other apps may know about member states."""

from member_states.selectors import RuleInForce, codes, names, rule

__all__ = ["RuleInForce", "codes", "names", "rule"]
