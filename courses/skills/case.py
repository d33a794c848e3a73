"""Identifiers of the framework in Competencies and Academic Standards Exchange (1EdTech CASE 1.1)."""

from __future__ import annotations

from uuid import UUID, uuid5

# Made once for this platform: the identifiers follow from the framework's code alone, the same at every installation.
_NAMESPACE = UUID("6b0a4d7e-5d0f-5c58-9f0e-3f1f5e0c7a11")


def document_id(framework: str) -> UUID:
    """The CFDocument of a framework, in all its versions."""
    return uuid5(_NAMESPACE, framework)


def item_id(framework: str, skill: str) -> UUID:
    """The CFItem of a skill, in all versions of its framework."""
    return uuid5(_NAMESPACE, f"{framework}#{skill}")
