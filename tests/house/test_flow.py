"""docs/flow.md is what config/flow.py says, and the drawing tells the truth about a flow that we know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common.ids import new_id
from config import flow
from config.management.commands import draw_flow
from events import public as events
from events.kinds import Recorded
from events.registry import Consumer
from learners import events as learner_events
from learners.events import Enrolled, LevelDecided


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
    text = draw_flow.draw(flow.EVENTS, flow.CONSUMERS, {consumer.name: [] for consumer in flow.CONSUMERS})
    for event in flow.EVENTS:
        assert f"| `{event.kind}` |" in text
        assert event.__doc__, f"{event.__name__} does not say what happened"
    for consumer in flow.CONSUMERS:
        assert consumer.purpose, f"{consumer.name} has no purpose"
        for event in consumer.classes:
            assert f"  {event.kind.replace('.', '__')} --> {consumer.name}\n" in text


def _record_by_a_helper() -> None:
    events.record_many([learner_events.MasteryChanged(learner_id=new_id(), skills=())])


def _consume(recorded: Sequence[Recorded[LevelDecided]]) -> None:
    if isinstance(recorded[0].event, LevelDecided):
        events.record(Enrolled(learner_id=new_id(), edition_id=new_id(), course_id=new_id(), enrolment_id=new_id()))
    for step in (_record_by_a_helper,):
        step()


def test_what_a_consumer_records_is_read_from_its_source() -> None:
    assert draw_flow.events_recorded(Consumer("c", _consume)) == [Enrolled, learner_events.MasteryChanged]


def test_a_consumer_feeds_no_kind_that_comes_back_to_it() -> None:
    """Events that lead back to their own consumer would go round for ever."""
    records = {consumer.name: set(draw_flow.events_recorded(consumer)) for consumer in flow.CONSUMERS}
    takes = {consumer.name: set(consumer.classes) for consumer in flow.CONSUMERS}
    for start in takes:
        reached: set[str] = set()
        waiting = [start]
        while waiting:
            made = records[waiting.pop()]
            fed = {name for name, taken in takes.items() if taken & made} - reached
            reached |= fed
            waiting += fed
        assert start not in reached, f"{start} feeds itself"
