"""What a learner asks for about a certificate of theirs: a renewal, and the correction of the name."""

from __future__ import annotations

from typing import ClassVar, Literal, TypedDict
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.errors import NotFound
from common.serializers import StrictSerializer
from credentials.certificates import corrections, renewal, selectors
from credentials.certificates.errors import (
    AchievementRetired,
    CorrectionIdTaken,
    CorrectionOpen,
    NameUnchanged,
    NotCorrectable,
    NotRenewable,
    RenewalNotEarned,
    RenewalTooEarly,
)
from credentials.certificates.lifecycle_models import CertificateCorrection
from credentials.paper.fonts import unprintable_character
from events import public as events
from learners import public as learners
from learners.public import NameField, NameNotPrintable
from privacy.public import ConsentMissing


class RenewalAsked(TypedDict):
    """What a call to renew led to."""

    state: Literal["asked", "renewed"]


class MyRenewal(APIView):
    problems: ClassVar = {
        "POST": (
            events.IdempotencyKeyRequired,
            events.IdempotencyKeyReused,
            ConsentMissing,
            NotRenewable,
            RenewalTooEarly,
            RenewalNotEarned,
            AchievementRetired,
        )
    }

    @extend_schema(
        operation_id="read_renewal",
        tags=["Certificates"],
        summary="Whether a certificate can be renewed, and what is missing",
        responses=renewal.RenewalView,
    )
    def get(self, request: Request, certificate_id: UUID) -> Response:
        found = renewal.renewal_offer(learner_id=caller_id(request), certificate_id=certificate_id, now=clock.now())
        shown: renewal.RenewalView = {
            "state": found.state,
            "renewable_from": found.renewable_from,
            "missing": found.missing,
        }
        return Response(shown)

    @extend_schema(
        operation_id="renew_certificate",
        tags=["Certificates"],
        summary="Renew a certificate",
        description=(
            "From 90 days before it expires, and after that for ever: a new award on present standing, with a certificate "
            "of its own. A worker decides and issues within moments; the old certificate stays as it is."
        ),
        parameters=[events.IDEMPOTENCY_KEY],
        request=None,
        responses={200: RenewalAsked, 202: RenewalAsked},
    )
    @events.idempotent
    def post(self, request: Request, certificate_id: UUID) -> Response:
        state = renewal.request_renewal(learner_id=caller_id(request), certificate_id=certificate_id, now=clock.now())
        is_done = state is renewal.RenewalState.RENEWED
        shown: RenewalAsked = {"state": "renewed" if is_done else "asked"}
        return Response(shown, status=200 if is_done else 202)


class CorrectionInput(StrictSerializer):
    legal_name = NameField(help_text="As it shall stand on the certificate, in any script.")
    reason = serializers.CharField(max_length=500, help_text="For whoever decides: what changed.")


class CorrectionOutput(serializers.Serializer[CertificateCorrection]):
    id = serializers.UUIDField(source="pk")
    legal_name = serializers.CharField()
    reason = serializers.CharField()
    state = serializers.SerializerMethodField(
        help_text="`approved`: a worker issues, or has issued, the new certificate."
    )
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(["open", "approved", "refused"]))
    def get_state(self, correction: CertificateCorrection) -> str:
        return {None: "open", True: "approved", False: "refused"}[correction.approved]


class MyCorrection(APIView):
    problems: ClassVar = {"PUT": (CorrectionIdTaken, CorrectionOpen, NotCorrectable, NameUnchanged, NameNotPrintable)}

    @extend_schema(
        operation_id="read_correction",
        tags=["Certificates"],
        summary="How a correction of a certificate stands",
        responses=CorrectionOutput,
    )
    def get(self, request: Request, certificate_id: UUID, correction_id: UUID) -> Response:
        found = selectors.correction(
            learner_id=caller_id(request), certificate_id=certificate_id, correction_id=correction_id
        )
        if found is None:
            raise NotFound()
        return Response(CorrectionOutput(found).data)

    @extend_schema(
        operation_id="ask_for_correction",
        tags=["Certificates"],
        summary="Ask that the name on a certificate be corrected, under an id of the caller's making",
        description=(
            "A member of staff looks at it. When they approve, the profile bears the new name, and a new certificate of the "
            "same award is issued, valid no longer than the old one, which is then superseded. A repeat is answered as the "
            "first time."
        ),
        request=CorrectionInput,
        responses={200: CorrectionOutput, 201: CorrectionOutput},
    )
    def put(self, request: Request, certificate_id: UUID, correction_id: UUID) -> Response:
        given = CorrectionInput(data=request.data)
        given.is_valid(raise_exception=True)
        learners.require_printable(given.validated_data["legal_name"], unprintable_character)
        learner_id = caller_id(request)
        made, is_new = corrections.request_correction(
            correction_id=correction_id,
            certificate_id=certificate_id,
            asked_by=learner_id,
            learner_id=learner_id,
            now=clock.now(),
            **given.validated_data,
        )
        return Response(CorrectionOutput(made).data, status=201 if is_new else 200)
