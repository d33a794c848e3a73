"""Certificates on paper: PDF/A-3 with the signed credential attached, and never a box where a letter should be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from common.languages import canonical
from credentials.certificates.display import CertificateDisplay, day, qr_svg
from credentials.paper import rules
from credentials.paper.selectors import Design
from credentials.paper.typesetting import Format, Sheet, Typesetter


def page(
    shown: CertificateDisplay,
    *,
    public_code: str,
    credential: str,
    design: Design,
    expired: bool,
    now: datetime,
    typesetter: Typesetter,
    format: Format = "pdf",
    ppi: int = 144,
) -> Sheet:
    """Lay out a certificate, A4 landscape, as of the day of `now` (UTC): all day the same sheet.

    Args:
        shown: what was verified, in words. credential: the exact text that was signed; it is attached to the PDF.
        expired: it is past its day; what is withdrawn is not printed at all.
    """
    language = shown.language.lower()
    with translation.override(language):
        labels = {
            "title": _("Certificate"),
            "awarded_to": _("Awarded to"),
            "skills": _("Skills"),
            "issued_by": _("Issued by"),
            "issued_on": _("Issued on"),
            "valid_until": _("Valid until"),
            "code": _("Certificate code"),
            "check": _("Scan or open this address to check the certificate"),
            "as_of": (
                _("As of %(date)s, when this page was made, the certificate had expired.")
                if expired
                else _("As of %(date)s, when this page was made, the certificate was valid. That can change.")
            )
            % {"date": day(now, language)},
            "attached": _("The signed credential is attached to this file."),
        }
        skills = [
            {
                "name": skill.name,
                "level": _("Level %(level)s: %(name)s") % {"level": skill.level, "name": skill.level_name},
            }
            for skill in shown.skills
        ]
    name = " ".join(shown.name.split())
    own = _own_texts(design, shown, name=name)
    # In another language than the page's, a heading would be odd; what it says, the label says.
    heading = own.pop("heading")
    if heading["text"] and heading["language"].split("-")[0] == language.split("-")[0]:
        labels["title"] = heading["text"]
    return Sheet(
        template="certificate",
        format=format,
        words={
            "labels": labels,
            "name": rules.breakable(name),
            "achievement": shown.achievement,
            "description": shown.description,
            "skills": skills,
            "issuer": shown.issuer,
            "issued_on": shown.issued_on,
            "valid_until": shown.valid_until_on,
            "address": shown.address,
            "code": public_code,
            **{field: entry["text"] for field, entry in own.items()},
        },
        look={
            "accent": design.accent,
            "logo": typesetter.picture(design.logo),
            "signature": typesetter.picture(design.signature),
            "qr": qr_svg(shown.address, scale=4),
            "name_direction": "rtl" if rules.runs_right_to_left(name) else "ltr",
        },
        languages={
            "page": shown.language,
            "name": shown.name_language,
            "achievement": shown.achievement_language,
            **{field: entry["language"] for field, entry in own.items()},
        },
        attached=credential,
        made_at=int(datetime(now.year, now.month, now.day, tzinfo=UTC).timestamp()),
        ppi=ppi,
    )


def _own_texts(design: Design, shown: CertificateDisplay, *, name: str) -> dict[str, dict[str, Any]]:
    """The authority's texts of each kind as near to the page's language as it has them."""
    values = {
        "name": name,
        "achievement": shown.achievement,
        "issuer": shown.issuer,
        "issued_on": shown.issued_on,
        "valid_until": shown.valid_until_on,
    }
    own = {}
    for field in rules.TEXT_LENGTHS:
        text, language = design.text(field, shown.language)
        own[field] = {"text": rules.filled(text, values), "language": canonical(language)}
    return own
