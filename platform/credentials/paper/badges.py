"""A certificate as a small picture with the signed credential baked in (Open Badges 3.0, section 5.3).

The learner's name is not drawn: such pictures are shown on profiles and pages. It is in the credential that they carry.
"""

from __future__ import annotations

import re

from django.utils import translation
from django.utils.translation import gettext as _
from openbadgeslib.baking import ITXT_KEYWORD_OB3, SVG_NS_OB3, bake_png

from credentials.certificates.display import CertificateDisplay
from credentials.paper.selectors import Design
from credentials.paper.typesetting import Format, Sheet, Typesetter

_PPI = 288  # 512 pixels
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def badge(shown: CertificateDisplay, *, design: Design, typesetter: Typesetter, format: Format) -> Sheet:
    """Lay out the picture of a certificate, a square."""
    with translation.override(shown.language.lower()):
        title, valid_until = _("Certificate"), _("Valid until")
    return Sheet(
        template="badge",
        format=format,
        words={
            "title": title,
            "achievement": shown.achievement,
            "issuer": shown.issuer,
            "valid_until": f"{valid_until} {shown.valid_until_on}",
        },
        look={"accent": design.accent, "logo": typesetter.picture(design.logo)},
        languages={"page": shown.language, "achievement": shown.achievement_language},
        ppi=_PPI,
    )


def baked(picture: bytes, credential: str, *, format: Format) -> bytes:
    """Return the picture with the credential in it: a PNG's iTXt chunk, or an SVG's element of text."""
    if format == "png":
        return bytes(bake_png(picture, credential, keyword=ITXT_KEYWORD_OB3))
    # openbadgeslib's `bake_svg` would drop a logo that is an SVG itself, which typesetting embeds as a data URL.
    text = _NO_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", credential).replace("]]>", "]]]]><![CDATA[>")
    drawn, end, rest = picture.decode().rpartition("</svg>")
    element = f'<openbadges:credential xmlns:openbadges="{SVG_NS_OB3}"><![CDATA[{text}]]></openbadges:credential>'
    return f"{drawn}{element}{end}{rest}".encode()
