"""Ids of what is loaded from files: functions of the course's own id and of slugs, the same in every installation and edition."""

from __future__ import annotations

from uuid import UUID, uuid5


def module_id_of(course_id: UUID, module: str) -> UUID:
    """The id of a module of a course."""
    return uuid5(course_id, f"modules/{module}")


def activity_id_of(course_id: UUID, activity: str) -> UUID:
    """The id of a lesson or quiz of a course; its slug is unique in the course."""
    return uuid5(course_id, f"activities/{activity}")
