"""Identifiers of the framework in Competencies and Academic Standards Exchange (1EdTech CASE 1.1)."""

from __future__ import annotations

from uuid import UUID, uuid5

# Made once for this platform: the identifiers follow from the framework's code alone, the same at every installation.
_NAMESPACE = UUID("6b0a4d7e-5d0f-5c58-9f0e-3f1f5e0c7a11")


def document_id(framework: str) -> UUID:
    """The CFDocument of a framework, in all its versions."""
    return uuid5(_NAMESPACE, framework)


def item_id(framework: str, code: str) -> UUID:
    """The CFItem of a skill or an area, in all versions of its framework."""
    return uuid5(_NAMESPACE, f"{framework}#{code}")


def statement_id(framework: str, skill: str, level: int) -> UUID:
    """The CFItem of what a person can do at a level of a skill, in all versions of its framework."""
    return uuid5(_NAMESPACE, f"{framework}#{skill}#{level}")


def association_id(framework: str, kind: str, origin: str, destination: str) -> UUID:
    """The CFAssociation of a kind between two nodes, named by their identifiers or addresses."""
    return uuid5(_NAMESPACE, f"{framework}|{kind}|{origin}|{destination}")
