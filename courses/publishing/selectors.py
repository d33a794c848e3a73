"""What publishing and preview read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings

from common.languages import canonical
from courses.content.draft import content_of_draft
from courses.content.values import CourseContent, digest_of
from courses.publishing import rules
from courses.publishing.compiling import Label, Names
from courses.publishing.contributors import contributors
from courses.publishing.models import Edition, Pin
from courses.publishing.versions import Pinned, Unit, content_of, digest_of_draft
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


def current_framework_id() -> int:
    """The framework that an edition proposed now is of."""
    return Framework.objects.values_list("pk", flat=True).get(current=True)


def content_of_edition(edition_id: UUID) -> CourseContent:
    """Everything that an edition says, as it was frozen, in two queries; its languages are those that are offered.

    Raises:
        Edition.DoesNotExist: there is no such edition.
    """
    edition = Edition.objects.only("languages").get(pk=edition_id)
    return as_frozen(edition_id).in_languages(tuple(edition.languages))


def as_frozen(edition_id: UUID) -> CourseContent:
    """The draft of which an edition was made, in one query: with the languages that were wanted, complete or not."""
    return content_of(
        Pinned(unit=unit, kind=kind, parent=parent, position=position, content=content)
        for unit, kind, parent, position, content in Pin.objects.filter(edition=edition_id).values_list(
            "unit", "version__kind", "parent", "position", "version__content"
        )
    )


def check_list(course_id: UUID) -> list[rules.Finding]:
    """Everything that stands against publishing the course's draft, or is worth a look, blocking findings first.

    Raises:
        Course.DoesNotExist: there is no such course.
    """
    return check_content(content_of_draft(course_id), current_framework_id())


def check_content(content: CourseContent, framework_id: int) -> list[rules.Finding]:
    """The check list of a draft that has been read already: what courses and every contributor find."""
    framework = Framework.objects.prefetch_related("skills").get(pk=framework_id)
    found = rules.check(
        content,
        skills={skill.code: rules.SkillRange(skill.min_level, skill.max_level) for skill in framework.skills.all()},
        known_languages=known_languages(),
    )
    for contributor in contributors():
        found += contributor.check(content.id, content)
    return sorted(found, key=lambda finding: not finding.blocking)


def draft_digest(content: CourseContent, units: Sequence[Unit] | None = None) -> str:
    """The digest of a whole draft, with what contributors would freeze. units: as of `digest_of_draft`."""
    parts: Mapping[str, str] = {entry.name: entry.digest(content.id) for entry in contributors()}
    own = digest_of_draft(content, units)
    return digest_of([own, parts]) if parts else own
