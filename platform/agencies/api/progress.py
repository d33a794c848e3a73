"""GET /agency/v1/progress: the agency's own feed of consenting learners."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.authentication import AgencyTokenAuthentication, HasScopes, agency_client
from agencies.feed import services
from agencies.problems import InsufficientScope, NoGrant
from common import clock
from common.errors import Gone
from common.openapi import LIMIT, NEXT_PAGE
from common.pagination import NUMBER, BadCursor, Cursors, page, read_limit

_CERTIFICATE_STATUSES = ("active", "suspended", "revoked", "superseded")


class ProgressEnrolment(serializers.Serializer[Any]):
    """One enrolment; days are UTC."""

    id = serializers.CharField(help_text="For your agency alone, like the learner's.")
    edition_id = serializers.UUIDField()
    course = serializers.CharField()
    edition = serializers.IntegerField()
    enrolled_on = serializers.DateField()
    lessons = serializers.IntegerField()
    lessons_done = serializers.IntegerField()
    assessment_passed_on = serializers.DateField(allow_null=True)
    completed_on = serializers.DateField(allow_null=True)


class ProgressSkill(serializers.Serializer[Any]):
    """The mastery of one skill."""

    code = serializers.CharField()
    area = serializers.CharField(allow_null=True)
    level = serializers.IntegerField(min_value=0, max_value=6, help_text="0: none yet.")
    certified_level = serializers.IntegerField(
        min_value=0, max_value=3, help_text="By a stricter test with a bound on false certification; 0: none yet."
    )
    probability = serializers.FloatField(
        help_text="With which the threshold of the level that evidence gives is passed."
    )
    provisional = serializers.BooleanField(help_text="Fewer than five answers: a rough figure.")
    answers = serializers.IntegerField()
    last_on = serializers.DateField(allow_null=True, help_text="null: a level that assessors gave, and no answer yet.")
    framework_version = serializers.CharField()
    rule = serializers.CharField()


class ProgressCertificate(serializers.Serializer[Any]):
    """One certificate, without name and public code."""

    id = serializers.CharField(help_text="For your agency alone, like the learner's.")
    achievement = serializers.CharField()
    achievement_version = serializers.IntegerField()
    edition_id = serializers.UUIDField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(_CERTIFICATE_STATUSES)
    status_changed_on = serializers.DateField(allow_null=True)


class ProgressItem(serializers.Serializer[Any]):
    """One learner, as of `changed_on`; it replaces whatever was told of the same `learner` before."""

    learner = serializers.CharField(
        source="pseudonym", help_text="The learner's id for your agency; other agencies know another."
    )
    withdrawn = serializers.SerializerMethodField(
        help_text="True: delete all you hold of this learner. The members below are then null."
    )
    changed_on = serializers.SerializerMethodField(help_text="A UTC day; the feed's order is its cursor's.")
    state = serializers.CharField(source="member_state", help_text="ISO 3166-1 alpha-2")
    enrolments = serializers.SerializerMethodField()
    skills = serializers.SerializerMethodField()
    certificates = serializers.SerializerMethodField()

    def get_withdrawn(self, entry: services.Entry) -> bool:
        return entry.document is None

    def get_changed_on(self, entry: services.Entry) -> date:
        return entry.changed_at.astimezone(UTC).date()

    @extend_schema_field(ProgressEnrolment(many=True, allow_null=True))
    def get_enrolments(self, entry: services.Entry) -> list[dict[str, Any]] | None:
        return self._part(entry, "enrolments")

    @extend_schema_field(ProgressSkill(many=True, allow_null=True))
    def get_skills(self, entry: services.Entry) -> list[dict[str, Any]] | None:
        return self._part(entry, "skills")

    @extend_schema_field(ProgressCertificate(many=True, allow_null=True))
    def get_certificates(self, entry: services.Entry) -> list[dict[str, Any]] | None:
        return self._part(entry, "certificates")

    def _part(self, entry: services.Entry, name: str) -> list[dict[str, Any]] | None:
        return None if entry.document is None else list(entry.document[name])


class ProgressPage(serializers.Serializer[Any]):
    items = ProgressItem(many=True)
    next = serializers.CharField(help_text="Always there: keep it and go on from it, now or at your next run.")
    more = serializers.BooleanField(help_text="Whether more is waiting already.")


class Progress(APIView):
    """What changed since the cursor, oldest change first; each learner is told once, in the newest state."""

    authentication_classes = [AgencyTokenAuthentication]
    permission_classes = [HasScopes]
    required_scopes: ClassVar = ("progress:read",)
    problems = (BadCursor, NoGrant, InsufficientScope, Gone)

    @extend_schema(
        operation_id="pull_progress",
        tags=["Progress"],
        description="What changed since the cursor, oldest change first; each learner is told once, in the newest state.",
        summary="Progress of the consenting learners of your own member state",
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before; leave it out to start anew."),
            LIMIT,
            NEXT_PAGE,
        ],
        responses={200: ProgressPage},
    )
    def get(self, request: Request) -> Response:
        client = agency_client(request)
        limit = read_limit(request.query_params)
        cursors = Cursors(f"progress:{client.agency_id}", NUMBER)
        pulled = services.pull(
            agency_id=client.agency_id,
            state=client.state,
            client_id=client.client_id,
            after=cursors.after(request),
            limit=limit,
            now=clock.now(),
        )
        answer = page(
            request,
            list(ProgressItem(pulled.entries, many=True).data),
            cursors.write(pulled.position),
            more=pulled.more,
        )
        answer["Cache-Control"] = "no-store"
        return answer
