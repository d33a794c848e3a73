"""`manage.py report_rule_change`: says what the mastery rule's newest version changes for the learners who are there.

Levels that an earlier version gave stay; the report says how many rest on it alone. Nothing is written: run it before an upgrade
is rolled out to everybody (`rebuild_mastery`), and after.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from learners.mastery.locks import RULES
from learners.mastery.rule_changes import RuleChange, rule_change
from learners.mastery.selectors import with_mastery

_AT_A_TIME = 200


class Command(BaseCommand):
    """Report what the newest version of the mastery rule changes."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        found = RuleChange()
        after: UUID | None = None
        while ids := with_mastery(after=after, limit=_AT_A_TIME):
            found += rule_change(ids)
            after = ids[-1]
        self.stdout.write(f"rule: {RULES}")
        self.stdout.write(f"{found.learners} learners, {found.waiting} of them computed by an earlier version")
        self.stdout.write(f"levels given: {_by_level(found.given)}")
        self.stdout.write(f"  by an earlier version: {_by_level(found.by_earlier_rules)}")
        self.stdout.write(f"  that rest on an earlier version alone, and stay: {_by_level(found.unsupported)}")
        self.stdout.write(f"levels that come with the newest version: {_by_level(found.new)}")
        if found.compared:
            self.stdout.write(
                f"probability of the level held, mean over {found.compared} skills of those computed by an earlier version: "
                f"{found.before / found.compared:.3f} as stored, {found.after / found.compared:.3f} by the newest"
            )


def _by_level(levels: Counter[int]) -> str:
    """Such as `12 (level 1: 8, level 2: 4)`."""
    total = sum(levels.values())
    return f"{total} ({', '.join(f'level {level}: {levels[level]}' for level in sorted(+levels))})" if total else "0"
