"""Ids in paths."""

from __future__ import annotations

from django.urls.converters import UUIDConverter


class IdConverter(UUIDConverter):
    """A UUID in either case: RFC 9562 writes lower case and reads both, and some phones write upper case."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
