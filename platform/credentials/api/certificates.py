"""The learner's own certificates."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.caller import caller_id
from common.languages import choose
from common.openapi import PAGE_PARAMETERS
from common.pagination import ID, BadCursor, Cursors, keyset_page
from credentials.certificates import selectors
from credentials.certificates.models import Certificate
from credentials.sharing import deep_links

_CURSORS = Cursors("certificates", ID)


class CertificateOutput(serializers.Serializer[Certificate]):
    id = serializers.UUIDField(source="pk")
    public_code = serializers.CharField(help_text="Give it to whom you like: it opens the verification page.")
    url = serializers.SerializerMethodField(
        help_text="The verification page; with `/pdf` behind it, the paper; with `/badge.png` or `/badge.svg`, a picture."
    )
    achievement = serializers.CharField(source="award.achievement.slug")
    title = serializers.SerializerMethodField(help_text="In the caller's language, as far as there is one.")
    edition_id = serializers.UUIDField(
        source="award.edition_id",
        allow_null=True,
        help_text="That was completed; null: none was taken and none asked for.",
    )
    course_id = serializers.UUIDField(source="award.achievement.course_id")
    status = serializers.ChoiceField(Certificate.Status.choices)
    issued_at = serializers.DateTimeField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    renewable_from = serializers.SerializerMethodField(
        help_text="From then on `POST …/renewal` renews it; null: it is withdrawn."
    )

    def get_renewable_from(self, certificate: Certificate) -> datetime | None:
        return selectors.renewable_from(certificate)

    linkedin_url = serializers.SerializerMethodField(
        help_text="Opens LinkedIn's form with the certificate filled in; sending it publishes the verification page. "
        "Null for a certificate that is not active."
    )
    credential_url = serializers.SerializerMethodField(
        help_text="The signed credential, for wallets that import by address."
    )

    def get_url(self, certificate: Certificate) -> str:
        return deep_links.verification_url(base_url=settings.PUBLIC_BASE_URL, public_code=certificate.public_code)

    def get_credential_url(self, certificate: Certificate) -> str:
        return deep_links.credential_url(base_url=settings.PUBLIC_BASE_URL, public_code=certificate.public_code)

    def get_linkedin_url(self, certificate: Certificate) -> str | None:
        if certificate.status != Certificate.Status.ACTIVE:
            return None
        return deep_links.linkedin_url(
            base_url=settings.PUBLIC_BASE_URL,
            public_code=certificate.public_code,
            name=self.get_title(certificate),
            issuer=certificate.key.issuer.name,
            issued_at=certificate.valid_from,
            valid_until=certificate.valid_until,
        )

    def get_title(self, certificate: Certificate) -> str:
        texts = certificate.award.version.texts
        language = choose(self.context["accept_language"], (), list(texts), "en")
        return str(texts[language]["name"])


class CertificatePage(serializers.Serializer[Any]):
    items = CertificateOutput(many=True)
    next = serializers.CharField(allow_null=True)


class MyCertificates(APIView):
    problems: ClassVar = (BadCursor,)

    @extend_schema(
        operation_id="list_certificates",
        tags=["Certificates"],
        summary="The learner's certificates, newest first",
        parameters=PAGE_PARAMETERS,
        responses=CertificatePage,
    )
    def get(self, request: Request) -> Response:
        context = {"accept_language": request.headers.get("Accept-Language", "")}
        return keyset_page(
            request,
            _CURSORS,
            partial(selectors.of_learner, learner_id=caller_id(request)),
            key=lambda certificate: certificate.pk,
            show=lambda found: [dict(CertificateOutput(row, context=context).data) for row in found],
        )
