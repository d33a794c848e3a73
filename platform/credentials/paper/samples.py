"""Pages for looking at a design before it is published: long names in every script, and a certificate that is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from common.languages import canonical, lookup
from courses import public as courses
from credentials.certificates.display import CertificateDisplay, SkillDisplay, day
from credentials.certificates.models import AchievementVersion
from credentials.paper import pages
from credentials.paper.selectors import Design
from credentials.paper.typesetting import Typesetter

# By language: as long as names get in its script, with the marks and joined letters that are hardest to set.
NAMES: Final[Mapping[str, str]] = {
    "en": "Maria Consuelo Isabella Villanueva-Reyes de la Cruz",
    "ja": "勅使河原 龍之介左衛門",
    "th": "พลตำรวจเอกหญิง กัญญารัตน์ เทพหัสดิน ณ อยุธยา",
    "id": "Raden Ajeng Siti Nurhaliza Kusumaningtyas Hadiwijaya",
    "vi": "Nguyễn Phúc Hồng Quỳnh Thượng Đức Trường",
    "ms": "Tengku Puteri Nur Aisyah binti Tengku Abdul Rahman Al-Haj",
    "fil": "Juan Crisóstomo Magsaysay-Ibarra y Peñaflorida",
    "km": "ព្រះករុណា សម្ដេចអគ្គមហាសេនាបតី ស្រីស្រ្ដី",
    "lo": "ນາງ ສົມສະໄໝ ພັນທະວົງ ສີສຸວັນນະພູມມະຈັນ",
    "my": "ဒေါ်ခင်သန္တာကြွယ်ကျော်ဇောမြင့်ဩဘာသီရိ",
    "zh-hans": "欧阳慧敏·阿卜杜热合曼·买买提",
    "ta": "முத்துலட்சுமி ஸ்ரீநிவாசன் கிருஷ்ணமூர்த்தி சுப்பிரமணியம்",
    "tet": "Maria de Fátima Guterres Soares da Conceição Ximenes",
    "pt": "João Sebastião Gonçalves de Araújo e Assunção",
    # Names are written in Jawi on pages in Malay.
    "ms-arab": "ڤڠيرن انق ساري (عليا) نور اللیل بنت حاج محمد يوسف",
}
_MAX_NAME_LENGTH = 200
_TEXTS = {"en": {"name": "Sample achievement", "description": "What the holder of this certificate can do."}}
_CODE = "0" * 26


def languages() -> list[tuple[str, str]]:
    """The samples there are: their keys and what to call them."""
    return [*settings.LANGUAGES, ("ms-arab", "بهاس ملايو"), ("longest", f"{_MAX_NAME_LENGTH} letters")]


def sample_page(design: Design, key: str, *, issuer: str, now: datetime, typesetter: Typesetter) -> bytes:
    """The page of a sample as PNG. `key` is one of `languages()`; three queries.

    Raises:
        GlyphMissing: no font of this machine has a character of it.
        KeyError: there is no such sample.
    """
    language = {"ms-arab": "ms", "longest": "en"}.get(key, key)
    name = (NAMES["en"] + " ") * 5 if key == "longest" else NAMES[key]
    sheet = pages.page(
        _shown(language, name[:_MAX_NAME_LENGTH], key, issuer=issuer, now=now),
        public_code=_CODE,
        credential="",
        design=design,
        expired=False,
        now=now,
        typesetter=typesetter,
        format="png",
        ppi=80,
    )
    return typesetter.make(sheet)


def _shown(language: str, name: str, key: str, *, issuer: str, now: datetime) -> CertificateDisplay:
    shown = AchievementVersion.objects.filter(approvals__ended_at__isnull=True, approvals__isnull=False)
    version = shown.order_by("achievement__slug", "pk").first()
    texts = version.texts if version is not None else _TEXTS
    found = lookup([language, "en"], list(texts)) or next(iter(texts))
    until = now + timedelta(days=3 * 365)
    framework = courses.framework()
    skills = [
        SkillDisplay(
            code=code,
            name=skill.name,
            name_language="en",
            level=str(skill.min_level),
            level_name=_level_name(framework.level_names[skill.min_level], language),
        )
        for code, skill in sorted(framework.skills.items())[:4]
    ]
    return CertificateDisplay(
        language=canonical(language),
        name=name,
        name_language=canonical(language if key == "longest" else key),
        achievement=texts[found]["name"],
        achievement_language=found,
        signed_achievement=texts[found]["name"],
        signed_language=found,
        description=texts[found]["description"],
        skills=tuple(skills),
        issuer=issuer,
        issued_at=now,
        issued_on=day(now, language),
        valid_until=until,
        valid_until_on=day(until, language),
        address=f"{settings.PUBLIC_BASE_URL}/verify/{_CODE}",
    )


def _level_name(by_language: Mapping[str, str], language: str) -> str:
    return by_language[lookup([language, "en"], list(by_language)) or next(iter(by_language))]
