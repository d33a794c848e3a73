"""Enrolments of the caller: PUT, GET one, GET all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.languages import choose
from common.openapi import PAGE_PARAMETERS
from common.own_resource import OwnResource
from common.pagination import ID, BadCursor, Cursors, keyset_page
from common.serializers import StrictSerializer
from courses import public as courses
from courses.public import EditionView
from learners.enrolments import selectors
from learners.enrolments.errors import AlreadyEnrolled, EditionNotOpen, EnrolmentIdTaken
from learners.enrolments.models import Enrolment
from learners.enrolments.services import enrol
from learners.profiles import selectors as profiles
from learners.profiles.errors import ProfileMissing
from learners.waivers import selectors as waived
from privacy.public import ConsentMissing

_CURSORS = Cursors("enrolments", ID)


class EnrolmentInput(StrictSerializer):
    edition_id = serializers.UUIDField(
        help_text="A published edition, from the catalogue. One that was retired meanwhile stands for its course's running one."
    )


class EnrolmentOutput(serializers.Serializer[Enrolment]):
    id = serializers.UUIDField(source="pk")
    edition_id = serializers.UUIDField(help_text="The edition that the enrolment is pinned to.")
    course_id = serializers.UUIDField()
    newer_edition = serializers.SerializerMethodField(
        help_text="The course's running edition, where it is another and learners are offered it: "
        "`GET …/moves/{edition_id}` says what moving there means."
    )
    instead_of = serializers.SerializerMethodField(
        help_text="In the answer to a PUT: the edition that was asked for, where the enrolment is not in that one. It was "
        "retired meanwhile, or the learner takes the course already."
    )
    course = serializers.SerializerMethodField(help_text="The course's slug.")
    title = serializers.SerializerMethodField(
        help_text="In the language of Accept-Language, else of the learner's profile, else the course's own."
    )
    language = serializers.SerializerMethodField(help_text="Of the title (BCP 47).")
    enrolled_at = serializers.DateTimeField()
    placed_at = serializers.DateTimeField(allow_null=True, help_text="The first placement.")
    lessons_waived = serializers.SerializerMethodField(
        help_text="Lessons that may be skipped since; /progress says which and why."
    )
    lessons_done_at = serializers.DateTimeField(allow_null=True)
    assessment_passed_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)

    def _edition(self, enrolment: Enrolment) -> EditionView:
        editions: Mapping[UUID, EditionView] = self.context["editions"]
        return editions[enrolment.edition_id]

    def get_newer_edition(self, enrolment: Enrolment) -> UUID | None:
        offered: UUID | None = self.context["offered"].get(enrolment.course_id)
        return offered if offered != enrolment.edition_id else None

    def get_instead_of(self, enrolment: Enrolment) -> UUID | None:
        asked: UUID | None = self.context["asked"]
        return asked if asked != enrolment.edition_id else None

    def get_course(self, enrolment: Enrolment) -> str:
        return self._edition(enrolment).course_slug

    def get_lessons_waived(self, enrolment: Enrolment) -> int:
        return len(waived.counting(self._edition(enrolment).lessons, self.context["waivers"][enrolment.pk]))

    def get_title(self, enrolment: Enrolment) -> str:
        edition = self._edition(enrolment)
        return edition.titles.get(self.get_language(enrolment), edition.course_slug)

    def get_language(self, enrolment: Enrolment) -> str:
        edition = self._edition(enrolment)
        return choose(
            self.context["accept_language"], self.context["preferred"], list(edition.titles), edition.default_language
        )


def enrolment_documents(
    request: Request, enrolments: list[Enrolment], *, asked: UUID | None = None
) -> list[dict[str, Any]]:
    """Enrolments as their learner reads them. asked: the edition that this request would enrol in."""
    learner = profiles.learner(caller_id(request))
    context = {
        "preferred": learner.languages if learner else (),
        "editions": courses.editions({enrolment.edition_id for enrolment in enrolments}),
        "offered": courses.offered_editions({enrolment.course_id for enrolment in enrolments}),
        "asked": asked,
        "waivers": waived.of_enrolments([enrolment.pk for enrolment in enrolments]),
        "accept_language": request.headers.get("Accept-Language", ""),
    }
    return [dict(EnrolmentOutput(enrolment, context=context).data) for enrolment in enrolments]


class EnrolmentPage(serializers.Serializer[Any]):
    items = EnrolmentOutput(many=True)
    next = serializers.CharField(allow_null=True)


class MyEnrolments(APIView):
    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_enrolments",
        tags=["Learning"],
        summary="The learner's enrolments, by id",
        parameters=PAGE_PARAMETERS,
        responses=EnrolmentPage,
    )
    def get(self, request: Request) -> Response:
        return keyset_page(
            request,
            _CURSORS,
            partial(selectors.own_enrolments, learner_id=caller_id(request)),
            key=lambda enrolment: enrolment.pk,
            show=partial(enrolment_documents, request),
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="read_enrolment", tags=["Learning"], summary="One enrolment", responses=EnrolmentOutput
    ),
    put=extend_schema(
        operation_id="enrol",
        tags=["Learning"],
        summary="Enrol in a course, under an id of the caller's making",
        description="Needs a profile and the consent `learning_records`. A learner takes a course once, in one of its editions: "
        "a repeat is answered as the first time, also with another edition of the course. Who was offline while the edition "
        "was retired is enrolled in the running one; `instead_of` says so.",
        request=EnrolmentInput,
        responses={200: EnrolmentOutput, 201: EnrolmentOutput},
    ),
)
class MyEnrolment(OwnResource[Enrolment]):
    problems: ClassVar = {
        "PUT": (ProfileMissing, ConsentMissing, EditionNotOpen, AlreadyEnrolled, EnrolmentIdTaken),
    }
    input_class = EnrolmentInput
    _asked: UUID | None = None

    def find(self, request: Request, **ids: UUID) -> Enrolment | None:
        return selectors.own_enrolment(learner_id=caller_id(request), enrolment_id=ids["enrolment_id"])

    def save(self, request: Request, given: dict[str, Any], **ids: UUID) -> tuple[Enrolment, bool]:
        self._asked = given["edition_id"]
        return enrol(learner_id=caller_id(request), enrolment_id=ids["enrolment_id"], now=clock.now(), **given)

    def represent(self, request: Request, resource: Enrolment) -> Any:
        return enrolment_documents(request, [resource], asked=self._asked)[0]
