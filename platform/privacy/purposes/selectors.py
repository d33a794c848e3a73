"""Reading the purposes."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from member_states import public as member_states
from privacy.models import Purpose, PurposeText


def purposes_with_texts() -> Sequence[tuple[Purpose, Sequence[PurposeText]]]:
    """Every purpose with the texts of its newest version, two queries."""
    texts: dict[str, list[PurposeText]] = {}
    for text in PurposeText.objects.select_related("review").order_by("purpose_id", "-version", "pk"):
        text.machine_drafted = awaits_review(text)
        newest = texts.setdefault(text.purpose_id, [])
        if not newest or newest[0].version == text.version:
            newest.append(text)
    return [(purpose, texts.get(purpose.pk, [])) for purpose in Purpose.objects.order_by("pk")]


def awaits_review(text: PurposeText) -> bool:
    """Whether a machine drafted the text and no person has reviewed it."""
    return text.machine_drafted and not hasattr(text, "review")


def language_awaiting_review(state: str) -> str | None:
    """Return the main language of the state while nobody has reviewed in it what everybody there has to consent to.

    None when the state is open to learners: somebody has, or this installation does not ask for it
    (CONSENT_REVIEW_REQUIRED). Two queries; none where it is not asked for.

    Args:
        state: one of the register.
    """
    if not settings.CONSENT_REVIEW_REQUIRED:
        return None
    language = member_states.languages(state)[0]
    newest: dict[str, list[PurposeText]] = {}
    texts = PurposeText.objects.filter(purpose__needed_to_learn=True).select_related("review")
    for text in texts.order_by("purpose_id", "-version"):
        of_purpose = newest.setdefault(text.purpose_id, [])
        if not of_purpose or of_purpose[0].version == text.version:
            of_purpose.append(text)
    is_reviewed = bool(newest) and all(
        any(text.language == language and not awaits_review(text) for text in of_purpose)
        for of_purpose in newest.values()
    )
    return None if is_reviewed else language
