"""Printing certificates, and publishing how they look."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Max

from credentials.certificates.display import CertificateDisplay, display_of
from credentials.certificates.errors import GlyphMissing
from credentials.certificates.models import Certificate, Issuer
from credentials.paper import badges, pages, rendering_cache, rules, typesetting
from credentials.paper.errors import DesignIncomplete, DraftExists, NotADraft
from credentials.paper.models import PaperDesign
from credentials.paper.selectors import Design, current_design
from credentials.paper.typesetting import Format
from privacy import public as privacy


def paper_of(certificate: Certificate, *, language: str, expired: bool, now: datetime) -> tuple[bytes, str]:
    """The certificate as PDF and the language its words are in: `language`, or English where that cannot be drawn.

    The name is never replaced. At most four queries: the design's two, the stored page, storing it.

    Args:
        certificate: with `key` and `award.version`. It was verified, and is not withdrawn.

    Raises:
        GlyphMissing: a character of the name is in none of the fonts.
    """
    design = current_design(certificate.key.issuer_id)
    try:
        return _paper(certificate, language, design, expired=expired, now=now), language
    except GlyphMissing:
        # The words around the name may be English where a font for the language is missing; the name stays.
        return _paper(certificate, "en", design, expired=expired, now=now), "en"


def _paper(certificate: Certificate, language: str, design: Design, *, expired: bool, now: datetime) -> bytes:
    sheet = pages.page(
        _shown(certificate, language),
        public_code=certificate.public_code,
        credential=certificate.credential,
        design=design,
        expired=expired,
        now=now,
        typesetter=typesetting.typesetter(),
    )
    return rendering_cache.get_or_render(sheet, typesetter=typesetting.typesetter(), certificate_id=certificate.pk)


def badge_of(certificate: Certificate, *, format: Format) -> bytes:
    """The certificate as a small picture in the language in which it was signed, with its credential baked in.

    Args:
        certificate: as for `paper_of`. format: "png" or "svg".

    Raises:
        GlyphMissing: a character is in none of the fonts, also not in English.
    """
    design = current_design(certificate.key.issuer_id)
    signed = str(orjson.loads(certificate.credential)["credentialSubject"]["achievement"]["inLanguage"])
    try:
        picture = _picture(certificate, signed, design, format=format)
    except GlyphMissing:
        picture = _picture(certificate, "en", design, format=format)
    return badges.baked(picture, certificate.credential, format=format)


def _picture(certificate: Certificate, language: str, design: Design, *, format: Format) -> bytes:
    sheet = badges.badge(
        _shown(certificate, language), design=design, typesetter=typesetting.typesetter(), format=format
    )
    return rendering_cache.get_or_render(sheet, typesetter=typesetting.typesetter(), certificate_id=certificate.pk)


def _shown(certificate: Certificate, language: str) -> CertificateDisplay:
    return display_of(orjson.loads(certificate.credential), certificate.award.version, language)


@transaction.atomic
def publish(*, design_id: UUID, actor: str, now: datetime) -> PaperDesign:
    """Publish a draft as its issuer's next version; from then on it never changes, and papers look like it.

    Raises:
        NotADraft: it is published already, or there is none.
        DesignIncomplete: a signature has no signatory, or a character of a text is in none of the fonts.
    """
    draft = PaperDesign.objects.select_for_update(no_key=True).filter(pk=design_id, version__isnull=True).first()
    if draft is None:
        raise NotADraft()
    _require_complete(draft)
    # One at a time for an issuer, so that versions follow each other.
    Issuer.objects.select_for_update(no_key=True).get(pk=draft.issuer_id)
    last = PaperDesign.objects.filter(issuer_id=draft.issuer_id).aggregate(last=Max("version"))["last"]
    draft.version, draft.published_at = (last or 0) + 1, now
    draft.save(update_fields=["version", "published_at"])
    privacy.audit(
        actor=actor,
        action="paper_design.published",
        subject_kind="paper_design",
        subject_id=str(draft.pk),
        issuer=draft.issuer_id,
        version=draft.version,
    )
    return draft


def _require_complete(draft: PaperDesign) -> None:
    if draft.signature and not any(words.get("signatory") for words in draft.texts.values()):
        raise DesignIncomplete("signature: nobody is named whose it is")
    for language, words in draft.texts.items():
        for field, text in words.items():
            try:
                typesetting.typesetter().fonts.require_glyphs([rules.filled(text, {})])
            except GlyphMissing as error:
                character = error.members["character"]
                raise DesignIncomplete(f"{field} ({language}): no font has {character}") from error


@transaction.atomic
def redraft(*, design_id: UUID, actor: str) -> PaperDesign:
    """Begin a draft with what a published design holds.

    Raises:
        PaperDesign.DoesNotExist: there is no such design.
        DraftExists: its issuer has a draft already.
    """
    held = PaperDesign.objects.get(pk=design_id)
    draft = PaperDesign(
        issuer_id=held.issuer_id, accent=held.accent, logo=held.logo, signature=held.signature, texts=held.texts
    )
    # The constraint decides, so that two at a time make one draft.
    PaperDesign.objects.bulk_create([draft], ignore_conflicts=True)
    if not PaperDesign.objects.filter(pk=draft.pk).exists():
        raise DraftExists()
    privacy.audit(actor=actor, action="paper_design.redrafted", subject_kind="paper_design", subject_id=str(draft.pk))
    return draft
