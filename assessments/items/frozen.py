"""Approved revisions, kept in memory by the process: the database refuses any change to them (decision 0052)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy

from assessments.items.models import ItemRevision
from common.caches import ProcessCache

# Some 2 KB each.
_kept: ProcessCache[tuple[int, str], ItemRevision] = ProcessCache(most=4096)


def revisions(asked: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], ItemRevision]:
    """Return revisions by id and language, their `content` in that language alone; at most one query.

    They are shared by all requests of the process: to read, never to change.
    """
    found = _kept.among(asked)
    missing = {revision for revision in asked if revision not in found}
    return found | _read(missing) if missing else found


def _read(missing: Collection[tuple[int, str]]) -> dict[tuple[int, str], ItemRevision]:
    rows = ItemRevision.objects.in_bulk({revision for revision, _ in missing})
    read: dict[tuple[int, str], ItemRevision] = {}
    for revision, language in missing:
        read[revision, language] = copy(rows[revision])
        read[revision, language].content = {language: rows[revision].content.get(language)}
    _kept.put({key: revision for key, revision in read.items() if revision.approved_at is not None})
    return read
