"""docs/flow.md is what config/flow.py says, and the drawing tells the truth about a flow that we know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config import flow
from config.management.commands import draw_flow
from events import public as events
from events.registry import Consumer, Happened


def test_the_file_is_not_stale() -> None:
    call_command("draw_flow", "--check")


def test_a_stale_or_missing_file_fails_the_check_and_is_not_touched(tmp_path: Path) -> None:
    missing, stale = tmp_path / "missing.md", tmp_path / "stale.md"
    stale.write_text("old")
    for path in (missing, stale):
        with pytest.raises(CommandError, match="stale"):
            call_command("draw_flow", "--check", "--file", str(path))
    assert not missing.exists()
    assert stale.read_text() == "old"
    call_command("draw_flow", "--file", str(stale))
    call_command("draw_flow", "--check", "--file", str(stale))


def test_every_kind_and_every_consumer_is_drawn() -> None:
    text = draw_flow.draw(flow.KINDS, flow.CONSUMERS, {consumer.name: [] for consumer in flow.CONSUMERS})
    for kind in flow.KINDS:
        assert f"| `{kind}` |" in text
    for consumer in flow.CONSUMERS:
        assert consumer.purpose, f"{consumer.name} has no purpose"
        for kind in consumer.kinds:
            assert f"  {kind.replace('.', '__')} --> {consumer.name}\n" in text


def _record_by_a_helper() -> None:
    events.record_many("learners.mastery_changed", [])


def _consume(happened: Sequence[Happened]) -> None:
    if happened:
        events.record("learners.enrolled", learner_id="")
    for step in (_record_by_a_helper,):
        step()


def test_what_a_consumer_records_is_read_from_its_source() -> None:
    assert draw_flow.kinds_recorded(Consumer("c", (), _consume)) == ["learners.enrolled", "learners.mastery_changed"]


def test_a_consumer_feeds_no_kind_that_comes_back_to_it() -> None:
    """Events that lead back to their own consumer would go round for ever."""
    records = {consumer.name: set(draw_flow.kinds_recorded(consumer)) for consumer in flow.CONSUMERS}
    takes = {consumer.name: set(consumer.kinds) for consumer in flow.CONSUMERS}
    for start in takes:
        reached: set[str] = set()
        waiting = [start]
        while waiting:
            kinds = records[waiting.pop()]
            fed = {name for name, taken in takes.items() if taken & kinds} - reached
            reached |= fed
            waiting += fed
        assert start not in reached, f"{start} feeds itself"
