"""SQL by hand: a lock that the ORM has no words for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from common import binary
from common.database import run_prepared


def lock_against_erasure(learner_ids: Collection[UUID]) -> list[tuple[UUID, str, str, list[str]]]:
    """Lock the learners `FOR KEY SHARE`, in the order of their ids, until the caller's transaction ends; one statement.

    Returns:
        Id, legal name, member state and languages of each; unknown ids are missing.
    """
    return run_prepared(
        "SELECT user_id, legal_name, member_state_id, languages FROM learners_learner "
        "WHERE user_id = ANY(%s) ORDER BY user_id FOR KEY SHARE",
        [binary.uuids(learner_ids)],
    )
