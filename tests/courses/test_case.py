"""A school system takes in the framework; a stranger follows the alignment of a credential."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from common import caches
from courses import public as courses
from courses.skills import case
from courses.skills.loading import DATA, load_framework

pytestmark = pytest.mark.django_db


def _get(path: str):
    return Client().get(path.removeprefix(settings.PUBLIC_BASE_URL))


def test_everything_in_the_package_is_where_it_says(query_budget) -> None:
    framework = courses.framework()
    path = f"/ims/case/v1p1/CFPackages/{case.document_id(framework.code)}"
    answer = _get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "public, max-age=3600"
    package = answer.json()
    document = _get(package["CFDocument"]["uri"]).json()
    assert document.pop("CFPackageURI")["uri"] == settings.PUBLIC_BASE_URL + path
    assert document == package["CFDocument"]
    with query_budget(0):
        for item in package["CFItems"] + package["CFAssociations"]:
            alone = _get(item["uri"]).json()
            assert alone.pop("CFDocumentURI")["identifier"] == package["CFDocument"]["identifier"]
            assert alone == item
    identifiers = [item["identifier"] for item in package["CFItems"] + package["CFAssociations"]]
    assert len(set(identifiers)) == len(identifiers)


def test_the_tree_is_whole() -> None:
    framework = courses.framework()
    package = _get(f"/ims/case/v1p1/CFPackages/{case.document_id(framework.code)}").json()
    items = {entry["identifier"]: entry for entry in package["CFItems"]}
    parents = {
        association["originNodeURI"]["identifier"]: association["destinationNodeURI"]["identifier"]
        for association in package["CFAssociations"]
        if association["associationType"] == "isChildOf"
    }
    above = {"Level": "Skill", "Skill": "Area"}
    assert set(parents) == set(items), "each item has one place"
    for identifier, item in items.items():
        parent = parents[identifier]
        if item["CFItemType"] == "Area":
            assert parent == package["CFDocument"]["identifier"]
        else:
            assert items[parent]["CFItemType"] == above[item["CFItemType"]]
    codes = {entry["humanCodingScheme"] for entry in items.values() if entry["CFItemType"] == "Skill"}
    assert codes == set(framework.skills)


def test_esco_is_related_and_no_more() -> None:
    framework = courses.framework()
    package = _get(f"/ims/case/v1p1/CFPackages/{case.document_id(framework.code)}").json()
    related = {
        (association["originNodeURI"]["identifier"], association["destinationNodeURI"]["uri"])
        for association in package["CFAssociations"]
        if association["associationType"] == "isRelatedTo"
    }
    assert related == {
        (str(case.item_id(framework.code, skill.code)), uri)
        for skill in framework.skills.values()
        for uri in skill.mappings["esco"]
    }
    assert related
    assert {association["associationType"] for association in package["CFAssociations"]} == {
        "isChildOf",
        "precedes",
        "isRelatedTo",
    }


def test_it_is_read_once_and_asked_for_conditionally(query_budget) -> None:
    path = f"/ims/case/v1p1/CFItems/{courses.case_item_id(courses.framework().code, 'AIS-A1')}"
    answer = _get(path)
    assert answer.json()["fullStatement"] == "Recognise AI around you"
    with query_budget(0):
        again = Client().get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_a_newer_version_dropped_is_still_told(tmp_path: Path) -> None:
    code = courses.framework().code
    content = json.loads((DATA / "ai_skills_framework.json").read_bytes())
    values = json.loads((DATA / "design_values.json").read_bytes())
    dropped = next(skill for skill in content["skills"] if not _asked_for(skill["id"], content))
    values["thresholds"]["9.9"] = values["thresholds"][content["version"]]
    content |= {"version": "9.9", "skills": [skill for skill in content["skills"] if skill is not dropped]}
    (tmp_path / "ai_skills_framework.json").write_text(json.dumps(content))
    (tmp_path / "design_values.json").write_text(json.dumps(values))
    load_framework(tmp_path)
    caches.forget()
    try:
        document = _get(f"/ims/case/v1p1/CFDocuments/{case.document_id(code)}").json()
        assert (document["version"], document["adoptionStatus"]) == ("9.9", "Adopted")
        kept = _get(f"/ims/case/v1p1/CFItems/{case.item_id(code, dropped['id'])}")
        assert kept.json()["humanCodingScheme"] == dropped["id"]
    finally:
        caches.forget()


def _asked_for(skill: str, content: dict) -> bool:
    return any(skill in entry["prerequisites"] for entry in content["skills"])


def test_what_there_is_not_is_a_problem() -> None:
    item = courses.case_item_id(courses.framework().code, "AIS-A1")
    for path in (
        f"CFItems/{uuid4()}",
        f"CFDocuments/{item}",
        f"CFPackages/{uuid4()}",
        "CFItems/nobody",
        f"CFRubrics/{item}",
    ):
        answer = _get(f"/ims/case/v1p1/{path}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path
