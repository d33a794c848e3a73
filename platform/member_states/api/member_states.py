"""`/api/v1/member-states`: the register, for everyone."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.caches import ProcessCache
from common.conditional import etag_of, ready_bytes
from common.openapi import IF_NONE_MATCH, NOT_MODIFIED
from common.rendering import to_json
from member_states import selectors


class StateLanguageOutput(serializers.Serializer[Any]):
    tag = serializers.CharField(help_text="BCP 47")
    script = serializers.CharField(help_text="ISO 15924")
    role = serializers.CharField()
    direction = serializers.ChoiceField(["ltr", "rtl"])
    population_percent = serializers.FloatField(allow_null=True)


@extend_schema_field({"type": ["boolean", "number", "string", "array", "null"], "items": {"type": "string"}})
class _AnyJSON(serializers.JSONField):
    """A boolean, a number, a text, a list of texts, or null."""


class StateRuleOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    standing = serializers.ChoiceField(
        ["value", "no_rule", "unknown"],
        help_text="What the register says of the law: a value, that it sets none, or that it is not established.",
    )
    value = _AnyJSON(help_text="What applies: the law's value, else the strict default, else null.")
    from_default = serializers.BooleanField()
    unit = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    sources = serializers.ListField(child=serializers.CharField())
    confidence = serializers.CharField()
    checked_on = serializers.DateField()
    valid_from = serializers.DateField()


class MemberStateOutput(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    alpha3 = serializers.CharField()
    name = serializers.CharField()
    asean = serializers.BooleanField()
    since = serializers.DateField(allow_null=True)
    calling_code = serializers.CharField()
    time_zones = serializers.ListField(child=serializers.CharField(), help_text="IANA names")
    first_day_of_week = serializers.CharField()
    calendars = serializers.ListField(child=serializers.CharField())
    currency = serializers.CharField(help_text="ISO 4217")
    sources = serializers.ListField(child=serializers.CharField())
    confidence = serializers.CharField()
    register_as_of = serializers.DateField()
    languages = StateLanguageOutput(many=True)
    rules = StateRuleOutput(many=True)


class MemberStatesOutput(serializers.Serializer[Any]):
    items = MemberStateOutput(many=True)


# ETag and bytes of the answer, by the register's version.
_ready: ProcessCache[str, tuple[str, bytes]] = ProcessCache(most=1)


def _compiled() -> tuple[str, bytes]:
    version = selectors.register_version()
    known = _ready.get(version)
    if known is None:
        body = to_json({"items": selectors.describe_states()})
        known = (etag_of(body), body)
        _ready.put({version: known})
    return known


class MemberStatesView(APIView):
    """The register of the member states."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="list_member_states",
        tags=["Member states"],
        summary="The register of the member states",
        description="Languages, time zones, calendars and the law as known, each point with its source.",
        parameters=[IF_NONE_MATCH],
        responses={200: MemberStatesOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> Any:
        """The twelve states with languages, time zones, calendars and the law as known, each point with its source."""
        etag, body = _compiled()
        return ready_bytes(request._request, body, etag=etag, cache="public, no-cache")
