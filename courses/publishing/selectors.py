"""What publishing and preview read."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.conf import settings

from common.languages import canonical
from courses.catalogue.content import EditionContent
from courses.catalogue.models import Edition
from courses.catalogue.selectors import edition_content
from courses.publishing import rules
from courses.publishing.compiling import Label, Names
from courses.skills.models import Framework


def known_languages() -> list[str]:
    """The platform's languages, as BCP 47 tags."""
    return [canonical(code) for code, _ in settings.LANGUAGES]


def names_of(framework_id: int) -> Names:
    """The names of a version of the framework, in three queries."""
    framework = Framework.objects.prefetch_related("levels", "skills", "labels").get(pk=framework_id)
    levels: dict[str, dict[int, Label]] = defaultdict(dict)
    for level in framework.levels.all():
        levels[framework.language][level.level] = Label(level.name, framework.language)
    for label in framework.labels.all():
        if label.kind == "level":
            levels[label.language].setdefault(int(label.key), Label(label.text, label.language, label.machine_drafted))
    return Names(
        version=framework.version,
        language=framework.language,
        skills={skill.code: skill.name for skill in framework.skills.all()},
        levels=dict(levels),
    )


def check_list(edition_id: UUID) -> list[rules.Finding]:
    """Everything that stands against publishing the edition, or is worth a look.

    Raises:
        Edition.DoesNotExist: there is no such edition.
    """
    return check_content(
        edition_content(edition_id), Edition.objects.values_list("framework", flat=True).get(pk=edition_id)
    )


def check_content(content: EditionContent, framework_id: int) -> list[rules.Finding]:
    """The check list of an edition that has been read already."""
    framework = Framework.objects.prefetch_related("skills").get(pk=framework_id)
    return rules.check(
        content,
        skills={skill.code: rules.SkillRange(skill.min_level, skill.max_level) for skill in framework.skills.all()},
        known_languages=known_languages(),
    )
