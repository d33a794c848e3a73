"""GET and PUT /api/v1/me/profile."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.http import quote_etag
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.conditional import is_fresh, require_match
from common.errors import NotFound, PreconditionFailed, PreconditionRequired
from common.marks import MAX_MARKS
from common.openapi import NEW_ETAG
from common.serializers import StrictSerializer
from learners.profiles import rules, selectors
from learners.profiles.errors import GuardianConsentRequired, NameIsCertified, NameNotPrintable, StateNotOpen
from learners.profiles.models import Learner
from learners.profiles.services import Certificates, Profile, save_profile


class NameField(serializers.CharField):
    """A name in any script, as it was typed, without control characters and without white space around it."""

    default_error_messages = {
        "characters": _("A name holds no control characters."),
        "empty": _("A name has at least one letter."),
        "marks": _("A letter of a name carries at most {most} marks."),
    }

    def __init__(self, **given: Any) -> None:
        super().__init__(max_length=200, **given)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.strip() and self.allow_blank:
            return ""
        try:
            return rules.clean_name(text)
        except rules.BadName as error:
            self.fail(error.args[0], most=MAX_MARKS)


class LatinNameField(NameField):
    default_error_messages = {"not_latin": _("Only Latin letters can stand here.")}

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not rules.is_latin(name):
            self.fail("not_latin")
        return name


class LanguageField(serializers.CharField):
    """A BCP 47 tag."""

    default_error_messages = {"tag": _("This is no language tag (BCP 47).")}

    def to_internal_value(self, data: Any) -> str:
        tag = rules.clean_language(super().to_internal_value(data))
        if tag is None:
            self.fail("tag")
        return tag


class ProfileInput(StrictSerializer):
    legal_name = NameField(help_text="As it shall stand on certificates, in any script, as one text.")
    latin_name = LatinNameField(allow_blank=True, default="", help_text="The name in Latin letters, if there is one.")
    name_reading = NameField(allow_blank=True, default="", help_text="How the name is read, e.g. in kana.")
    member_state = serializers.CharField(
        source="member_state_id", min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2 of a member state."
    )
    languages = serializers.ListField(
        child=LanguageField(max_length=20),
        min_length=1,
        max_length=rules.MAX_LANGUAGES,
        help_text="BCP 47 tags, preferred first.",
    )
    birth_year = serializers.IntegerField(min_value=rules.EARLIEST_BIRTH_YEAR, max_value=2100)

    def validate_languages(self, languages: list[str]) -> list[str]:
        return list(dict.fromkeys(languages))


class ProfileOutput(serializers.Serializer[Learner]):
    id = serializers.UUIDField(source="pk")
    legal_name = serializers.CharField()
    latin_name = serializers.CharField(allow_blank=True)
    name_reading = serializers.CharField(allow_blank=True)
    member_state = serializers.CharField(source="member_state_id")
    languages = serializers.ListField(child=serializers.CharField())
    birth_year = serializers.IntegerField()
    created_at = serializers.DateTimeField()


def etag_of_profile(learner: Learner) -> str:
    return quote_etag(f"profile-{learner.version}")


def _answer(learner: Learner, status: int = 200) -> Response:
    headers = {"ETag": etag_of_profile(learner), "Cache-Control": "private, no-cache"}
    return Response(ProfileOutput(learner).data, status=status, headers=headers)


class MyProfile(APIView):
    """The caller's own profile; nobody else's can be named."""

    # Handed in where the routes are put together: certificates stand above learners.
    certificates: Certificates | None = None
    problems: ClassVar = {
        "GET": (NotFound,),
        "PUT": (
            GuardianConsentRequired,
            NameIsCertified,
            NameNotPrintable,
            PreconditionFailed,
            PreconditionRequired,
            StateNotOpen,
        ),
    }

    @extend_schema(
        operation_id="read_profile",
        tags=["Profile"],
        summary="The learner's profile",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have.")
        ],
        responses={200: ProfileOutput, 304: OpenApiResponse(description="You have the present profile.")},
    )
    def get(self, request: Request) -> Response:
        learner = selectors.profile(caller_id(request))
        if learner is None:
            raise NotFound()
        etag = etag_of_profile(learner)
        if is_fresh(request._request, etag):
            return Response(status=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
        return _answer(learner)

    @extend_schema(
        operation_id="write_profile",
        tags=["Profile"],
        summary="Make or change the learner's profile",
        description=(
            "The first time without `If-Match`. A change needs `If-Match` with the ETag that was read; a repeat of what "
            "is stored already is answered as the first time. Whoever may be younger than the age from which one "
            "consents alone in the member state is refused, and in every state where the account was or asked before: the "
            "programme is for people at work. The legal name is kept as typed and must be one that certificates can be "
            "printed with; once a certificate bears it, it changes by a correction of that certificate only."
        ),
        parameters=[
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER, description="ETag of the profile being changed."
            ),
            OpenApiParameter(
                "If-None-Match", str, OpenApiParameter.HEADER, description="`*`: make it, but change no existing one."
            ),
            NEW_ETAG,
        ],
        request=ProfileInput,
        responses={200: ProfileOutput, 201: ProfileOutput},
    )
    def put(self, request: Request) -> Response:
        given = ProfileInput(data=request.data)
        given.is_valid(raise_exception=True)

        def may_change(stored: Learner | None) -> None:
            if stored is None:
                if "If-Match" in request.headers:
                    raise PreconditionFailed()
                return
            if request.headers.get("If-None-Match") is not None and is_fresh(request._request, etag_of_profile(stored)):
                raise PreconditionFailed()
            require_match(request._request, etag_of_profile(stored))

        assert self.certificates is not None
        learner, is_new = save_profile(
            learner_id=caller_id(request),
            profile=Profile(**given.validated_data),
            now=clock.now(),
            may_change=may_change,
            certificates=self.certificates,
        )
        return _answer(learner, 201 if is_new else 200)
