"""What groups of learners are called whose names are codes."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf.locale import LANG_INFO

from member_states import public as member_states


def group_names() -> Mapping[tuple[str, str], str]:
    """Return the names of states and languages by (factor, code), each with its code; one query."""
    states = {("member_state", code): f"{name} ({code})" for code, name in member_states.names().items()}
    return {
        **states,
        **{("language", code): f"{about['name']} ({code})" for code, about in LANG_INFO.items() if "name" in about},
    }
