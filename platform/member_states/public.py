"""Everything other apps may know about member states."""

from member_states.selectors import RuleInForce, codes, rule

__all__ = ["RuleInForce", "codes", "rule"]
