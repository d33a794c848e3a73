"""The framework as CASE 1.1 (1EdTech) tells of frameworks: a document, its items, and how they hang together.

An area is an item below the document, a skill one below its area, and what a person can do at a level one below its skill.
Skills of ESCO are related to, never the same. Texts are in the framework's own language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from common.caches import kept
from common.clock import rfc3339
from common.conditional import etag_of
from common.rendering import to_json
from courses.skills import case
from courses.skills.models import Framework, Skill, SkillArea
from courses.skills.selectors import framework as current_framework


@dataclass(frozen=True)
class CaseDocument:
    body: bytes
    etag: str


def case_document(kind: str, identifier: UUID) -> CaseDocument | None:
    """The ready bytes of a CFDocuments, CFPackages, CFItems or CFAssociations; None where there is none.

    The current version tells it, else the newest that had it: certificates point at items for years. No query for what
    the current version has, one for anything else, once the versions are cached: none of them ever changes.
    """
    current = current_framework()
    base_url = settings.PUBLIC_BASE_URL
    found = _published(current.code, current.version, base_url).get((kind, identifier))
    if found is not None:
        return found
    for code, version in Framework.objects.order_by("-loaded_at", "-pk").values_list("code", "version"):
        found = _published(code, version, base_url).get((kind, identifier))
        if found is not None:
            return found
    return None


@kept(most=16)
def _published(code: str, version: str, base_url: str) -> Mapping[tuple[str, UUID], CaseDocument]:
    framework = Framework.objects.prefetch_related("areas", "skills__area", "skills__statements").get(
        code=code, version=version
    )
    told = _Framework(framework, base_url)
    return {key: CaseDocument(body, etag_of(body)) for key, body in told.documents()}


class _Framework:
    """One version of the framework as values of CASE."""

    def __init__(self, framework: Framework, base_url: str) -> None:
        self._framework = framework
        self._base = f"{base_url}/ims/case/v1p1"
        self._changed = rfc3339(framework.loaded_at)
        self._document_id = case.document_id(framework.code)
        self._areas: list[SkillArea] = list(framework.areas.all())
        self._skills: list[Skill] = list(framework.skills.all())

    def documents(self) -> Iterator[tuple[tuple[str, UUID], bytes]]:
        document, items, associations = self._document(), list(self._items()), list(self._associations())
        package_uri = self._link("CFPackages", self._document_id, document["title"])
        document_uri = self._link("CFDocuments", self._document_id, document["title"])
        yield ("CFDocuments", self._document_id), to_json({**document, "CFPackageURI": package_uri})
        yield (
            ("CFPackages", self._document_id),
            to_json({"CFDocument": document, "CFItems": items, "CFAssociations": associations}),
        )
        for kind, listed in (("CFItems", items), ("CFAssociations", associations)):
            for row in listed:
                yield (kind, UUID(row["identifier"])), to_json({**row, "CFDocumentURI": document_uri})

    def _document(self) -> dict[str, Any]:
        framework = self._framework
        return {
            "identifier": str(self._document_id),
            "uri": f"{self._base}/CFDocuments/{self._document_id}",
            "caseVersion": "1.1",
            "creator": settings.ISSUER_NAME,
            "title": framework.code,
            "lastChangeDateTime": self._changed,
            "version": framework.version,
            "language": framework.language,
            "adoptionStatus": "Draft" if "draft" in framework.version else "Adopted",
            "notes": f"{framework.licence}. {framework.notice}",
        }

    def _items(self) -> Iterator[dict[str, Any]]:
        code = self._framework.code
        for area in self._areas:
            yield self._item(case.item_id(code, area.code), area.name, "Area", code=area.code, notes=area.description)
        for skill in self._skills:
            yield self._item(
                case.item_id(code, skill.code), skill.name, "Skill", code=skill.code, notes=skill.description
            )
            for statement in skill.statements.all():
                yield self._item(
                    case.statement_id(code, skill.code, statement.level),
                    statement.statement,
                    "Level",
                    code=f"{skill.code}-{statement.level}",
                )

    def _item(self, identifier: UUID, statement: str, kind: str, *, code: str, notes: str = "") -> dict[str, Any]:
        return {
            "identifier": str(identifier),
            "uri": f"{self._base}/CFItems/{identifier}",
            "fullStatement": statement,
            "humanCodingScheme": code,
            "CFItemType": kind,
            "language": self._framework.language,
            "lastChangeDateTime": self._changed,
            **({"notes": notes} if notes else {}),
        }

    def _associations(self) -> Iterator[dict[str, Any]]:
        code = self._framework.code
        whole = self._link("CFDocuments", self._document_id, code)
        areas = {area.pk: self._link("CFItems", case.item_id(code, area.code), area.name) for area in self._areas}
        skills = {
            entry.code: self._link("CFItems", case.item_id(code, entry.code), entry.name) for entry in self._skills
        }
        for place, area in enumerate(self._areas, 1):
            yield self._association("isChildOf", areas[area.pk], whole, place)
        for place, skill in enumerate(self._skills, 1):
            own = skills[skill.code]
            yield self._association("isChildOf", own, areas[skill.area_id], place)
            for statement in skill.statements.all():
                child = self._link(
                    "CFItems", case.statement_id(code, skill.code, statement.level), f"{skill.code}-{statement.level}"
                )
                yield self._association("isChildOf", child, own, statement.level)
            for before in skill.prerequisites:
                if before in skills:
                    yield self._association("precedes", skills[before], own)
            for uri in skill.mappings.get("esco", ()):
                related = {"title": "ESCO", "identifier": uri.rsplit("/", 1)[-1], "uri": uri}
                yield self._association("isRelatedTo", own, related)

    def _association(
        self, kind: str, origin: Mapping[str, str], destination: Mapping[str, str], place: int | None = None
    ) -> dict[str, Any]:
        identifier = case.association_id(
            self._framework.code, kind, origin["uri"].rsplit("/", 1)[-1], destination["identifier"]
        )
        return {
            "identifier": str(identifier),
            "uri": f"{self._base}/CFAssociations/{identifier}",
            "associationType": kind,
            "originNodeURI": origin,
            "destinationNodeURI": destination,
            "lastChangeDateTime": self._changed,
            **({"sequenceNumber": place} if place is not None else {}),
        }

    def _link(self, kind: str, identifier: UUID, title: str) -> dict[str, str]:
        return {"title": title, "identifier": str(identifier), "uri": f"{self._base}/{kind}/{identifier}"}
