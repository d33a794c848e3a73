"""Routes, relative to the root; config/urls.py collects them."""

import re

from django.urls import URLPattern, path, re_path

from credentials.api.certificate_requests import MyCorrection, MyRenewal
from credentials.api.certificates import MyCertificates
from credentials.api.checking import CompactPage, ScannedPage, VerifyPage
from credentials.api.issuers import DidDocument, IssuerDidDocument, PublishedAchievement
from credentials.api.paper import Paper, PngBadge, SvgBadge
from credentials.api.presentations import MyCertificateJwt, MyPassport
from credentials.api.shared import Shared
from credentials.api.shares import MyShare, MyShares
from credentials.api.status_lists import StatusListDocument
from credentials.api.transparency import (
    ConsistencyProofView,
    InclusionProofView,
    LogCheckpointView,
    LogEntriesView,
    LogKeysView,
    LogProofView,
    LogTileView,
)
from credentials.api.verification import CredentialText, Status, Verification
from credentials.api.witness import AddCheckpointView, WitnessedCheckpointView


def _any_case(text: str) -> str:
    """A pattern of the text in letters of either case; Django reverses no pattern with flags in it."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else re.escape(letter) for letter in text)


_VERIFY = _any_case("verify")
_OF_A_CODE = {
    "credential": CredentialText,
    "status": Status,
    "badge.png": PngBadge,
    "badge.svg": SvgBadge,
    "pdf": Paper,
    "log-proof": LogProofView,
}
# Addresses as people write them: all in capitals, with a slash or full stop behind, a link pasted behind /verify/. None of them
# is in the documents (schema=None), and each leads to the view of the address that is.
AS_WRITTEN: list[URLPattern] = [
    re_path(rf"^{_VERIFY}\W*$", VerifyPage.as_view(schema=None)),
    re_path(rf"^{_VERIFY}/+[qQ]/+(?P<payload>[A-Za-z2-7]+)\W*$", CompactPage.as_view(schema=None)),
    *(
        re_path(rf"^{_VERIFY}/+(?P<code>[^/]+)/+{_any_case(part)}\W*$", view.as_view(schema=None))
        for part, view in _OF_A_CODE.items()
    ),
    re_path(rf"^{_VERIFY}/+(?P<code>.+)$", Verification.as_view(schema=None)),
    re_path(rf"^{_any_case('shared')}/+(?P<token>[^/]+)\W*$", Shared.as_view(schema=None)),
]

# A code with the ending of a file, as people write who look for that file; before the address of the page, which takes any text.
_OF_A_FILE = {"pdf": Paper, "json": CredentialText, "jsonld": CredentialText, "png": PngBadge, "svg": SvgBadge}
AS_FILES: list[URLPattern] = [
    re_path(rf"^{_VERIFY}/+(?P<code>[^/]+)\.{_any_case(ending)}\W*$", view.as_view(schema=None))
    for ending, view in _OF_A_FILE.items()
]

urlpatterns: list[URLPattern] = [
    path("api/v1/me/certificates", MyCertificates.as_view(), name="my-certificates"),
    path("api/v1/me/certificates/<id:certificate_id>/jwt", MyCertificateJwt.as_view(), name="my-certificate-jwt"),
    path("api/v1/me/passport", MyPassport.as_view(), name="my-passport"),
    path("api/v1/me/shares", MyShares.as_view(), name="my-shares"),
    path("api/v1/me/shares/<id:share_id>", MyShare.as_view(), name="my-share"),
    path("shared/<str:token>", Shared.as_view(), name="shared"),
    path("api/v1/me/certificates/<id:certificate_id>/renewal", MyRenewal.as_view(), name="my-renewal"),
    path(
        "api/v1/me/certificates/<id:certificate_id>/corrections/<id:correction_id>",
        MyCorrection.as_view(),
        name="my-correction",
    ),
    path("verify", VerifyPage.as_view(), name="verification-form"),
    path("verify/q/<str:payload>", CompactPage.as_view(), name="compact-certificate"),
    # As a QR code has it, whose alphanumeric mode knows capitals only.
    path("VERIFY/Q/<str:payload>", ScannedPage.as_view(), name="compact-certificate-scanned"),
    *AS_FILES,
    path("verify/<str:code>", Verification.as_view(), name="verification"),
    path("verify/<str:code>/credential", CredentialText.as_view(), name="credential"),
    path("verify/<str:code>/status", Status.as_view(), name="certificate-status"),
    path("verify/<str:code>/badge.png", PngBadge.as_view(), name="certificate-png"),
    path("verify/<str:code>/badge.svg", SvgBadge.as_view(), name="certificate-svg"),
    path("verify/<str:code>/pdf", Paper.as_view(), name="certificate-pdf"),
    path("verify/<str:code>/log-proof", LogProofView.as_view(), name="certificate-log-proof"),
    path("log/checkpoint", LogCheckpointView.as_view(), name="log-checkpoint"),
    path("log/tile/entries/<path:name>", LogEntriesView.as_view(), name="log-entries"),
    path("log/tile/<str:level>/<path:name>", LogTileView.as_view(), name="log-tile"),
    path("log/proof/inclusion", InclusionProofView.as_view(), name="log-inclusion"),
    path("log/proof/consistency", ConsistencyProofView.as_view(), name="log-consistency"),
    path("log/keys", LogKeysView.as_view(), name="log-keys"),
    path("log/witness/add-checkpoint", AddCheckpointView.as_view(), name="witness-add-checkpoint"),
    path("log/witness/<str:origin_hash>/checkpoint", WitnessedCheckpointView.as_view(), name="witnessed-checkpoint"),
    path("status/<slug:issuer>/<int:number>/<slug:purpose>", StatusListDocument.as_view(), name="status-list"),
    path(".well-known/did.json", DidDocument.as_view(), name="did-document"),
    path("issuers/<slug:slug>/did.json", IssuerDidDocument.as_view(), name="issuer-did-document"),
    *AS_WRITTEN,
    path("achievements/<uuid:achievement_id>/<slug:language>", PublishedAchievement.as_view(), name="achievement"),
]
