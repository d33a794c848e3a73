"""Approved revisions, kept in memory by the process: the database refuses any change to them (decision 0052)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from django.db.models import JSONField

from assessments.items.models import ItemRevision
from common.caches import ProcessCache
from common.database import run_prepared

# Some 2 KB each.
_kept: ProcessCache[tuple[int, str], ItemRevision] = ProcessCache(most=4096)

_COLUMNS = [field.attname for field in ItemRevision._meta.concrete_fields]
_JSON = [field.attname for field in ItemRevision._meta.concrete_fields if isinstance(field, JSONField)]
_IN_ONE_LANGUAGE = "jsonb_build_object(asked.language, revision.content -> asked.language)"
_SELECTED = ", ".join(_IN_ONE_LANGUAGE if name == "content" else f"revision.{name}" for name in _COLUMNS)
_SELECT = f"""
    SELECT asked.language, {_SELECTED}
    FROM unnest(%s::bigint[], %s::text[]) AS asked (id, language)
    JOIN assessments_itemrevision AS revision ON revision.id = asked.id
"""  # noqa: S608 (the columns are a constant)


def revisions(asked: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], ItemRevision]:
    """Return revisions by id and language, their `content` in that language alone; at most one query.

    They are shared by all requests of the process: to read, never to change.
    """
    found = _kept.among(asked)
    missing = {revision for revision in asked if revision not in found}
    return found | _read(missing) if missing else found


def _read(missing: Collection[tuple[int, str]]) -> dict[tuple[int, str], ItemRevision]:
    rows = run_prepared(_SELECT, [[one[0] for one in missing], [one[1] for one in missing]])
    read: dict[tuple[int, str], ItemRevision] = {}
    for language, *values in rows:
        given = dict(zip(_COLUMNS, values, strict=True))
        given |= {name: json.loads(given[name]) for name in _JSON if given[name] is not None}
        read[given["id"], language] = ItemRevision.from_db("default", _COLUMNS, list(given.values()))
    _kept.put({key: revision for key, revision in read.items() if revision.approved_at is not None})
    return read
