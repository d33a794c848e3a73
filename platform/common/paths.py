"""Ids in paths."""

from __future__ import annotations

from django.urls.converters import StringConverter, UUIDConverter


class IdConverter(UUIDConverter):
    """A UUID in either case: RFC 9562 writes lower case and reads both, and some phones write upper case."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


class Sha256Converter(StringConverter):
    """A SHA-256 in hex, lower case, as digests are addressed."""

    regex = "[0-9a-f]{64}"
